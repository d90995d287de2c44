"""Percentiles by counting equal NumPy's, which sort."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from recognizer.reading.ocr.brightness import colour_percentiles, percentile

images = arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))
percents = st.integers(0, 100)


@given(images, percents)
def test_percentile_of_all_values_is_numpys(image: NDArray[np.uint8], percent: int) -> None:
    assert percentile(image, percent) == pytest.approx(np.percentile(image, percent))


@given(images, percents)
def test_percentile_of_each_colour_is_numpys(image: NDArray[np.uint8], percent: int) -> None:
    expected = np.percentile(image.reshape(-1, 3), percent, axis=0)
    assert colour_percentiles(image, percent) == pytest.approx(expected)
