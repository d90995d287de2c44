"""Fonts and folders for the generator's tests, which need no Debian font package."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import ImageFont

from specimens.rendering.fonts import Font, FontLoader

COMMITTED = Path(__file__).parents[3] / "events" / "specimens"


@cache
def _plain_font(_family: str, size: int) -> Font:
    return ImageFont.load_default(size)


@pytest.fixture(scope="session")
def plain_font() -> FontLoader:
    """Return a loader that gives Pillow's built-in font for every family."""
    return _plain_font


@pytest.fixture(scope="session")
def committed() -> list[dict[str, Any]]:
    """Return the truth of ``events/specimens``."""
    truths: list[dict[str, Any]] = json.loads((COMMITTED / "truth.json").read_text(encoding="utf-8"))["specimens"]
    return truths


@pytest.fixture(scope="session")
def committed_folder() -> Path:
    return COMMITTED
