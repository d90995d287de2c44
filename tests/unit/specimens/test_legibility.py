import numpy as np
import pytest

from specimens.photography.legibility import legible_fields
from specimens.photography.occlusion import OcclusionMask
from specimens.rendering.canvas import Box

_IDENTITY = np.eye(3)
_NAME, _NUMBER = Box(100, 50, 220, 90), Box(100, 150, 300, 180)
_BOXES = {"Name": [_NAME], "Number": [_NUMBER]}


def _unhidden(width: int = 400, height: int = 250) -> OcclusionMask:
    return np.zeros((height, width), np.float32)


def test_an_unobstructed_card_is_legible() -> None:
    assert legible_fields(_BOXES, _IDENTITY, _unhidden()) == {"Name": True, "Number": True}


def test_one_hidden_character_makes_only_its_field_illegible() -> None:
    mask = _unhidden()
    mask[150:180, 270:290] = 1

    assert legible_fields(_BOXES, _IDENTITY, mask) == {"Name": True, "Number": False}


def test_faint_glare_hides_nothing() -> None:
    mask = _unhidden()
    mask[:] = 0.5

    assert all(legible_fields(_BOXES, _IDENTITY, mask).values())


def test_glare_beside_the_text_does_not_matter() -> None:
    mask = _unhidden()
    mask[95:148, :] = 1

    assert all(legible_fields(_BOXES, _IDENTITY, mask).values())


@pytest.mark.parametrize(("width", "legible"), [(301, True), (280, False)])
def test_text_cut_off_by_the_frame_is_illegible(width: int, *, legible: bool) -> None:
    assert legible_fields(_BOXES, _IDENTITY, _unhidden(width))["Number"] is legible


def test_a_two_line_field_needs_both_lines() -> None:
    mask = _unhidden()
    mask[150:180] = 1

    assert legible_fields({"Address": [_NAME, _NUMBER]}, _IDENTITY, mask) == {"Address": False}
