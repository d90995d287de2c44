"""Casts a ray for each pixel onto a document, its table and a thumb, and develops what the sensor sees.

Geometry and light vary slowly over a photograph: they are computed for every fourth pixel and interpolated.
"""

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from specimens.independent.browser import Image
from specimens.independent.scene.camera import Camera, Sheet, Vectors, look_at
from specimens.independent.scene.light import Lamp, Scalars, Thumb, diffuse, mirror_image, shadow_of
from specimens.independent.shot import Shot
from specimens.photography.photo import Level

_STEP: Final = 4
_CORNER: Final = 3.2
"""Radius of a card's corners in millimetres."""
_READABLE_CONTRAST: Final = 0.4
"""Print whose contrast a reflection reduces below this share of its own is taken for unreadable."""
_READABLE_BLUR: Final = 0.17
"""Largest standard deviation of defocus in millimetres: a fourteenth of a value's height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The ranges from which a photograph's conditions are drawn. Angles in degrees."""

    width: tuple[float, float]
    """Of the document, in pixels."""
    margin: tuple[float, float]
    """Relative to the width."""
    tilt: tuple[float, float]
    roll: float
    bend: float
    """Largest elevation of the ends, in millimetres."""
    ambient: tuple[float, float]
    distortion: float
    glare: float
    """Probability that a window is mirrored on the document."""
    thumb: float
    """Probability of a thumb."""
    noise: tuple[float, float]
    quality: tuple[int, int]


CONDITIONS: Final = {
    Level.SCAN: Conditions(
        width=(1000, 1150),
        margin=(0.02, 0.07),
        tilt=(0, 0.1),
        roll=0.7,
        bend=0.0,
        ambient=(0.97, 1.0),
        distortion=0.0,
        glare=0.0,
        thumb=0.0,
        noise=(0.002, 0.006),
        quality=(74, 90),
    ),
    Level.HAND_HELD: Conditions(
        width=(950, 1200),
        margin=(0.05, 0.22),
        tilt=(1, 13),
        roll=5,
        bend=0.7,
        ambient=(0.5, 0.8),
        distortion=0.04,
        glare=0.0,
        thumb=0.0,
        noise=(0.006, 0.014),
        quality=(65, 82),
    ),
    Level.HARD: Conditions(
        width=(720, 1450),
        margin=(0.05, 0.4),
        tilt=(5, 32),
        roll=14,
        bend=1.8,
        ambient=(0.25, 0.6),
        distortion=0.09,
        glare=0.5,
        thumb=0.25,
        noise=(0.012, 0.03),
        quality=(42, 64),
    ),
}


@dataclass(frozen=True, slots=True)
class _Scene:
    """The document as the camera sees it. Arrays have a value for every fourth pixel of the photograph."""

    level: Level
    conditions: Conditions
    sheet: Sheet
    camera: Camera
    size: tuple[int, int]
    """Width and height of the photograph."""
    rays: Vectors
    points: Vectors
    """Where the rays meet the document's surface, which goes on beyond its edges."""
    depth: Scalars

    def fine(self, coarse: NDArray[np.float32]) -> NDArray[np.float32]:
        """Interpolate values to every pixel."""
        return np.asarray(cv2.resize(coarse, self.size, interpolation=cv2.INTER_LINEAR), np.float32)


def photograph(random: Random, document: Image, level: Level, *, width: float, is_card: bool) -> Shot:
    """Photograph a document that is ``width`` millimetres wide."""
    pixels = np.random.default_rng(random.getrandbits(64))
    scene = _aim(random, document, level, width)
    lamination = _uneven(random, pixels, scene)
    lamp = _lamp(random, scene, lamination)
    light = diffuse(scene.points, _normals(scene), lamp)
    thumb = _thumb(random, scene.sheet) if random.random() < scene.conditions.thumb else None
    if thumb:
        light = light * shadow_of(thumb, scene.points, lamp)
    light = scene.fine(light)

    alpha, paper = _texture(scene, document, radius=_CORNER if is_card else 0.3)
    below = _table(random, pixels, scene) * _contact_shadow(random, scene)[..., None]
    shine = scene.fine(mirror_image(scene.points, lamination, scene.rays, lamp)) * alpha[..., 0]
    seen = (below * (1 - alpha) + paper * alpha) * light[..., None] + shine[..., None]
    exposure = _exposure(random, level)
    hidden = _contrast(shine * exposure, light * exposure) < _READABLE_CONTRAST
    if thumb:
        seen, covered = _in_front(random, seen, scene, thumb, lamp)
        hidden |= covered
    photo = _develop(random, pixels, _defocus(random, np.asarray(seen * exposure, np.float32), scene), scene)
    quality = random.randint(*scene.conditions.quality)
    return Shot(photo, quality, lambda place: scene.camera.project(scene.sheet.points(place)), hidden)


