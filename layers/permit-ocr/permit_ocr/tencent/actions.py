"""The two OCR actions: names, parameters and limits. Source: the API pages, version 2018-11-19."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from permit_ocr.domain.permits import Kind

SERVICE: Final = "ocr"
VERSION: Final = "2018-11-19"
QUOTA_PER_SECOND: Final = 20
"""Requests per second, for each action and the whole account."""


class Site(StrEnum):
    """The provider's two sites, with separate accounts, endpoints and limits."""

    INTL = "intl"
    DOMESTIC = "domestic"


SITE_ENDPOINT: Final = {Site.INTL: "ocr.intl.tencentcloudapi.com", Site.DOMESTIC: "ocr.tencentcloudapi.com"}
SITE_BASE64_LIMIT: Final = {Site.INTL: 7 * 1024 * 1024, Site.DOMESTIC: 10 * 1024 * 1024 - 64 * 1024}
"""Largest image in Base64, in bytes. On the domestic site slightly less than the documented 10 MB: the complete request
body is limited to 10 MB as well."""


def is_provider_host(host: str) -> bool:
    """Tell whether ``host``, with or without a port, is one of the provider's."""
    return host.partition(":")[0].lower().endswith(".tencentcloudapi.com")


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its name, the types of its request parameters, and the class of its answer."""

    name: str
    kind: Kind
    parameters: dict[str, type]
    portrait_parameter: str
    answer: type[ResidencePermitAnswer] | type[MainlandPermitAnswer]


RESIDENCE_PERMIT_ACTION: Final = Action(
    name="HmtResidentPermitOCR",
    kind=Kind.RESIDENCE_PERMIT,
    parameters={"ImageBase64": str, "ImageUrl": str, "CardSide": str, "CropPortrait": bool},
    portrait_parameter="CropPortrait",
    answer=ResidencePermitAnswer,
)
MAINLAND_PERMIT_ACTION: Final = Action(
    name="MainlandPermitOCR",
    kind=Kind.MAINLAND_PERMIT,
    parameters={"ImageBase64": str, "ImageUrl": str, "CardSide": str, "RetProfile": bool},
    portrait_parameter="RetProfile",
    answer=MainlandPermitAnswer,
)
ACTIONS: Final = {action.kind: action for action in (RESIDENCE_PERMIT_ACTION, MAINLAND_PERMIT_ACTION)}
