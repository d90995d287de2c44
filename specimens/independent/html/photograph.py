"""Photographs a flat document with OpenCV: a homography onto a table, light, glare, a finger, blur, noise."""

import math
from dataclasses import dataclass
from random import Random
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from specimens.independent.browser import Image
from specimens.independent.html.style import HEIGHT
from specimens.independent.shot import Points, Shot
from specimens.photography.photo import Level

type Float = NDArray[np.float32]

_GLARE_HIDES: Final = 0.7
"""From this opacity of glare on, nothing is left to read: black print is lighter than 70 % grey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The ranges from which a photograph's conditions are drawn; lengths in pixels of the photograph."""

    width: tuple[float, float]
    """Of the document."""
    margin: tuple[float, float]
    """Around the document, relative to its width."""
    tilt: float
    """Largest rotation in degrees."""
    perspective: float
    """Largest displacement of a corner, relative to the width."""
    blur: tuple[float, float]
    noise: tuple[float, float]
    quality: tuple[int, int]


CONDITIONS: Final = {
    Level.SCAN: Conditions(
        width=(1000, 1180),
        margin=(0.015, 0.06),
        tilt=0.8,
        perspective=0.0,
        blur=(0.0, 0.5),
        noise=(0.5, 2.5),
        quality=(72, 88),
    ),
    Level.HAND_HELD: Conditions(
        width=(950, 1200),
        margin=(0.06, 0.2),
        tilt=5.0,
        perspective=0.035,
        blur=(0.3, 0.9),
        noise=(2.0, 5.0),
        quality=(62, 80),
    ),
    Level.HARD: Conditions(
        width=(720, 1450),
        margin=(0.05, 0.45),
        tilt=15.0,
        perspective=0.07,
        blur=(0.5, 1.1),
        noise=(4.0, 9.0),
        quality=(40, 62),
    ),
}


def photograph(random: Random, document: Image, level: Level, *, below: Image | None = None) -> Shot:
    """Photograph ``document``, which may lie on another paper or card."""
    conditions, pixels = CONDITIONS[level], np.random.default_rng(random.getrandbits(64))
    size, matrix = _place(random, document, conditions, level)
    photo = _table(random, pixels, size, level)
    if below is not None:
        shift = np.eye(3)
        shift[:2, 2] = [random.uniform(-0.6, 0.6) * length for length in size]
        photo = _lay(random, photo, below, shift @ _place(random, below, conditions, level)[1])
    photo = _lay(random, photo, document, matrix)
    hidden = np.zeros(photo.shape[:2], np.bool_)
    if level is not Level.SCAN:
        photo *= _light(random, size, level)[..., None]
        photo *= np.array([random.uniform(0.86, 1.04), 1.0, random.uniform(0.92, 1.04)], np.float32)
    if level is Level.HARD and random.random() < 0.25:
        photo, covered = _finger(random, photo, matrix, document)
        hidden |= covered
    if random.random() < {Level.SCAN: 0.0, Level.HAND_HELD: 0.15, Level.HARD: 0.5}[level]:
        strength = random.uniform(0.3, 0.6) if level is Level.HAND_HELD else random.uniform(0.6, 1.0)
        glare = _glare(random, size, matrix, document) * strength
        photo += (255 - photo) * glare[..., None]
        hidden |= glare > _GLARE_HIDES
    photo = _blur(random, photo, conditions, level)
    gain = random.uniform(0.4, 0.65) if level is Level.HARD and random.random() < 0.3 else 1.0
    photo = photo * gain + pixels.normal(0, random.uniform(*conditions.noise), photo.shape).astype(np.float32)
    return Shot(
        np.clip(photo, 0, 255).astype(np.uint8),
        random.randint(*conditions.quality),
        lambda points: _project(matrix, points),
        hidden,
    )


def _project(matrix: NDArray[np.float64], points: Points) -> Points:
    return np.asarray(cv2.perspectiveTransform(points.reshape(-1, 1, 2), matrix), np.float64).reshape(-1, 2)


