"""Environments that begin with the same snapshot do not go on alike."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
import snapshot_restore_py

from permit_ocr.adapters.snapshots import differ_after_restore


@pytest.fixture
def restore() -> Iterator[list[tuple[Any, ...]]]:
    registered = snapshot_restore_py.get_after_restore()
    before = list(registered)
    yield registered
    registered[:] = before


def test_chance_is_another_after_each_restore(restore: list[tuple[Any, ...]]) -> None:
    differ_after_restore()
    hook, arguments, named = restore[-1]
    drawn = set()
    for _ in range(5):
        random.seed(1)  # what every environment has in its snapshot
        hook(*arguments, **named)  # as Lambda's runtime calls it
        drawn.add(random.random())
    assert len(drawn) == 5
