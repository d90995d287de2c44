"""How well a portrait was cut out: where in the photograph the cut-out picture lies, beside where the portrait is.

Only a residence permit's answer says a place; a travel permit's holds the picture alone. So the picture itself is
looked for in the photograph, for every card that shows a portrait, and the place is measured apart.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

type Points = NDArray[np.float32]
"""Four corners in pixels, in the order of ``portrait_corners``: the thing's own upper left first, then clockwise."""
type Pixels = NDArray[np.uint8]
"""Grey levels."""

FITS: Final = 0.6
"""From this cover on a portrait shows the face and little else."""
_AROUND: Final = 1.0
"""The photograph is searched this far around the true portrait, in its sizes: what lies farther covers none of it."""
_ALIKE: Final = 0.8
"""A detail is matched if it is so many times nearer to the best match than to the second."""
_FEWEST: Final = 5
"""So many details must agree on a place."""
_ASTRAY: Final = 3.0
"""Pixels that a matched detail may lie off."""


@dataclass(slots=True)
class Portraits:
    """What became of the portraits of one set of photographs. A cover is intersection over union, 0 to 1."""

    shown: int = 0
    answered: int = 0
    pictures: list[float] = field(default_factory=list)
    """The cover of each portrait by the picture in the answer; 0 without one, and for one that stands on its side."""
    places: list[float] = field(default_factory=list)
    """The cover of each residence permit's portrait by the place in the answer; 0 without one."""

    def add(self, truth: Mapping[str, Any], photo: Path, answer: Mapping[str, Any]) -> None:
        """Count one card that shows a portrait. ``answer``: with the portrait asked for, empty if it was refused."""
        self.shown += 1
        portrait = answer.get("PortraitImageInfo") or {}
        jpeg = portrait.get("PortraitImage") or answer.get("Profile")
        self.answered += bool(jpeg)
        true = np.array(truth["portrait_corners"], np.float32)
        self.pictures.append(picture_cover(true, photo.read_bytes(), jpeg) if jpeg else 0.0)
        if truth["kind"] == "residence-permit":
            self.places.append(place_cover(true, portrait["ImageCoordinates"]) if portrait else 0.0)


def fitting(covers: Sequence[float]) -> float:
    """Return the share of covers that fit, 0 to 1."""
    return mean(cover >= FITS for cover in covers)


def place_cover(true: Points, place: Mapping[str, float]) -> float:
    """Return how well a place covers the upright rectangle around the true corners."""
    (left, top), (right, bottom) = true.min(axis=0), true.max(axis=0)
    x, y, width, height = (place[name] for name in ("X", "Y", "Width", "Height"))
    return _cover(_rectangle(left, top, right, bottom), _rectangle(x, y, x + width, y + height))


def picture_cover(true: Points, photo: bytes, jpeg: str) -> float:
    """Return how well a picture in Base64, cut out of a photograph, covers the portrait; 0 if it is none of it.

    0 as well if the picture does not stand upright as the card does.
    """
    corners = _found(_decoded(base64.b64decode(jpeg)), _decoded(photo), true)
    return _cover(true, corners) if corners is not None and _stands_alike(true, corners) else 0.0


def _decoded(file: bytes) -> Pixels:
    pixels = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise ValueError("not an image")
    return np.asarray(pixels, np.uint8)


def _found(picture: Pixels, photo: Pixels, true: Points) -> Points | None:
    """Return the corners of the picture's place in the photograph, near the true ones; None if it shows none of it."""
    reach = _AROUND * np.ptp(true, axis=0).max()
    left, top = np.maximum(0, true.min(axis=0) - reach).astype(int)
    right, bottom = (true.max(axis=0) + reach).astype(int)
    details: Any = cv2.SIFT.create()  # OpenCV's types have no room for None as a mask
    its_points, its_details = details.detectAndCompute(picture, None)
    points, seen = details.detectAndCompute(photo[top:bottom, left:right], None)
    if min(len(its_points), len(points)) < _FEWEST:
        return None
    pairs = cv2.BFMatcher().knnMatch(its_details, seen, k=2)
    alike = [best for best, second in pairs if best.distance < _ALIKE * second.distance]
    if len(alike) < _FEWEST:
        return None
    source = np.array([its_points[pair.queryIdx].pt for pair in alike], np.float32)
    target = np.array([points[pair.trainIdx].pt for pair in alike], np.float32) + np.array((left, top), np.float32)
    found: Any = cv2.findHomography(source, target, cv2.RANSAC, _ASTRAY)  # its types say that there always is one
    mapping, agreeing = found
    if mapping is None or int(agreeing.sum()) < _FEWEST:
        return None
    height, width = picture.shape
    corners = cv2.perspectiveTransform(_rectangle(0, 0, width, height)[None], mapping)[0]
    return np.asarray(corners, np.float32)


def _stands_alike(true: Points, corners: Points) -> bool:
    """Tell whether the upper edges point the same way, to less than an eighth of a turn."""
    edge, other = true[1] - true[0], corners[1] - corners[0]
    along, across = float(edge @ other), float(edge[0] * other[1] - edge[1] * other[0])
    return along > abs(across)


def _rectangle(left: float, top: float, right: float, bottom: float) -> Points:
    return np.array(((left, top), (right, top), (right, bottom), (left, bottom)), np.float32)


def _cover(one: Points, other: Points) -> float:
    if not cv2.isContourConvex(other.reshape(-1, 1, 2)):
        return 0.0
    common, _ = cv2.intersectConvexConvex(one, other)
    return float(common / (cv2.contourArea(one) + cv2.contourArea(other) - common))