def _place(
    random: Random, document: Image, conditions: Conditions, level: Level
) -> tuple[tuple[int, int], NDArray[np.float64]]:
    """Return the photograph's width and height, and the matrix from the document to it."""
    height, width = document.shape[:2]
    scale = random.uniform(*conditions.width) / max(width, height * 0.8)
    angle = random.uniform(-conditions.tilt, conditions.tilt)
    if level is Level.HARD:
        angle += random.choice((0, 90, 180, 270))
    turn = math.radians(angle)
    rotation = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    shake = conditions.perspective * scale * width
    target = corners @ rotation.T + [[random.uniform(-shake, shake) for _ in "xy"] for _ in corners]
    margins = [random.uniform(*conditions.margin) * scale * width for _ in range(4)]
    if level is Level.HARD and random.random() < 0.12:
        margins[random.randrange(4)] = -random.uniform(0.02, 0.12) * scale * width  # cut off by the frame
    target += np.array(margins[:2]) - target.min(axis=0)
    right, bottom = target.max(axis=0) + np.array(margins[2:])
    matrix = cv2.getPerspectiveTransform(corners, target.astype(np.float32))
    return (int(right), int(bottom)), np.asarray(matrix, np.float64)


def _table(random: Random, pixels: np.random.Generator, size: tuple[int, int], level: Level) -> Float:
    """Return what lies below: a scanner's lid, or grain stretched like that of wood, cloth or stone."""
    width, height = size
    if level is Level.SCAN:
        return np.full((height, width, 3), random.uniform(222, 255), np.float32)
    coarse = pixels.normal(0, 1, (max(2, height // random.randint(3, 90)), max(2, width // random.randint(3, 90))))
    grain = cv2.resize(coarse.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    colour = np.array([random.uniform(25, 215) for _ in range(3)], np.float32)
    colour = colour * 0.45 + colour.mean() * 0.55
    table: Float = colour + grain[..., None] * np.float32(random.uniform(2, 11))
    return table


def _lay(random: Random, photo: Float, document: Image, matrix: NDArray[np.float64]) -> Float:
    """Lay a document on the photograph, with rounded corners if it is a card, and its shadow."""
    height, width = document.shape[:2]
    alpha = np.zeros((height, width), np.uint8)
    radius = 46 if height == HEIGHT else 1
    cv2.rectangle(alpha, (radius, 0), (width - radius, height), 255, -1)
    cv2.rectangle(alpha, (0, radius), (width, height - radius), 255, -1)
    for x in (radius, width - radius):
        for y in (radius, height - radius):
            cv2.circle(alpha, (x, y), radius, 255, -1)
    size = (photo.shape[1], photo.shape[0])
    scale = math.sqrt(abs(float(np.linalg.det(matrix[:2, :2]))))
    softened = cv2.GaussianBlur(document, (0, 0), max(0.01, 0.42 / scale)) if scale < 0.85 else document
    laid = cv2.warpPerspective(softened, matrix, size, flags=cv2.INTER_CUBIC).astype(np.float32)
    mask = cv2.warpPerspective(alpha, matrix, size, flags=cv2.INTER_AREA).astype(np.float32) / 255
    shift = np.array([[1, 0, random.uniform(-9, 9)], [0, 1, random.uniform(2, 12)]], np.float32)
    shadow = cv2.GaussianBlur(cv2.warpAffine(mask, shift, size), (0, 0), random.uniform(3, 10))
    below = photo * (1 - np.float32(random.uniform(0.2, 0.5)) * shadow[..., None])
    return np.asarray(below * (1 - mask[..., None]) + laid * mask[..., None], np.float32)


def _light(random: Random, size: tuple[int, int], level: Level) -> Float:
    """Return the brightness of each pixel: a slope, and sometimes the edge of a shadow."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    direction = random.uniform(0, math.tau)
    along = (x - width / 2) / width * math.cos(direction) + (y - height / 2) / height * math.sin(direction)
    light = random.uniform(0.84, 1.0) + along * np.float32(random.uniform(0, 0.3 if level is Level.HAND_HELD else 0.5))
    if random.random() < 0.4:
        edge, depth = random.uniform(-0.3, 0.3), random.uniform(0.15, 0.3 if level is Level.HAND_HELD else 0.5)
        softness = random.uniform(0.01, 0.08)
        light *= 1 - np.float32(depth) / (1 + np.exp(np.clip((along - edge) / softness, -40, 40)))
    return np.asarray(light, np.float32)


def _glare(random: Random, size: tuple[int, int], matrix: NDArray[np.float64], document: Image) -> Float:
    """Return the opacity of a reflection on the document, 0 to 1: a long soft spot with a flat middle."""
    width, height = size
    centre = np.array(
        [[random.uniform(0.05, 0.95) * document.shape[1], random.uniform(0.05, 0.95) * document.shape[0]]]
    )
    ((centre_x, centre_y),) = _project(matrix, centre)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    turn, long, short = (
        random.uniform(0, math.pi),
        random.uniform(0.08, 0.3) * width,
        random.uniform(0.02, 0.07) * width,
    )
    along = ((x - centre_x) * math.cos(turn) + (y - centre_y) * math.sin(turn)) / long
    across = ((y - centre_y) * math.cos(turn) - (x - centre_x) * math.sin(turn)) / short
    spot: Float = np.clip(1.5 * np.exp(-(along**2 + across**2)), 0, 1).astype(np.float32)
    return spot


def _finger(
    random: Random, photo: Float, matrix: NDArray[np.float64], document: Image
) -> tuple[Float, NDArray[np.bool_]]:
    """Return the photograph with a finger that reaches over the document's edge, and the pixels that it covers."""
    height, width = document.shape[:2]
    side, place, reach = random.choice("lrtb"), random.uniform(0.15, 0.85), random.uniform(0.04, 0.16)
    tip = {
        "l": (reach * width, place * height),
        "r": ((1 - reach) * width, place * height),
        "t": (place * width, reach * width),
        "b": (place * width, height - reach * width),
    }[side]
    away = {"l": (-1, 0.2), "r": (1, 0.3), "t": (0.2, -1), "b": (-0.3, 1)}[side]
    points = _project(matrix, np.array([tip, (tip[0] + away[0] * width * 0.6, tip[1] + away[1] * width * 0.6)]))
    thickness = int(
        random.uniform(0.09, 0.14)
        * cv2.norm(_project(matrix, np.array([[0, 0], [width, 0]], float)), cv2.NORM_L2)
        * 0.8
    )
    mask = np.zeros(photo.shape[:2], np.uint8)
    start, end = (tuple(int(value) for value in point) for point in points)
    cv2.line(mask, start, end, 255, max(thickness, 40))
    alpha = cv2.GaussianBlur(mask, (0, 0), 2).astype(np.float32)[..., None] / 255
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)[..., None] / max(thickness / 2, 20)
    tone = random.uniform(0.55, 1.0)
    skin = np.array([140, 170, 222], np.float32) * tone * (0.65 + 0.35 * np.sqrt(np.clip(depth, 0, 1)))
    return photo * (1 - alpha) + skin.astype(np.float32) * alpha, mask > 0


def _blur(random: Random, photo: Float, conditions: Conditions, level: Level) -> Float:
    """Blur by defocus or, in one hard photo of three, by a movement; sometimes sharpen as phones do."""
    sigma = random.uniform(*conditions.blur)
    if level is Level.HARD and random.random() < 0.33:
        length = random.randint(3, 5)
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, (0, random.randrange(length)), (length - 1, random.randrange(length)), 1.0)
        photo = np.asarray(cv2.filter2D(photo, -1, kernel / kernel.sum()), np.float32)
    elif sigma > 0.2:
        photo = np.asarray(cv2.GaussianBlur(photo, (0, 0), sigma), np.float32)
    if random.random() < 0.4:
        photo = photo * 1.5 - np.asarray(cv2.GaussianBlur(photo, (0, 0), 1.6), np.float32) * 0.5
    return photo
