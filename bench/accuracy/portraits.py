"""How well portraits are cut out: intersection over union (IoU) with the true position of the portrait in the photo.

Only the answer for a residence permit has coordinates; a travel permit's has only the picture. So for every card with a
portrait the picture is located in the photo by feature matching, and the coordinates are measured separately.
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
"""Four corners in pixels, in the order of ``portrait_corners``: clockwise from the portrait's own upper left."""
type Pixels = NDArray[np.uint8]
"""Grey levels."""

GOOD_IOU: Final = 0.6
"""From this IoU on, a picture shows the face and little else."""
_SEARCH_MARGIN: Final = 1.0
"""Searched around the true portrait, in multiples of its size; a picture farther away would not overlap it."""
_MATCH_RATIO: Final = 0.8
"""Lowe's ratio test: maximum distance of the best match relative to the second best."""
_MIN_MATCHES: Final = 5
_MAX_REPROJECTION_ERROR: Final = 3.0
"""Pixels."""


@dataclass(slots=True)
class Portraits:
    """Results for the portraits in one set of photos. An IoU is between 0 and 1."""

    shown: int = 0
    answered: int = 0
    pictures: list[float] = field(default_factory=list)
    """IoU of each answered picture with the portrait; 0 without a picture, and for a picture that is not upright."""
    coordinates: list[float] = field(default_factory=list)
    """IoU of the answered coordinates with each residence permit's portrait; 0 without coordinates."""

    def add(self, truth: Mapping[str, Any], photo: Path, answer: Mapping[str, Any]) -> None:
        """Add one card with a portrait; ``answer`` is empty if the card was refused."""
        self.shown += 1
        portrait = answer.get("PortraitImageInfo") or {}
        jpeg = portrait.get("PortraitImage") or answer.get("Profile")
        self.answered += bool(jpeg)
        true_corners = np.array(truth["portrait_corners"], np.float32)
        self.pictures.append(picture_iou(true_corners, photo.read_bytes(), jpeg) if jpeg else 0.0)
        if truth["kind"] == "residence-permit":
            self.coordinates.append(rectangle_iou(true_corners, portrait["ImageCoordinates"]) if portrait else 0.0)


def share_of_good(ious: Sequence[float]) -> float:
    """Return the share of IoUs that are good, 0 to 1."""
    return mean(iou >= GOOD_IOU for iou in ious)


def rectangle_iou(true_corners: Points, rectangle: Mapping[str, float]) -> float:
    """Return the IoU of answered coordinates with the upright rectangle around the true corners."""
    (left, top), (right, bottom) = true_corners.min(axis=0), true_corners.max(axis=0)
    x, y, width, height = (rectangle[name] for name in ("X", "Y", "Width", "Height"))
    return _iou(_rectangle(left, top, right, bottom), _rectangle(x, y, x + width, y + height))


def picture_iou(true_corners: Points, photo: bytes, jpeg: str) -> float:
    """Return the IoU of a Base64 picture, located in the photo, with the portrait.

    It is 0 if the picture cannot be found near the portrait, or is not turned the way the card is.
    """
    corners = _locate(_decode(base64.b64decode(jpeg)), _decode(photo), true_corners)
    return _iou(true_corners, corners) if corners is not None and _is_upright(true_corners, corners) else 0.0


def _decode(file: bytes) -> Pixels:
    pixels = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise ValueError("not an image")
    return np.asarray(pixels, np.uint8)


def _locate(picture: Pixels, photo: Pixels, true_corners: Points) -> Points | None:
    """Return the corners of the picture in the photo, near the true ones; None if it is not there."""
    margin = _SEARCH_MARGIN * np.ptp(true_corners, axis=0).max()
    left, top = np.maximum(0, true_corners.min(axis=0) - margin).astype(int)
    right, bottom = (true_corners.max(axis=0) + margin).astype(int)
    sift: Any = cv2.SIFT.create()  # OpenCV's type stubs do not allow None as a mask
    picture_points, picture_features = sift.detectAndCompute(picture, None)
    photo_points, photo_features = sift.detectAndCompute(photo[top:bottom, left:right], None)
    if min(len(picture_points), len(photo_points)) < _MIN_MATCHES:
        return None
    pairs = cv2.BFMatcher().knnMatch(picture_features, photo_features, k=2)
    matches = [best for best, second in pairs if best.distance < _MATCH_RATIO * second.distance]
    if len(matches) < _MIN_MATCHES:
        return None
    source = np.array([picture_points[match.queryIdx].pt for match in matches], np.float32)
    target = np.array([photo_points[match.trainIdx].pt for match in matches], np.float32)
    target += np.array((left, top), np.float32)
    result: Any = cv2.findHomography(source, target, cv2.RANSAC, _MAX_REPROJECTION_ERROR)  # stubs rule out None
    homography, inliers = result
    if homography is None or int(inliers.sum()) < _MIN_MATCHES:
        return None
    height, width = picture.shape
    corners = cv2.perspectiveTransform(_rectangle(0, 0, width, height)[None], homography)[0]
    return np.asarray(corners, np.float32)


def _is_upright(true_corners: Points, corners: Points) -> bool:
    """Whether the upper edges point the same way, to within an eighth of a turn."""
    true_edge, edge = true_corners[1] - true_corners[0], corners[1] - corners[0]
    along, across = float(true_edge @ edge), float(true_edge[0] * edge[1] - true_edge[1] * edge[0])
    return along > abs(across)


def _rectangle(left: float, top: float, right: float, bottom: float) -> Points:
    return np.array(((left, top), (right, top), (right, bottom), (left, bottom)), np.float32)


def _iou(one: Points, other: Points) -> float:
    if not cv2.isContourConvex(other.reshape(-1, 1, 2)):
        return 0.0
    intersection, _ = cv2.intersectConvexConvex(one, other)
    return float(intersection / (cv2.contourArea(one) + cv2.contourArea(other) - intersection))
