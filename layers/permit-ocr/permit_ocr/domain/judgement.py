"""Judge one side of a card, as of one day."""

from dataclasses import dataclass
from datetime import date

from permit_ocr.domain.card.answers import Answer, MainlandPermitBack, ResidencePermitAnswer, without_portrait
from permit_ocr.domain.card.machine_readable_zone import MachineReadableZone
from permit_ocr.domain.card.normalized import NormalizedFields, compact_number, normalize, permit_type_of
from permit_ocr.domain.card.valid_date import Validity, judge_validity
from permit_ocr.domain.card_warnings import Authenticity, CardWarning, judge_authenticity, name_warnings
from permit_ocr.domain.checks import CardSide, Check, check_card_side
from permit_ocr.domain.confidence import confidence_by_field, unsure_fields
from permit_ocr.domain.permits import Kind, PermitType, Side, carries_validity
from permit_ocr.domain.reader_report import Positions, ReaderReport
from permit_ocr.domain.verdict import Verdict, decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one side of a card says, and how far it can be trusted."""

    kind: Kind
    """The card family."""
    side: Side
    """The side that was read."""
    permit_type: PermitType | None
    """The document type, if ``Type`` gives it."""
    fields: Answer
    """The provider's answer, every field named as on its API page; the portrait is left out."""
    confidences: dict[str, float | None]
    """The confidence in each non-empty field of the answer, 0 to 1; a nested field is named ``outer.inner``. Null if
    the endpoint that answered does not report it; the provider's own endpoints never do."""
    document_confidence: float | None
    """The confidence that the image shows such a card, 0 to 1; null like ``confidences``."""
    positions: Positions | None
    """Where the card and its fields are in the image that was read; null like ``confidences``."""
    machine_readable_zone: MachineReadableZone | None
    """What the machine-readable zone repeats of the front; null if there is none, and like ``confidences``."""
    normalized: NormalizedFields
    """What the card says, in the same form for every kind."""
    validity: Validity
    """The period of validity, judged on one day."""
    checks: tuple[Check, ...]
    """Every check, with its outcome."""
    warnings: tuple[CardWarning, ...]
    """The provider's warnings."""
    authenticity: Authenticity
    """Whether the photo shows an original card."""
    verdict: Verdict
    """What to do with the card."""
    reasons: tuple[str, ...]
    """Codes of the reasons for the verdict; see ``permit_ocr.domain.verdict``."""


def judge_answer(
    answer: Answer,
    *,
    asked_side: Side | None,
    as_of: date,
    expiring_within_days: int,
    report: ReaderReport | None = None,
    fallback: bool = False,
) -> Judgement:
    """Judge the answer to a request for ``asked_side`` as of the day ``as_of`` in Shanghai. Never raises.

    ``report`` is the recogniser's, None from the provider; ``fallback`` tells that a less preferred endpoint answered.
    """
    report = report or ReaderReport()
    kind = Kind.RESIDENCE_PERMIT if isinstance(answer, ResidencePermitAnswer) else Kind.MAINLAND_PERMIT
    side = side_of(answer, asked_side=asked_side)
    card = CardSide(
        kind=kind,
        side=side,
        permit_type=permit_type_of(answer),
        normalized=normalize(answer),
        validity=judge_validity(
            answer.ValidDate,
            as_of=as_of,
            expiring_within_days=expiring_within_days,
            is_on_this_side=carries_validity(kind, side),
        ),
    )
    checks = check_card_side(card)
    warnings = name_warnings(answer.WarnCardInfos)
    verdict, reasons = decide(
        card.validity.status, checks, warnings, fallback=fallback, unsure_fields=unsure_fields(answer, report)
    )
    return Judgement(
        kind=card.kind,
        side=card.side,
        permit_type=card.permit_type,
        fields=without_portrait(answer),
        confidences=confidence_by_field(answer, report.confidences),
        document_confidence=report.document_confidence,
        positions=report.positions,
        machine_readable_zone=report.machine_readable_zone,
        normalized=card.normalized,
        validity=card.validity,
        checks=checks,
        warnings=warnings,
        authenticity=judge_authenticity(answer.WarnCardInfos),
        verdict=verdict,
        reasons=reasons,
    )


def side_of(answer: Answer, *, asked_side: Side | None) -> Side:
    """Return the side that ``answer`` shows.

    A residence permit's answer has it in ``CardType``, whatever was requested. A missing ``CardType`` is read as a
    front, so a front without a number but with a period of validity is taken for a back. A travel permit's back is
    recognised by its own fields, else by the side that was requested.
    """
    if isinstance(answer, ResidencePermitAnswer):
        is_back = answer.CardType == 1 or (not compact_number(answer.IdCardNo) and bool(answer.ValidDate.strip()))
    else:
        is_back = _has_back_fields(answer.MainlandTravelPermitBackInfos) or (
            asked_side is Side.BACK and not compact_number(answer.Number)
        )
    return Side.BACK if is_back else Side.FRONT


def has_key_field(answer: Answer) -> bool:
    """Tell whether ``answer`` contains anything that identifies a card. If not, the document is rejected."""
    if isinstance(answer, ResidencePermitAnswer):
        return any((compact_number(answer.IdCardNo), answer.ValidDate.strip(), compact_number(answer.PassNo)))
    return bool(compact_number(answer.Number)) or _has_back_fields(answer.MainlandTravelPermitBackInfos)


def _has_back_fields(back: MainlandPermitBack | None) -> bool:
    return back is not None and any(text.strip() for text in (back.Name, back.IDNumber, back.HistoryNumber))
