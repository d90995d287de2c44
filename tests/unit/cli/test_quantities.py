"""Numbers of things, in words."""

import pytest

from cli.quantities import quantity


@pytest.mark.parametrize(("number", "text"), [(0, "0 photos"), (1, "1 photo"), (2, "2 photos"), (21, "21 photos")])
def test_one_thing_is_in_the_singular(number: int, text: str) -> None:
    assert quantity(number, "photo") == text