def _exposure(random: Random, level: Level) -> float:
    """Return the brightness of the photograph; one hard photo of three is taken in low light."""
    if level is Level.SCAN:
        return random.uniform(0.95, 1.1)
    low_light = random.uniform(0.2, 0.45) if level is Level.HARD and random.random() < 0.3 else 1
    return random.uniform(0.75, 1.15) * low_light


def _contrast(shine: Scalars, light: Scalars) -> Scalars:
    """Return the share of the contrast between ink and paper that a reflection leaves, after the camera's curve."""
    paper, ink = np.minimum(0.7 * light + shine, 1), np.minimum(0.02 * light + shine, 1)
    return np.asarray((np.sqrt(paper) - np.sqrt(ink)) / (np.sqrt(0.7 * light) - np.sqrt(0.02 * light)), np.float32)


def _normals(scene: _Scene) -> Vectors:
    return scene.sheet.normals(scene.points[..., 0], scene.points[..., 1])


def _aim(random: Random, document: Image, level: Level, width: float) -> _Scene:
    """Return the document and a camera that takes it with margins or, rarely, cuts it off."""
    conditions, scale = CONDITIONS[level], document.shape[1] / width
    sheet = Sheet(
        width=width,
        height=document.shape[0] / scale,
        pixels_per_mm=scale,
        bend=random.uniform(-0.4, 1) * conditions.bend * (width / 85.6),
        bends_along_width=random.random() < 0.7,
        lift=0.8 + 0.5 * conditions.bend * (width / 85.6),
    )
    focal, size = random.uniform(1.1, 1.7) * 1600, random.uniform(*conditions.width)
    quarter = random.choice((0, 90, 180, 270)) if level is Level.HARD else 0
    camera = look_at(
        (random.uniform(-0.2, 0.2) * sheet.width, random.uniform(-0.2, 0.2) * sheet.height),
        distance=focal * max(sheet.width, sheet.height * 0.8) / size,
        tilt=math.radians(random.uniform(*conditions.tilt)),
        azimuth=random.uniform(0, math.tau),
        roll=math.radians(quarter + random.uniform(-conditions.roll, conditions.roll)),
        focal=focal,
    )
    camera = replace(camera, distortion=random.uniform(-0.4, 1) * conditions.distortion)
    rows, columns = document.shape[:2]
    corners = camera.project(sheet.points(np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float64)))
    margins = [random.uniform(*conditions.margin) * size for _ in range(4)]
    if level is Level.HARD and random.random() < 0.1:
        margins[random.randrange(4)] = -random.uniform(0.02, 0.1) * size
    left, top = corners.min(axis=0) - margins[:2]
    right, bottom = corners.max(axis=0) + margins[2:]
    camera = replace(camera, centre=(-float(left), -float(top)))
    frame = int(right - left), int(bottom - top)
    rays = camera.rays(*np.meshgrid(*(_every_fourth(length) for length in frame)))
    points, depth = camera.intersect(rays, sheet)
    return _Scene(level, conditions, sheet, camera, frame, rays, points, depth)


def _every_fourth(length: int) -> NDArray[np.float32]:
    """Return the places of the values that ``cv2.resize`` interpolates to ``length`` pixels."""
    count = math.ceil(length / _STEP)
    return np.asarray((np.arange(count) + 0.5) * (length / count) - 0.5, np.float32)


