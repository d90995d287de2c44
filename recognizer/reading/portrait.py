"""Cuts out the portrait."""

import base64
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from recognizer.reading.card_evidence.person import examine_portrait_place
from recognizer.reading.fields.ocr_field import Fields
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.ocr import engine
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad
from recognizer.reading.ocr.text_lines import BoundingBox

_JPEG_QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class PortraitCrop:
    """The portrait as a Base64 JPEG, and its bounding box in the pixels of the upright photo."""

    jpeg: str
    x: int
    y: int
    width: int
    height: int


def find_portrait(
    text: CardText, layout: Layout, fields: Fields, scale: float, *, on_the_left: bool, outline: Quad | None = None
) -> PortraitCrop | None:
    """Return the portrait, or None if none is found.

    ``scale``: the photo's size divided by that of ``text.image``. ``outline``: the card's corners in ``text.image``.
    """
    box = examine_portrait_place(text, layout, fields, on_the_left=on_the_left, outline=outline).portrait
    return None if box is None else _crop_portrait(text, box, scale)


def _crop_portrait(text: CardText, box: BoundingBox, scale: float) -> PortraitCrop:
    quad = text.quad(box)
    encoded, file = cv2.imencode(".jpg", engine.crop(text.image, quad), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not encoded:
        raise ValueError("the portrait could not be encoded as JPEG")
    corners = text.in_photo(quad) * scale
    left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
    return PortraitCrop(base64.b64encode(file.tobytes()).decode(), left, top, right - left, bottom - top)
