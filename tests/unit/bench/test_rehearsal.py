"""A measurement whose sandbox has ended fails at once, in place of waiting for results that cannot come."""

from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bench.rehearsal import Consumer, System


def consumer(consume: Any) -> Consumer:
    """Return a consumer of a system with one result, which consumes by calling ``consume``."""
    return Consumer(cast("System", SimpleNamespace(consume=consume, results=Counter({"there": 1}))))


def refuse() -> int:
    raise ConnectionRefusedError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_who_cannot_consume_any_more_does_not_wait() -> None:
    with consumer(refuse) as ended, pytest.raises(RuntimeError, match="cannot be consumed"):
        ended.wait_for(["missing"], timeout_seconds=60)


def test_what_is_there_is_waited_for_and_what_is_not_only_so_long() -> None:
    with consumer(lambda: 0) as running:
        assert running.wait_for(["there"], timeout_seconds=60)
        assert running.wait_for_any(1, timeout_seconds=60)
        assert not running.wait_for(["there", "missing"], timeout_seconds=0.1)
        assert not running.wait_for_any(2, timeout_seconds=0.1)
