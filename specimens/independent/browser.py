"""Renders HTML or SVG with Debian's Chromium and returns where every character came to lie."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

type Image = NDArray[np.uint8]
"""Height × width × 3, in blue, green, red."""
type Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the rendering."""

FONT_PACKAGES: Final = {
    "AR PL UKai CN": "fonts-arphic-ukai",
    "AR PL UMing CN": "fonts-arphic-uming",
    "DejaVu Sans Mono": "fonts-dejavu-core",
    "Liberation Sans": "fonts-liberation",
    "LXGW WenKai": "fonts-lxgw-wenkai",
    "Noto Sans CJK SC": "fonts-noto-cjk",
    "Noto Serif CJK SC:light": "fonts-noto-cjk-extra",
    "OCR B": "fonts-ocr-b",
    "WenQuanYi Micro Hei": "fonts-wqy-microhei",
    "WenQuanYi Zen Hei": "fonts-wqy-zenhei",
}
"""The font families that the documents use, as fontconfig patterns, and their Debian packages."""
_PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
_TIMEOUT_MILLISECONDS: Final = 120_000

_BOXES: Final = """() => {
    const fields = {};
    for (const element of document.querySelectorAll("[data-field]")) {
        const boxes = fields[element.dataset.field] ??= [];
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const node = walker.currentNode;
            for (let i = 0; i < node.length; i++) {
                if (!node.data[i].trim()) continue;
                const range = document.createRange();
                range.setStart(node, i);
                range.setEnd(node, i + 1);
                const box = range.getBoundingClientRect();
                boxes.push([box.left, box.top, box.right, box.bottom]);
            }
        }
        if (!boxes.length) {
            const box = element.getBoundingClientRect();
            boxes.push([box.left, box.top, box.right, box.bottom]);
        }
    }
    return fields;
}"""


class MissingProgramError(Exception):
    """Chromium or a font is not installed; the message names the Debian packages."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A rendered document."""

    image: Image
    boxes: dict[str, list[Box]]
    """By ``data-field``: a box for each character except spaces; for an element without text, its own box."""


class Browser:
    """A Chromium page that renders one document after another."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def render(self, markup: str, *, width: int, height: int) -> Rendering:
        """Render a document of the given size."""
        self._page.set_viewport_size({"width": width, "height": height})
        self._page.set_content(markup)
        boxes: dict[str, list[Any]] = self._page.evaluate(_BOXES)
        png = np.frombuffer(self._page.screenshot(), np.uint8)
        image = np.asarray(cv2.imdecode(png, cv2.IMREAD_COLOR), np.uint8)
        return Rendering(image, {name: [tuple(box) for box in field] for name, field in boxes.items()})


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium for the ``with`` block."""
    # A root user and a container with little shared memory are usual where specimens are drawn. Text is drawn with
    # subpixels, as on a screen: another rasterisation than that of ``specimens.rendering``.
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--enable-lcd-text"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=arguments, timeout=_TIMEOUT_MILLISECONDS)
        page = browser.new_page()
        page.set_default_timeout(_TIMEOUT_MILLISECONDS)
        try:
            yield Browser(page)
        finally:
            browser.close()


def require_programs() -> None:
    """Raise ``MissingProgramError`` if Chromium or a font is missing."""
    missing = {package for family, package in FONT_PACKAGES.items() if not _is_installed(family)}
    if not _chromium():
        missing.add("chromium")
    if missing:
        raise MissingProgramError(f"programs or fonts are missing: apt-get install {' '.join(sorted(missing))}")


def chromium_version() -> str:
    """Return the version of Chromium, since another one may draw other pixels; empty if it is not installed."""
    program = _chromium()
    return (
        subprocess.check_output([program, "--version"], stderr=subprocess.DEVNULL, text=True).strip() if program else ""
    )


def _chromium() -> str | None:
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def _is_installed(family: str) -> bool:
    """Ask fontconfig, which Chromium uses, too. Without fontconfig there are no fonts."""
    fc_list = shutil.which("fc-list")
    if fc_list is None:
        return False
    found = subprocess.run([fc_list, family], capture_output=True, check=False, env=os.environ | {"LC_ALL": "C.UTF-8"})
    return bool(found.stdout)
