import numpy as np
import pytest

from specimens.photography.legibility import legible_fields
from specimens.photography.perspective import plane_projection
from specimens.photography.scene import Hidden
from specimens.rendering.canvas import Box

_SAME = plane_projection(np.eye(3))
_NAME, _NUMBER = Box(100, 50, 220, 90), Box(100, 150, 300, 180)
_BOXES = {"Name": [_NAME], "Number": [_NUMBER]}


def _unhidden(width: int = 400, height: int = 250) -> Hidden:
    return np.zeros((height, width), np.bool_)


def test_an_unobstructed_card_is_legible() -> None:
    assert legible_fields(_BOXES, _SAME, _unhidden()) == {"Name": True, "Number": True}


def test_one_hidden_character_makes_only_its_field_illegible() -> None:
    hidden = _unhidden()
    hidden[150:180, 270:290] = True

    assert legible_fields(_BOXES, _SAME, hidden) == {"Name": True, "Number": False}


def test_glare_beside_the_text_does_not_matter() -> None:
    hidden = _unhidden()
    hidden[95:148, :] = True

    assert all(legible_fields(_BOXES, _SAME, hidden).values())


@pytest.mark.parametrize(("width", "legible"), [(301, True), (280, False)])
def test_text_cut_off_by_the_frame_is_illegible(width: int, *, legible: bool) -> None:
    assert legible_fields(_BOXES, _SAME, _unhidden(width))["Number"] is legible


def test_a_two_line_field_needs_both_lines() -> None:
    hidden = _unhidden()
    hidden[150:180] = True

    assert legible_fields({"Address": [_NAME, _NUMBER]}, _SAME, hidden) == {"Address": False}
