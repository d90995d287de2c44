"""Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, expect, sync_playwright

PATIENCE_MILLISECONDS: Final = 120_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser for the ``with`` block, whose expectations wait for as long as a busy machine needs."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "no Chromium: tests/sandbox/setup.sh installs it"
    with sync_playwright() as playwright:
        # CI is root, in a container whose shared memory is small.
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"], timeout=PATIENCE_MILLISECONDS
        )
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        yield browser
        browser.close()
