"""Environments that begin with the same snapshot do not go on alike."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
import snapshot_restore_py

from permit_ocr.adapters.snapshots import begin_anew_after_restore


@pytest.fixture
def restore() -> Iterator[list[tuple[Any, ...]]]:
    registered = snapshot_restore_py.get_after_restore()
    before = list(registered)
    yield registered
    registered[:] = before


def restored(registered: list[tuple[Any, ...]]) -> None:
    """Do what Lambda's runtime does when an environment is restored."""
    for hook, arguments, named in registered:
        hook(*arguments, **named)


def test_chance_is_another_after_each_restore(restore: list[tuple[Any, ...]]) -> None:
    begin_anew_after_restore(lambda: None)
    drawn = set()
    for _ in range(5):
        random.seed(1)  # what every environment has in its snapshot
        restored(restore)
        drawn.add(random.random())
    assert len(drawn) == 5


def test_connections_are_closed_after_each_restore_and_not_before(restore: list[tuple[Any, ...]]) -> None:
    closed = []
    begin_anew_after_restore(lambda: closed.append("all"))
    assert closed == []
    restored(restore)
    restored(restore)
    assert closed == ["all", "all"]
