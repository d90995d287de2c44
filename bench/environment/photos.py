"""Photos that are all different, so that none is answered from a stored recognition of another.

They differ in the picture itself: metadata and trailing bytes are removed before the provider is called.
"""

import io
import secrets
from typing import Final

from PIL import Image

from bench.environment.build import ROOT

_SPECIMEN: Final = ROOT / "events" / "specimens" / "hk-macao-permit-front-1.jpg"


def small_photo() -> bytes:
    """Return a small JPEG of random tiles, for runs with thousands of uploads."""
    file = io.BytesIO()
    tiles = Image.frombytes("L", (8, 8), secrets.token_bytes(64))
    tiles.resize((400, 260), Image.Resampling.NEAREST).save(file, "JPEG")
    return file.getvalue()


def specimen_photo(size: int | None = None) -> bytes:
    """Return a committed specimen with random data in its picture, padded to ``size`` bytes if given."""
    content = _SPECIMEN.read_bytes()
    data = secrets.token_bytes(max(16, (size or 0) - len(content))).replace(b"\xff", b"\x00")
    return content[:-2] + data + content[-2:]
