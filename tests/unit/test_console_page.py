"""The console's page may talk to the API and to the stack's own bucket, and to nobody else."""

import re
import runpy
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "functions" / "console" / "app.py"


def test_the_page_reaches_only_its_own_origin_and_the_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = "https://permit-ocr-123456789012-5d3a.s3.cn-north-1.amazonaws.com.cn"
    monkeypatch.setenv("UPLOAD_ORIGIN", bucket)
    policy = runpy.run_path(str(APP))["handler"]({}, None)["headers"]["content-security-policy"]
    (connects,) = re.findall(r"connect-src ([^;]+);", policy)
    assert connects.split() == ["'self'", bucket]
