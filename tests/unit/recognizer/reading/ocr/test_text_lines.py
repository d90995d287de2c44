import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.reading.ocr.card_text import Deskew
from recognizer.reading.ocr.image_scan import _fit_deskew, _rotated
from recognizer.reading.ocr.text_lines import BOX_GAP, join, rows
from tests.unit.recognizer.reading.cards import line


def test_lines_of_different_height_with_the_same_middle_are_a_row() -> None:
    label, value, below = line("姓名", 60, 100, 26), line("陈大文", 200, 106, 44), line("性别", 60, 160, 26)
    assert rows([below, value, label]) == [[label, value], [below]]


def test_lines_above_each_other_are_two_rows() -> None:
    upper, lower = line("中华人民共和国", 60, 100), line("港澳居民居住证", 60, 118)
    assert rows([lower, upper]) == [[upper], [lower]]


def test_joined_lines_keep_the_position_of_each_character() -> None:
    joined = join([line("姓名", 0, 0), line("陈大文", 200, 0)])
    assert joined.text == f"姓名{BOX_GAP}陈大文"
    assert joined.characters[3].x > 200


def quad(left: float, middle: float, width: float, slope: float) -> np.ndarray:
    up, along = np.array([np.sin(slope), -np.cos(slope)]) * 15, np.array([np.cos(slope), np.sin(slope)]) * width
    start = np.array([left, middle])
    return np.array([start + up, start + along + up, start + along - up, start - up], np.float32)


def test_tilted_and_fanning_rows_are_deskewed() -> None:
    starts = [(80.0, 100.0 + 80 * row, 600.0, 0.03 + 0.00008 * 80 * row) for row in range(6)]
    level = _fit_deskew([quad(*start) for start in starts])
    for left, middle, width, slope in starts:
        start = level.to_deskewed(left, middle)
        end = level.to_deskewed(left + width * np.cos(slope), middle + width * np.sin(slope))
        assert start[1] == pytest.approx(end[1], abs=4)


@given(st.floats(-0.2, 0.2), st.floats(-0.0002, 0.0002), st.floats(-0.05, 0.05), st.floats(0, 2000), st.floats(0, 2000))
def test_deskewing_a_point_is_reversible(slope: float, fan: float, rise: float, x: float, y: float) -> None:
    level = Deskew(slope, fan, rise, 500.0)
    assert level.to_image(*level.to_deskewed(x, y)) == pytest.approx((x, y), abs=0.1)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_quadrilaterals_rotate_with_their_image(turns: int) -> None:
    image = np.zeros((60, 100), np.uint8)
    image[10:20, 30:70] = 255
    place = np.array([[30, 10], [69, 10], [69, 19], [30, 19]], np.float32)
    turned = np.rot90(image, turns)
    for x, y in _rotated(place, turns, 100, 60).astype(int):
        assert turned[y, x] == 255
