"""Photographs of flat documents and what they hide."""

from random import Random

import numpy as np
import pytest

from specimens.cards.card import CardSide
from specimens.independent.browser import Rendering
from specimens.independent.contents import permit
from specimens.independent.html.photograph import photograph
from specimens.independent.html.style import HEIGHT, WIDTH
from specimens.independent.sample import make_sample
from specimens.independent.shot import Points, Shot
from specimens.photography.photo import Level


def _shot(hidden: slice = slice(0, 0)) -> Shot:
    """Return a photograph of 200 × 100 pixels in its document's place; columns may be hidden."""
    mask = np.zeros((100, 200), np.bool_)
    mask[:, hidden] = True
    return Shot(np.zeros((100, 200, 3), np.uint8), 80, lambda points: points, mask)


@pytest.mark.parametrize(
    ("hidden", "illegible"),
    [(slice(0, 0), set()), (slice(0, 9), set()), (slice(0, 14), {"Name"}), (slice(150, 200), {"Sex"})],
)
def test_a_tenth_of_a_hidden_character_makes_a_field_illegible(hidden: slice, illegible: set[str]) -> None:
    fields = {"Name": [(10.0, 10.0, 40.0, 40.0), (40.0, 10.0, 70.0, 40.0)], "Sex": [(170.0, 10.0, 190.0, 30.0)]}

    assert _shot(hidden).illegible(fields) == illegible


def test_a_character_beyond_the_frame_is_illegible() -> None:
    assert _shot().illegible({"Name": [(190.0, 10.0, 220.0, 40.0)], "Sex": [(170.0, 10.0, 200.0, 40.0)]}) == {"Name"}


def test_a_fields_corners_enclose_all_of_its_characters() -> None:
    assert _shot().quad([(10, 12, 20, 30), (20, 10, 35, 28)]) == ((10, 10), (35, 10), (35, 30), (10, 30))


def _document() -> Rendering:
    image = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    image[100:200, 300:500] = (0, 0, 255)
    return Rendering(image, {"Name": [(300, 100, 500, 200)], "Type": [(0, 0, 90, 90)], "portrait": [(0, 300, 90, 400)]})


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("seed", range(3))
def test_a_fields_position_is_where_it_was_photographed(level: Level, seed: int) -> None:
    document = _document()
    shot = photograph(Random(seed), document.image, level)

    corners = np.array(shot.quad(document.boxes["Name"]))
    x, y = corners.mean(axis=0).round().astype(int)
    if 0 <= x < shot.pixels.shape[1] and 0 <= y < shot.pixels.shape[0] and not shot.hidden[y, x]:
        blue, _, red = (int(value) for value in shot.pixels[y, x])
        assert red > blue + 20
    assert (shot.illegible(document.boxes) == set()) or level is Level.HARD


def test_a_scan_is_not_rotated_and_a_seed_gives_one_photograph() -> None:
    first, second = (photograph(Random(7), _document().image, Level.SCAN) for _ in range(2))

    assert first.jpeg() == second.jpeg()
    (left, top), (right, right_top), *_ = first.quad([(0, 0, WIDTH, HEIGHT)])
    assert 950 < right - left < 1200
    assert abs(right_top - top) < 20


def test_truth_has_illegible_fields_and_positions_of_printed_fields_only() -> None:
    card = permit(Random(3), CardSide.RESIDENCE_FRONT)

    def beside(points: Points) -> Points:
        return np.asarray(points + 5000.0, np.float64)

    shot = Shot(np.zeros((50, 50, 3), np.uint8), 80, beside, np.zeros((50, 50), np.bool_))
    truth = make_sample(
        file="a.jpg", generator="html", level=Level.SCAN, rendering=_document(), shot=shot, card=card
    ).truth()
    assert truth["illegible"] == ["Name"]
    assert list(truth["positions"]) == ["Name"]
    assert (truth["kind"], truth["side"], truth["generator"]) == ("residence-permit", "front", "html")


def test_a_negatives_truth_states_what_it_is_and_no_answer() -> None:
    truth = make_sample(
        file="a.jpg", generator="html", level=Level.HARD, rendering=_document(), shot=_shot(), negative="passport"
    ).truth()

    assert truth["negative"] == "passport"
    assert truth["answer"] is None
    assert not {"kind", "portrait_corners"} & set(truth)
