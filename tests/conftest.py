"""How property tests choose their examples.

A run of the suite tries the same examples every time (``--hypothesis-profile=ci`` in pyproject.toml): it fails by what
was changed, not by chance. To look for what nobody thought of, let chance choose, and as often as there is time:

    .venv/bin/pytest --hypothesis-profile=search tests/unit/domain

What that finds becomes an ``@example`` or a test of its own beside the mend.
"""

from hypothesis import settings

# An example has no deadline: machines that run tests are slow and shared.
settings.register_profile("search", deadline=None, max_examples=1000)
