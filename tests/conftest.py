"""Chance, the same in every run: what fails then fails by what was changed.

Property tests try the same examples every time (``--hypothesis-profile=ci`` in pyproject.toml). To look for what nobody
thought of, let chance choose, as often as there is time:

    .venv/bin/pytest --hypothesis-profile=search tests/unit/domain

What that finds becomes an ``@example`` or a test of its own beside the mend.
"""

import random

import pytest
from hypothesis import settings

# An example has no deadline: machines that run tests are slow and shared.
settings.register_profile("search", deadline=None, max_examples=1000)


@pytest.fixture(autouse=True)
def _same_chance() -> None:
    """Jitter and the like are drawn from Python's own generator."""
    random.seed(1)
