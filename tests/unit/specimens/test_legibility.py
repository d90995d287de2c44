import numpy as np
import pytest

from specimens.legibility import legible_fields
from specimens.obstruction import Hidden
from specimens.sheet import Place

_SAME_PLACE = np.eye(3)
_NAME, _NUMBER = Place(100, 50, 220, 90), Place(100, 150, 300, 180)
_PLACES = {"Name": [_NAME], "Number": [_NUMBER]}


def _seen(width: int = 400, height: int = 250) -> Hidden:
    return np.zeros((height, width), np.float32)


def test_a_card_in_plain_sight_is_legible() -> None:
    assert legible_fields(_PLACES, _SAME_PLACE, _seen()) == {"Name": True, "Number": True}


def test_one_covered_character_makes_its_field_illegible_and_no_other() -> None:
    hidden = _seen()
    hidden[150:180, 270:290] = 1

    assert legible_fields(_PLACES, _SAME_PLACE, hidden) == {"Name": True, "Number": False}


def test_a_faint_veil_hides_nothing() -> None:
    hidden = _seen()
    hidden[:] = 0.5

    assert all(legible_fields(_PLACES, _SAME_PLACE, hidden).values())


def test_glare_beside_the_text_does_not_matter() -> None:
    hidden = _seen()
    hidden[95:148, :] = 1

    assert all(legible_fields(_PLACES, _SAME_PLACE, hidden).values())


@pytest.mark.parametrize(("width", "legible"), [(301, True), (280, False)])
def test_text_cut_off_by_the_frame_is_illegible(width: int, *, legible: bool) -> None:
    assert legible_fields(_PLACES, _SAME_PLACE, _seen(width))["Number"] is legible


def test_a_field_in_two_lines_needs_both() -> None:
    hidden = _seen()
    hidden[150:180] = 1

    assert legible_fields({"Address": [_NAME, _NUMBER]}, _SAME_PLACE, hidden) == {"Address": False}
