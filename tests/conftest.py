"""What holds for every test: no randomness, and the order in which they run.

Property tests try the same examples every time (``--hypothesis-profile=ci`` in pyproject.toml), so a new failure comes
from a change. To search for counterexamples, draw random ones for as long as you like:

    .venv/bin/pytest --hypothesis-profile=search tests/unit/domain

Add what you find as an ``@example``, or as a test of its own, together with the fix.
"""

import random
from pathlib import Path

import pytest
from hypothesis import settings

# An example has no deadline: machines that run tests are slow and shared.
settings.register_profile("search", deadline=None, max_examples=1000)

TESTS = Path(__file__).parent
SLOWEST_FIRST = ("ministack", "sandbox", "contract", "unit")


@pytest.fixture(autouse=True)
def _same_randomness() -> None:
    """Jitter and the like are drawn from Python's own generator."""
    random.seed(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest kinds of tests first, so that no process waits for another at the end."""
    items.sort(key=lambda item: SLOWEST_FIRST.index(item.path.relative_to(TESTS).parts[0]))
