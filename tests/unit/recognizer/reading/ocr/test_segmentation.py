import numpy as np
from numpy.typing import NDArray

from recognizer.reading.ocr.engine import Quad
from recognizer.reading.ocr.segmentation import Segmentation


def quad(left: float, top: float, width: float = 200, height: float = 20, degrees: float = 0) -> Quad:
    """Return a text quadrilateral with this upper left corner, rotated to the left."""
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)])
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    rotated: Quad = (corners @ rotation + (left, top)).astype(np.float32)
    return rotated


def paper(grey: int = 200) -> NDArray[np.uint8]:
    return np.full((480, 480, 3), grey, np.uint8)


def test_lines_on_the_same_background_are_one_segment() -> None:
    assert Segmentation(paper(), [quad(50, 50), quad(60, 90), quad(50, 130)]).segments() == [[0, 1, 2]]


def test_an_edge_between_lines_separates_them() -> None:
    image = paper()
    image[105:] = 120
    assert sorted(Segmentation(image, [quad(50, 50), quad(50, 80), quad(50, 130), quad(50, 160)]).segments()) == [
        [0, 1],
        [2, 3],
    ]


def test_edges_can_be_ignored() -> None:
    image = paper()
    image[105:] = 120
    quads = [quad(50, 50), quad(50, 80), quad(50, 130), quad(50, 160)]
    assert Segmentation(image, quads).segments(split_at_edges=False) == [[0, 1, 2, 3]]


def test_lines_of_one_card_may_be_farther_apart() -> None:
    """A back with little print has a wide gap above its machine-readable lines."""
    quads = [quad(50, 50), quad(50, 220)]
    assert len(Segmentation(paper(), quads).segments()) == 2
    assert Segmentation(paper(), quads).segments(split_at_edges=False) == [[0, 1]]


def test_lines_in_another_direction_are_another_segment() -> None:
    quads = [quad(50, 50), quad(50, 80), quad(50, 300, degrees=30), quad(70, 330, degrees=30)]
    assert sorted(Segmentation(paper(), quads).segments()) == [[0, 1], [2, 3]]


def test_a_region_between_two_directions_does_not_connect_them() -> None:
    """A label of a tilted card may be detected as a level box."""
    tilted = [quad(50, 50, degrees=-14), quad(45, 80, degrees=-14)]
    between, level = quad(45, 128, width=50, degrees=-7), [quad(50, 160), quad(50, 190)]
    assert sorted(Segmentation(paper(), [*tilted, *level, between]).segments()) == [[0, 1], [2, 3, 4]]


def test_a_card_at_right_angles_to_other_text_is_one_segment() -> None:
    card = [quad(100 + 40 * row, 400, degrees=degrees) for row, degrees in enumerate((90.6, 89.4, 90.5, 89.5))]
    assert [0, 1, 2, 3] in Segmentation(paper(), [*card, quad(20, 20, 400)]).segments()


def test_distant_lines_are_two_segments() -> None:
    assert len(Segmentation(paper(), [quad(50, 50), quad(50, 400)]).segments()) == 2


def test_a_short_region_joins_the_nearest_line_but_connects_nothing() -> None:
    image = paper()
    image[105:] = 120
    quads = [quad(50, 50), quad(270, 52, width=20), quad(50, 130)]
    assert sorted(sorted(segment) for segment in Segmentation(image, quads).segments()) == [[0, 1], [2]]


def test_no_text_makes_no_segment() -> None:
    assert Segmentation(paper(), []).segments() == []
