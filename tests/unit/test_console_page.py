"""The console's page may talk to the API and to the bucket, wherever AWS has them, and to nobody else."""

import re
import runpy
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "functions" / "console" / "app.py"


@pytest.mark.parametrize("suffix", ["amazonaws.com", "amazonaws.com.cn"])
def test_the_page_reaches_the_bucket_of_its_partition(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("URL_SUFFIX", suffix)
    policy = runpy.run_path(str(APP))["handler"]({}, None)["headers"]["content-security-policy"]
    (connects,) = re.findall(r"connect-src ([^;]+);", policy)
    assert connects.split() == ["'self'", f"https://*.{suffix}", "http://127.0.0.1:*"]
