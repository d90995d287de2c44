"""What is in front of the camera, and what the camera sees of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from specimens.photography.perspective import (
    Corners,
    Homography,
    Projection,
    box_corners,
    find_homography,
    warp,
)
from specimens.rendering.canvas import Box

type Hidden = NDArray[np.bool_]
"""For every pixel of a photo, whether it is the thumb or the reflection in front of the document."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The object in front of the camera: ``box`` is the document, whose upper left corner is at ``origin``."""

    image: Image.Image
    origin: tuple[int, int]
    box: Box

    @property
    def aspect(self) -> float:
        """Height divided by width."""
        return self.box.bottom / self.box.right

    def homography(self, corners: Corners) -> Homography:
        """Return the homography that puts the document's corners at ``corners`` of the photo."""
        return find_homography(box_corners(self.box), corners)

    def warp(self, homography: Homography, size: tuple[int, int]) -> Image.Image:
        """Return the object on a transparent canvas."""
        return warp(self.image, homography, size, self.origin)


@dataclass(frozen=True, slots=True)
class Scene:
    """A finished photo, not yet encoded."""

    image: Image.Image
    project: Projection
    hidden: Hidden
    quality: int
    """Of the JPEG, 0 to 100."""
