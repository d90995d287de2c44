"""Property tests of the domain: fast code on slow, shared machines, so an example has no deadline."""

from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
