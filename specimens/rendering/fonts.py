"""Fonts from Debian packages, by family and size. Tests pass another loader and need no font package."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from PIL import ImageFont

type Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
type FontLoader = Callable[[str, int], Font]
"""Takes a family name and a size in pixels."""


class FontFile(NamedTuple):
    """A font file of a Debian package and the index of the face within it."""

    package: str
    path: str
    face: int = 0


_NOTO: Final = "/usr/share/fonts/opentype/noto/"
_TRUETYPE: Final = "/usr/share/fonts/truetype/"
FAMILIES: Final = {
    "noto-sans": FontFile("fonts-noto-cjk", _NOTO + "NotoSansCJK-Regular.ttc", 2),
    "noto-sans-bold": FontFile("fonts-noto-cjk", _NOTO + "NotoSansCJK-Bold.ttc", 2),
    "noto-serif": FontFile("fonts-noto-cjk", _NOTO + "NotoSerifCJK-Regular.ttc", 2),
    "noto-serif-bold": FontFile("fonts-noto-cjk", _NOTO + "NotoSerifCJK-Bold.ttc", 2),
    "ukai": FontFile("fonts-arphic-ukai", _TRUETYPE + "arphic/ukai.ttc"),
    "zenhei": FontFile("fonts-wqy-zenhei", _TRUETYPE + "wqy/wqy-zenhei.ttc"),
    "microhei": FontFile("fonts-wqy-microhei", _TRUETYPE + "wqy/wqy-microhei.ttc"),
    "wenkai": FontFile("fonts-lxgw-wenkai", _TRUETYPE + "lxgw-wenkai/LXGWWenKai-Regular.ttf"),
    "wenkai-bold": FontFile("fonts-lxgw-wenkai", _TRUETYPE + "lxgw-wenkai/LXGWWenKai-Bold.ttf"),
    "noto-mono": FontFile("fonts-noto-cjk", _NOTO + "NotoSansCJK-Regular.ttc", 7),
    "wenkai-mono": FontFile("fonts-lxgw-wenkai", _TRUETYPE + "lxgw-wenkai/LXGWWenKaiMono-Regular.ttf"),
    "ocr-b": FontFile("fonts-ocr-b", "/usr/share/fonts/opentype/ocr-b/OCRB.otf"),
}


class MissingFontsError(Exception):
    """Fonts are not installed. The message names the Debian packages."""


def require_fonts(files: Mapping[str, FontFile]) -> None:
    """Raise ``MissingFontsError`` naming every package that must be installed."""
    missing = sorted({font.package for font in files.values() if not Path(font.path).is_file()})
    if missing:
        raise MissingFontsError(f"fonts are missing: apt-get install {' '.join(missing)}")


@cache
def debian_font(family: str, size: int) -> Font:
    """Load a family of ``FAMILIES`` at ``size`` pixels."""
    font = FAMILIES[family]
    return ImageFont.truetype(font.path, size, index=font.face)