def _uneven(random: Random, pixels: np.random.Generator, scene: _Scene) -> Vectors:
    """Return the lamination's normals: its waves bend the outline of what it mirrors."""
    strength = {Level.SCAN: 0.0, Level.HAND_HELD: 0.01, Level.HARD: 0.03}[scene.level] * random.random()
    uneven = _normals(scene)
    rows, columns = uneven.shape[:2]
    waves = pixels.normal(0, strength, (random.randint(4, 9), random.randint(4, 9), 2)).astype(np.float32)
    uneven[..., :2] += cv2.resize(waves, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return uneven


def _lamp(random: Random, scene: _Scene, lamination: Vectors) -> Lamp:
    """Return the light; for glare, it is where the document mirrors it towards the camera."""
    height, has_glare = random.uniform(600, 1800), random.random() < scene.conditions.glare
    x, y = random.uniform(-700, 700), random.uniform(-700, 700)
    if has_glare:
        spot = random.uniform(-0.45, 0.45) * scene.sheet.width, random.uniform(-0.45, 0.45) * scene.sheet.height
        nearest = np.argmin(((scene.points[..., :2] - spot) ** 2).sum(-1))
        point, normal = scene.points.reshape(-1, 3)[nearest], lamination.reshape(-1, 3)[nearest]
        view = point - scene.camera.position
        mirrored = view - 2 * (view @ normal) * normal
        x, y, _ = point + height / max(float(mirrored[2]), 0.05 * float(np.linalg.norm(mirrored))) * mirrored
    # From the camera's distance, the mirror image on the document is this wide.
    distance = float(np.linalg.norm(scene.camera.position))
    wide = random.uniform(4, 17) * (height + distance) / distance
    return Lamp(
        centre=(float(x), float(y), height),
        half_size=(wide, wide * random.uniform(0.25, 1)),
        ambient=random.uniform(*scene.conditions.ambient),
        reflection=random.uniform(0.5, 2.5) if has_glare else 0.0,
        softness=random.uniform(0.04, 0.3),
    )


def _thumb(random: Random, sheet: Sheet) -> Thumb:
    """Return a thumb that holds the document at one of its edges."""
    angle = random.uniform(0, math.tau)
    edge = np.array([math.cos(angle) * sheet.width / 2, math.sin(angle) * sheet.height / 2])
    long, thick, turn = random.uniform(45, 60), random.uniform(8, 10), angle + random.uniform(-0.5, 0.5)
    direction = math.cos(turn), math.sin(turn)
    centre = edge + np.array(direction) * (long - random.uniform(5, 20))
    return Thumb(
        centre=np.array([*centre, thick + sheet.lift]),
        axes=(long, random.uniform(11, 14), thick),
        direction=direction,
    )


def _texture(scene: _Scene, document: Image, *, radius: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the document's coverage and its linear reflectance for each pixel."""
    sheet, x, y = scene.sheet, scene.fine(scene.points[..., 0]), scene.fine(scene.points[..., 1])
    # A texel should be about as large as a pixel: otherwise fine print turns into a moiré.
    step = float(np.abs(np.diff(x, axis=1)).mean() + np.abs(np.diff(x, axis=0)).mean())
    scale = min(1.0, 1.3 / (step * sheet.pixels_per_mm))
    smaller = cv2.resize(document, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    linear = (smaller.astype(np.float32) / 255) ** 2
    height, width = smaller.shape[:2]
    across, down = (x / sheet.width + 0.5) * width - 0.5, (y / sheet.height + 0.5) * height - 0.5
    paper = cv2.remap(linear, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    outside_x, outside_y = np.abs(x) - sheet.width / 2 + radius, np.abs(y) - sheet.height / 2 + radius
    distance = np.hypot(np.maximum(outside_x, 0), np.maximum(outside_y, 0)) + np.minimum(
        np.maximum(outside_x, outside_y), 0
    )
    alpha = np.clip(0.5 - (distance - radius) / step, 0, 1)
    return np.asarray(alpha[..., None], np.float32), np.asarray(np.clip(paper, 0.002, 1) * 0.9, np.float32)


def _contact_shadow(random: Random, scene: _Scene) -> Scalars:
    """Return the light that reaches the table beside the document."""
    sheet, points = scene.sheet, scene.points
    x, y = points[..., 0] + random.uniform(-1.5, 1.5), points[..., 1] + random.uniform(-1.5, 1.5)
    beyond = np.maximum(np.abs(x) - sheet.width / 2, np.abs(y) - sheet.height / 2)
    darkness = random.uniform(0.2, 0.6) * np.exp(-np.maximum(beyond, 0) / random.uniform(0.8, 3))
    return scene.fine(np.asarray(1 - darkness, np.float32))


def _table(random: Random, pixels: np.random.Generator, scene: _Scene) -> NDArray[np.float32]:
    """Return the linear reflectance of the table for each pixel: planks, cloth or speckled stone."""
    if scene.level is Level.SCAN:
        return np.full((scene.size[1], scene.size[0], 3), random.uniform(0.75, 0.95), np.float32)
    origin = scene.camera.position.astype(np.float32)
    reach = -origin[2] / scene.rays[..., 2]
    x, y = (scene.fine(origin[axis] + reach * scene.rays[..., axis]) for axis in (0, 1))
    turn = random.uniform(0, math.pi)
    u, v = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
    noise = pixels.normal(0, 1, (256, 256)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 1.2, borderType=cv2.BORDER_REFLECT)
    stretch = random.choice((0.02, 0.15, 1.0))
    grain = cv2.remap(smooth, (u * 2 * stretch) % 255, (v * 2) % 255, cv2.INTER_LINEAR)
    pattern = {
        "planks": np.where((v / 60) % 1 < 0.02, -1.0, 0.0),
        "cloth": 0.5 * np.sin(u * 5.2) * np.sin(v * 5.2),
        "stone": np.zeros_like(u),
        "checks": np.where(((u // 14) + (v // 14)) % 2 > 0, 0.6, -0.6),
    }[random.choice(("planks", "cloth", "stone", "checks"))]
    colour = np.array([random.uniform(0.03, 0.7) for _ in range(3)], np.float32)
    colour = 0.4 * colour + 0.6 * colour.mean()
    shade = 1 + np.asarray(grain * random.uniform(0.1, 0.5) + pattern * random.uniform(0.1, 0.35), np.float32)
    return np.asarray(np.clip(colour * shade[..., None], 0.005, 0.95), np.float32)


def _in_front(
    random: Random, seen: NDArray[np.float32], scene: _Scene, thumb: Thumb, lamp: Lamp
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the picture with the thumb, and the pixels that it covers."""
    rays = scene.rays
    origins = np.broadcast_to(scene.camera.position.astype(np.float32), rays.shape)
    inside, depth = thumb.discriminant(origins, rays)
    normal = thumb.to_unit_sphere(origins + depth[..., None] * rays - thumb.centre.astype(np.float32))
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 0.1)
    towards = np.asarray(lamp.centre, np.float32) - thumb.centre.astype(np.float32)
    shade = lamp.ambient + (1 - lamp.ambient) * np.clip(normal @ (towards / np.linalg.norm(towards)), 0, 1)
    tone = np.array([0.28, 0.4, 0.66], np.float32) * random.uniform(0.35, 1)
    alpha = np.clip(scene.fine(inside) * 12 + 0.5, 0, 1)[..., None]
    skin = scene.fine(np.asarray(shade, np.float32))[..., None] * tone
    return np.asarray(seen * (1 - alpha) + skin * alpha, np.float32), alpha[..., 0] > 0.3


def _defocus(random: Random, seen: NDArray[np.float32], scene: _Scene) -> NDArray[np.float32]:
    """Blur each pixel by its distance from the plane of focus. The document stays within what is readable."""
    if scene.level is Level.SCAN:
        return np.asarray(cv2.GaussianBlur(seen, (0, 0), random.uniform(0.3, 0.6)), np.float32)
    middle = float(np.linalg.norm(scene.camera.position))
    pixels_per_mm = scene.camera.focal / middle
    largest = _READABLE_BLUR * pixels_per_mm
    focus = middle + random.uniform(-0.3, 0.3) * scene.sheet.width
    aperture = random.uniform(0, 6 if scene.level is Level.HAND_HELD else 16) * pixels_per_mm
    wanted = np.abs(scene.depth / focus - 1) * aperture + random.uniform(0.35, 0.7)
    sigma = scene.fine(np.asarray(np.clip(wanted, 0.35, largest), np.float32))
    steps = np.linspace(0.35, max(largest, 0.7), 4)
    layers = [cv2.GaussianBlur(seen, (0, 0), float(step)) for step in steps]
    place = np.clip((sigma - steps[0]) / (steps[1] - steps[0]), 0, len(steps) - 1)
    blurred = np.zeros_like(seen)
    for number, layer in enumerate(layers):
        blurred += layer * np.clip(1 - np.abs(place - number), 0, 1)[..., None]
    return blurred


def _develop(random: Random, pixels: np.random.Generator, seen: NDArray[np.float32], scene: _Scene) -> Image:
    """Return 8-bit pixels: white balance, exposure, shot and read noise, a camera's curve and sharpening."""
    level = scene.level
    if level is not Level.SCAN:
        seen = seen * np.array([random.uniform(0.8, 1.1), 1.0, random.uniform(0.85, 1.15)], np.float32)
    seen = np.clip(seen, 0, 1.6)
    noise = random.uniform(*scene.conditions.noise)
    seen += pixels.standard_normal(seen.shape, np.float32) * np.sqrt(noise**2 * (seen + 0.02))
    picture = np.sqrt(np.clip(seen, 0, 1)) * 255
    if random.random() < 0.5:
        picture = picture * 1.4 - np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.4), np.float32) * 0.4
    return np.asarray(np.clip(picture, 0, 255), np.uint8)
