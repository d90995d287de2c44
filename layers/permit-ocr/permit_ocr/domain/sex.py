"""Sex, in the words of ISO/IEC 5218."""

from enum import StrEnum


class Sex(StrEnum):
    """The four values of ISO/IEC 5218, by their English names."""

    NOT_KNOWN = "not known"
    """Not on this side, or not read."""
    MALE = "male"
    FEMALE = "female"
    NOT_APPLICABLE = "not applicable"
    """Part of the standard; every holder of a permit is a person, so it is never given."""
