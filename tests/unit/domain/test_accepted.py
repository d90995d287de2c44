"""``accepted`` means that the period of validity was read and that the day is within it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.card.valid_date import ValidityStatus
from permit_ocr.domain.events.completed import Completed, completed_event
from permit_ocr.domain.events.document import Document, Provider
from permit_ocr.domain.events.recognized import Recognized, recognized
from permit_ocr.domain.judgement import Judgement, judge_answer
from permit_ocr.domain.permits import Side
from permit_ocr.domain.review.decision import (
    Decision,
    DecisionReason,
    Override,
    OverrideReason,
    Review,
    objections,
    verdict_after,
)
from permit_ocr.domain.verdict import Verdict
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT, RESIDENCE_BACK, RESIDENCE_FRONT

AS_OF = date(2026, 11, 21)
IN_FORCE = {ValidityStatus.VALID, ValidityStatus.EXPIRING, ValidityStatus.LONG_TERM}

_periods = st.one_of(
    st.sampled_from(["", " ", "?", "长期", "2020.10.09-长期", "2018.10.09-2028.10.08", "2016.10.09-2026.10.08"]),
    st.builds(
        lambda start, end: f"{start:%Y.%m.%d}-{end:%Y.%m.%d}",
        st.dates(date(2010, 1, 1), date(2030, 1, 1)),
        st.dates(date(2015, 1, 1), date(2040, 1, 1)),
    ),
)
_names = st.sampled_from(["", "样本", "樣本", "别人", "YANG,BEN"])


@st.composite
def _residence_permits(draw: st.DrawFn) -> ResidencePermitAnswer:
    base = draw(st.sampled_from([RESIDENCE_FRONT, RESIDENCE_BACK, ResidencePermitAnswer()]))
    return replace(
        base,
        CardType=draw(st.sampled_from([0, 1])),
        ValidDate=draw(_periods),
        Name=draw(_names),
        IdCardNo=draw(st.sampled_from([base.IdCardNo, "", "830000199706020042"])),
        PassNo=draw(st.sampled_from([base.PassNo, "", "H01234567"])),
    )


@st.composite
def _travel_permits(draw: st.DrawFn) -> MainlandPermitAnswer:
    base = draw(st.sampled_from([MAINLAND_FRONT, MAINLAND_BACK, MainlandPermitAnswer()]))
    back = draw(st.none() | st.builds(MainlandPermitBack, Name=_names, IDNumber=st.sampled_from(["", "A123456(3)"])))
    number = draw(st.sampled_from([base.Number, "", "H01234567"]))
    return replace(base, ValidDate=draw(_periods), Name=draw(_names), Number=number, MainlandTravelPermitBackInfos=back)


_answers: st.SearchStrategy[Answer] = st.one_of(_residence_permits(), _travel_permits())
_asked = st.sampled_from([None, *Side])


def _judged(answer: Answer, side: Side | None) -> Judgement:
    return judge_answer(answer, asked_side=side, as_of=AS_OF, expiring_within_days=30)


@given(answer=_answers, side=_asked)
def test_a_side_is_accepted_only_if_its_period_is_in_force(answer: Answer, side: Side | None) -> None:
    judgement = _judged(answer, side)
    assert judgement.verdict is not Verdict.ACCEPTED or judgement.validity.status in IN_FORCE


@given(data=st.data(), permits=st.sampled_from([_residence_permits, _travel_permits]))
def test_a_pair_is_accepted_only_if_its_period_is_in_force(
    data: st.DataObject, permits: Callable[[], st.SearchStrategy[Answer]]
) -> None:
    sides = [_judged(data.draw(permits()), data.draw(_asked)) for _ in range(2)]
    pair = _pair(*sorted(sides, key=lambda side: side.side is Side.BACK))
    assert pair.verdict is not Verdict.ACCEPTED or pair.validity.status in IN_FORCE
    is_mismatched = any(reason.startswith("mismatch:") for reason in pair.reasons)
    if is_mismatched or pair.verdict is Verdict.REJECTED:
        assert Verdict.ACCEPTED not in {pair.front.verdict, pair.back.verdict}


@given(answer=_answers, side=_asked, overridden=st.none() | st.sampled_from(OverrideReason), later=st.integers(0, 4000))
def test_a_decision_accepts_only_a_period_in_force_or_states_otherwise(
    answer: Answer, side: Side | None, overridden: OverrideReason | None, later: int
) -> None:
    """Judged again later, a card is still accepted only for objections that its reviewer has overridden."""
    judgement = _judged(answer, side)
    against = objections(judgement)
    review = Review(
        decision=Decision.ACCEPTED,
        reason=DecisionReason.READ_CORRECTLY,
        override=Override(reason=overridden, objections=against, other_side=None) if overridden else None,
        corrections=(),
        reviewer="anna",
        verdict_before=judgement.verdict,
        reasons_before=judgement.reasons,
        supersedes=None,
    )
    again = judge_answer(answer, asked_side=side, as_of=AS_OF + timedelta(days=later), expiring_within_days=30)
    verdict, reasons = verdict_after(review, again)
    if verdict is not Verdict.ACCEPTED:
        return
    assert again.validity.status not in {ValidityStatus.UNREADABLE, ValidityStatus.NOT_ON_THIS_SIDE}
    is_overridden = f"override:{overridden}" in reasons and f"validity:{again.validity.status}" in against
    assert again.validity.status in IN_FORCE or is_overridden


def _pair(front: Judgement, back: Judgement) -> Completed:
    time = datetime(2026, 11, 21, tzinfo=UTC)
    return completed_event("7", _recognized(front), _recognized(back), event_id="pair", source="/test", time=time).data


def _recognized(side: Judgement) -> Recognized:
    provider = Provider(site="intl", endpoint="", action="", request_id="", attempts=1, milliseconds=1)
    return recognized(Document(id=side.side), side, provider, portrait_key=None)
