"""The provider's warnings about a photograph, and what they say of its authenticity.

Source: ``WarnCardInfos`` on the API page of ``MainlandPermitOCR``; only the international site sends it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class WarningName(StrEnum):
    """The warnings by name."""

    PHOTOCOPY = "photocopy"
    """A photograph of a copy."""
    RECAPTURE = "recapture"
    """A photograph of a screen or of another photograph."""
    PHOTOSHOPPED = "photoshopped"
    """An image that was edited."""
    NOT_ENABLED = "not_enabled"
    """The provider did not look for warnings: the capability is not enabled for the account."""
    UNKNOWN = "unknown"
    """A code this version does not know."""


_NAMES: Final = {
    -9102: WarningName.PHOTOCOPY,
    -9103: WarningName.RECAPTURE,
    -9104: WarningName.PHOTOSHOPPED,
    -9109: WarningName.NOT_ENABLED,
}


class Authenticity(StrEnum):
    """Whether the photograph shows a card itself, as far as the provider can tell."""

    CLEAR = "clear"
    """The provider looked and warns of nothing."""
    SUSPECT = "suspect"
    """The provider warns."""
    NOT_CHECKED = "not_checked"
    """The provider did not look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWarning:
    """One warning."""

    code: int
    """The provider's code."""
    name: WarningName
    """What the code means."""


def name_warnings(codes: Iterable[int] | None) -> tuple[CardWarning, ...]:
    """Return the warnings of ``WarnCardInfos``, each once, in the provider's order; none if it was not sent."""
    return tuple(
        CardWarning(code=code, name=_NAMES.get(code, WarningName.UNKNOWN)) for code in dict.fromkeys(codes or ())
    )


def judge_authenticity(codes: Iterable[int] | None) -> Authenticity:
    """Judge ``WarnCardInfos``; None means that it was not sent.

    No codes is *clear* only where the provider looked. A warning counts even beside *not enabled*, and a code this
    version does not know is still a warning.
    """
    if codes is None:
        return Authenticity.NOT_CHECKED
    names = {warning.name for warning in name_warnings(codes)}
    if names - {WarningName.NOT_ENABLED}:
        return Authenticity.SUSPECT
    return Authenticity.NOT_CHECKED if names else Authenticity.CLEAR
