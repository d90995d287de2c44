"""The provider's warnings about a photo: ``WarnCardInfos`` of the API, which only the international site sends."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class WarningName(StrEnum):
    """The warnings, each with the provider's code."""

    # This docstring is published in the schemas. docs/architecture.md lists what else a new warning needs.
    PHOTOCOPY = "photocopy", -9102  # a photo of a copy
    RECAPTURE = "recapture", -9103  # a photo of a screen or of another photo
    PHOTOSHOPPED = "photoshopped", -9104  # an edited image
    NOT_ENABLED = "not_enabled", -9109  # not looked for: the capability is not enabled for the account
    UNKNOWN = "unknown", None  # a code that this version does not know

    code: int | None

    def __new__(cls, name: str, code: int | None) -> Self:
        """Return the member ``name`` with its ``code``."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.code = code
        return member

    @classmethod
    def of_code(cls, code: int) -> "WarningName":
        """Return the warning that ``code`` stands for."""
        return next((warning for warning in cls if warning.code == code), cls.UNKNOWN)


class Authenticity(StrEnum):
    """Whether the photo shows an original card, as far as the provider can tell."""

    CLEAR = "clear"  # the provider checked and does not warn
    SUSPECT = "suspect"  # the provider warns
    NOT_CHECKED = "not_checked"  # the provider did not check


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWarning:
    """One warning."""

    code: int
    """The provider's code."""
    name: WarningName
    """What the code means."""


def name_warnings(codes: Iterable[int] | None) -> tuple[CardWarning, ...]:
    """Return the warnings of ``WarnCardInfos`` in the provider's order, each once; none if it was not sent."""
    return tuple(CardWarning(code=code, name=WarningName.of_code(code)) for code in dict.fromkeys(codes or ()))


def judge_authenticity(codes: Iterable[int] | None) -> Authenticity:
    """Judge ``WarnCardInfos``; None means that it was not sent.

    An empty list is *clear*. A warning counts even beside *not enabled*, and an unknown code is still a warning.
    """
    if codes is None:
        return Authenticity.NOT_CHECKED
    names = {warning.name for warning in name_warnings(codes)}
    if names - {WarningName.NOT_ENABLED}:
        return Authenticity.SUSPECT
    return Authenticity.NOT_CHECKED if names else Authenticity.CLEAR
