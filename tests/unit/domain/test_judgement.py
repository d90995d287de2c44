import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.card.valid_date import ValidityStatus
from permit_ocr.domain.card_warnings import Authenticity
from permit_ocr.domain.checks import CheckOutcome
from permit_ocr.domain.judgement import Judgement, has_key_field, judge_answer, side_of
from permit_ocr.domain.permits import Kind, PermitType, Side
from permit_ocr.domain.reader_report import ReaderReport
from permit_ocr.domain.verdict import Verdict
from specimens.cards.card import CardSide
from specimens.cards.generate import REFERENCE_DAY, CardSpec, generate_card

AS_OF = date(2026, 11, 21)
# The examples on the API pages, completed with the names and the sex that are masked there.
RESIDENCE_FRONT = ResidencePermitAnswer(
    Name="样本", Sex="女", Birth="1997/6/2", IdCardNo="830000199706020042", CardType=0, VisaNum="0", PassNo="000"
)
RESIDENCE_BACK = ResidencePermitAnswer(CardType=1, ValidDate="2018.09.06-2023.09.06", VisaNum="0", PassNo="000")
TRAVEL_FRONT = MainlandPermitAnswer(
    Name="样本",
    Birthday="1981.08.03",
    ValidDate="2018.10.09-2028.10.08",
    Number="H01234567",
    Type="Mainland Travel Permit for Hong Kong and Macao Residents",
    MainlandTravelPermitBackInfos=MainlandPermitBack(),
    WarnCardInfos=(),
)
FILLED_BACK = MainlandPermitBack(Name="樣本")
TRAVEL_BACK = MainlandPermitAnswer(
    MainlandTravelPermitBackInfos=MainlandPermitBack(Type="x", Name="樣本", IDNumber="A123456(3)")
)


def judge(answer: Answer, *, asked_side: Side | None = None, as_of: date = AS_OF) -> Judgement:
    return judge_answer(answer, asked_side=asked_side, as_of=as_of, expiring_within_days=30)


def test_a_residence_permit_front_has_no_validity_and_is_not_expired() -> None:
    judgement = judge(RESIDENCE_FRONT)
    assert (judgement.kind, judgement.side) == (Kind.RESIDENCE_PERMIT, Side.FRONT)
    assert judgement.permit_type is PermitType.RESIDENCE_PERMIT
    assert judgement.validity.status is ValidityStatus.NOT_ON_THIS_SIDE
    assert judgement.authenticity is Authenticity.NOT_CHECKED
    assert (judgement.verdict, judgement.reasons) == (Verdict.INCOMPLETE, ("validity:not_on_this_side",))


def test_low_confidence_and_fallback_are_reasons_for_a_review() -> None:
    judgement = judge_answer(
        TRAVEL_FRONT,
        asked_side=Side.FRONT,
        as_of=AS_OF,
        expiring_within_days=30,
        report=ReaderReport(confidences={"Number": 0.61, "Name": 0.99}),
        fallback=True,
    )
    assert (judgement.verdict, judgement.reasons) == (
        Verdict.REVIEW,
        ("provider:fallback", "low_confidence:number"),
    )
    assert (judgement.confidences["Number"], judgement.confidences["ValidDate"]) == (0.61, None)


def test_an_expired_residence_permit_is_rejected() -> None:
    judgement = judge(RESIDENCE_BACK)
    assert judgement.side is Side.BACK
    assert judgement.validity.days_remaining == -1172
    assert (judgement.verdict, judgement.reasons) == (Verdict.REJECTED, ("validity:expired",))


def test_the_verdict_depends_on_the_day() -> None:
    judgement = judge(RESIDENCE_BACK, as_of=date(2023, 9, 6))
    assert (judgement.verdict, judgement.reasons) == (Verdict.ACCEPTED, ("validity:expiring",))


def test_a_valid_travel_permit_is_accepted() -> None:
    judgement = judge(TRAVEL_FRONT)
    assert (judgement.kind, judgement.side) == (Kind.MAINLAND_PERMIT, Side.FRONT)
    assert judgement.permit_type is PermitType.HK_MACAO_PERMIT
    assert judgement.authenticity is Authenticity.CLEAR
    assert (judgement.verdict, judgement.reasons) == (Verdict.ACCEPTED, ())


def test_a_travel_permit_without_a_period_is_never_accepted() -> None:
    for raw in ("", "2018.10.09-", "2018.10.09-2023.02.29", "长期"):
        assert judge(replace(TRAVEL_FRONT, ValidDate=raw)).verdict is Verdict.REVIEW


def test_a_missing_period_is_unreadable_on_the_side_that_carries_it() -> None:
    for answer in (replace(TRAVEL_FRONT, ValidDate=""), replace(RESIDENCE_BACK, ValidDate="")):
        judgement = judge(answer)
        assert judgement.validity.status is ValidityStatus.UNREADABLE
        assert judgement.reasons == ("validity:unreadable", "check_failed:validity_dates")


def test_a_suspect_photo_is_reviewed() -> None:
    judgement = judge(replace(TRAVEL_FRONT, WarnCardInfos=(-9109, -9102)))
    assert judgement.authenticity is Authenticity.SUSPECT
    assert [warning.code for warning in judgement.warnings] == [-9109, -9102]
    assert (judgement.verdict, judgement.reasons) == (Verdict.REVIEW, ("suspect:photocopy",))


# --- the side ---


@pytest.mark.parametrize("asked_side", [None, *Side])
def test_card_type_determines_the_side_whatever_was_requested(asked_side: Side | None) -> None:
    assert side_of(RESIDENCE_FRONT, asked_side=asked_side) is Side.FRONT
    assert side_of(RESIDENCE_BACK, asked_side=asked_side) is Side.BACK


def test_without_card_type_the_fields_determine_the_side() -> None:
    assert side_of(replace(RESIDENCE_BACK, CardType=0), asked_side=None) is Side.BACK
    assert side_of(ResidencePermitAnswer(), asked_side=None) is Side.FRONT


@pytest.mark.parametrize(
    ("answer", "asked_side", "side"),
    [
        (TRAVEL_FRONT, None, Side.FRONT),
        (TRAVEL_FRONT, Side.FRONT, Side.FRONT),
        (TRAVEL_FRONT, Side.BACK, Side.FRONT),
        (MainlandPermitAnswer(), None, Side.FRONT),
        (MainlandPermitAnswer(), Side.BACK, Side.BACK),
        (MainlandPermitAnswer(MainlandTravelPermitBackInfos=FILLED_BACK), None, Side.BACK),
        (MainlandPermitAnswer(MainlandTravelPermitBackInfos=FILLED_BACK), Side.BACK, Side.BACK),
        (MainlandPermitAnswer(MainlandTravelPermitBackInfos=MainlandPermitBack(Type="x")), None, Side.FRONT),
    ],
)
def test_a_travel_permits_side_follows_its_fields_then_the_request(
    answer: Answer, asked_side: Side | None, side: Side
) -> None:
    assert side_of(answer, asked_side=asked_side) is side


# --- key fields ---


@pytest.mark.parametrize(
    "answer",
    [
        RESIDENCE_FRONT,
        RESIDENCE_BACK,
        ResidencePermitAnswer(CardType=1, PassNo="H01234567"),
        ResidencePermitAnswer(CardType=1, ValidDate="?"),
        TRAVEL_FRONT,
        MainlandPermitAnswer(MainlandTravelPermitBackInfos=FILLED_BACK),
        MainlandPermitAnswer(MainlandTravelPermitBackInfos=MainlandPermitBack(IDNumber="A123456(3)")),
        MainlandPermitAnswer(MainlandTravelPermitBackInfos=MainlandPermitBack(HistoryNumber="H0123456701")),
    ],
)
def test_one_key_field_identifies_a_card(answer: Answer) -> None:
    assert has_key_field(answer)


@pytest.mark.parametrize(
    "answer",
    [
        ResidencePermitAnswer(),
        ResidencePermitAnswer(VisaNum="0", PassNo="000"),
        ResidencePermitAnswer(CardType=1, VisaNum="1", PassNo="０００", ValidDate=" "),
        ResidencePermitAnswer(Name="样本", Sex="女", Birth="1997/6/2"),
        MainlandPermitAnswer(),
        MainlandPermitAnswer(Type="港澳居民来往内地通行证", EnglishName="SAMPLE,CARD", Number="\u3000"),
        MainlandPermitAnswer(MainlandTravelPermitBackInfos=MainlandPermitBack(Type="港澳居民来往内地通行证")),
        MainlandPermitAnswer(MainlandTravelPermitBackInfos=MainlandPermitBack(Name=" ")),
    ],
)
def test_without_a_key_field_no_card_is_identified(answer: Answer) -> None:
    assert not has_key_field(answer)


# --- any answer ---

ANSWERS = st.builds(
    ResidencePermitAnswer,
    **{name: st.text() for name in ("Name", "Sex", "Birth", "IdCardNo", "ValidDate", "VisaNum", "PassNo")},
    CardType=st.integers(-1, 2),
    WarnCardInfos=st.none() | st.lists(st.integers()).map(tuple),
) | st.builds(
    MainlandPermitAnswer,
    **{name: st.text() for name in ("Name", "Sex", "Birthday", "ValidDate", "Number", "IssueNumber", "Type")},
    MainlandTravelPermitBackInfos=st.none() | st.builds(MainlandPermitBack, HistoryNumber=st.text()),
    WarnCardInfos=st.none() | st.lists(st.integers()).map(tuple),
)


@given(answer=ANSWERS, asked_side=st.none() | st.sampled_from(Side))
def test_any_answer_can_be_judged_and_serialised(answer: Answer, asked_side: Side | None) -> None:
    judgement = judge(answer, asked_side=asked_side)
    assert judgement.verdict is Verdict.REVIEW or not any(
        check.outcome is CheckOutcome.FAILED for check in judgement.checks
    )
    assert json.loads(json.dumps(asdict(judgement), default=date.isoformat))["kind"] == judgement.kind


@pytest.mark.parametrize("card_side", CardSide)
def test_a_specimen_passes_all_checks_around_its_last_day(card_side: CardSide) -> None:
    for seed in range(100):
        card = generate_card(Random(seed), CardSpec(card_side=card_side))
        judgement = judge(card.answer, as_of=REFERENCE_DAY)
        assert (judgement.kind, judgement.side, judgement.permit_type) == (
            card_side.kind,
            card_side.side,
            card_side.permit_type,
        )
        assert not [check.name for check in judgement.checks if check.outcome is CheckOutcome.FAILED]
        if end := judgement.validity.valid_until:
            assert judge(card.answer, as_of=end).verdict is Verdict.ACCEPTED
            assert judge(card.answer, as_of=date.fromordinal(end.toordinal() + 1)).verdict is Verdict.REJECTED


# --- reading less never makes a verdict better ---

_MIN_ANSWERED = 0.4
_MISREAD = {"男": "女", "女": "男"}


def recognizer_answer(answer: Answer, sure: Mapping[str, float]) -> tuple[Answer, dict[str, float]]:
    """Return the recogniser's answer for these confidences: it leaves out fields with a very low one."""
    lost = {name for name, value in sure.items() if value < _MIN_ANSWERED}
    return _without(answer, lost), {name: value for name, value in sure.items() if name not in lost}


def _without(answer: Answer, lost: Iterable[str]) -> Answer:
    emptied: Any = answer
    for name in lost:
        within, _, inner = name.rpartition(".")
        value = replace(getattr(emptied, within), **{inner: ""}) if within else ""
        emptied = replace(emptied, **{within or name: value})
    return cast("Answer", emptied)


def _misread(answer: Answer) -> Answer:
    """Return ``answer`` with the other sex and the birth date a day off."""
    if isinstance(answer, ResidencePermitAnswer):
        return replace(answer, Sex=_MISREAD.get(answer.Sex, ""), Birth=answer.Birth and "1959/1/1")
    return replace(answer, Birthday=answer.Birthday and "2099.01.01")


@given(
    data=st.data(),
    card_side=st.sampled_from(CardSide),
    seed=st.integers(0, 10_000),
    is_misread=st.booleans(),
)
def test_reading_less_never_makes_a_verdict_better(
    *, data: st.DataObject, card_side: CardSide, seed: int, is_misread: bool
) -> None:
    card = generate_card(Random(seed), CardSpec(card_side=card_side))
    answer = _misread(card.answer) if is_misread else card.answer
    names = list(judge(answer).confidences)
    more = {name: data.draw(st.floats(0, 1), label=name) for name in names}
    less = {name: data.draw(st.sampled_from([more[name], more[name] / 2, 0.0]), label=name) for name in names}
    if card_side is CardSide.RESIDENCE_BACK:  # a back without both belongs to a holder without a travel permit
        more["VisaNum"] = less["VisaNum"] = 1.0
    as_of = judge(card.answer).validity.valid_until or REFERENCE_DAY

    def needs_no_review(sure: Mapping[str, float]) -> bool:
        read, confidences = recognizer_answer(answer, sure)
        judged = judge_answer(
            read,
            asked_side=card_side.side,
            as_of=as_of,
            expiring_within_days=30,
            report=ReaderReport(confidences=confidences),
        )
        return judged.verdict in {Verdict.ACCEPTED, Verdict.INCOMPLETE}

    assert not needs_no_review(less) or needs_no_review(more)


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (RESIDENCE_FRONT, "Name"),
        (RESIDENCE_FRONT, "Sex"),
        (RESIDENCE_FRONT, "Birth"),
        (replace(RESIDENCE_BACK, PassNo="H01234567", VisaNum="1"), "PassNo"),
        (TRAVEL_FRONT, "Name"),
        (replace(TRAVEL_FRONT, EnglishName="YANG,BEN"), "Name"),
        (TRAVEL_FRONT, "Birthday"),
        (TRAVEL_BACK, "MainlandTravelPermitBackInfos.Name"),
        (TRAVEL_BACK, "MainlandTravelPermitBackInfos.IDNumber"),
    ],
)
def test_a_side_without_its_holders_data_is_reviewed(answer: Answer, name: str) -> None:
    as_of = date(2023, 9, 6)
    assert judge(answer, asked_side=Side.FRONT, as_of=as_of).verdict in {Verdict.ACCEPTED, Verdict.INCOMPLETE}
    assert judge(_without(answer, [name]), asked_side=Side.FRONT, as_of=as_of).verdict is Verdict.REVIEW


def test_a_romanised_name_suffices_for_non_chinese_citizens() -> None:
    romanised = replace(TRAVEL_FRONT, Name="", EnglishName="DOE, JANE")
    of_five_years = replace(romanised, ValidDate="2024.10.09-2029.10.08", Number="HA1234567")
    assert judge(romanised).reasons == ("check_failed:holder_fields",)
    assert judge(of_five_years).verdict is Verdict.ACCEPTED
    assert judge(replace(of_five_years, EnglishName="")).reasons == ("check_failed:holder_fields",)


@pytest.mark.parametrize(("number", "count"), [("000", "0"), ("", "")])
def test_the_back_for_a_holder_without_travel_permit_is_accepted(number: str, count: str) -> None:
    back = replace(RESIDENCE_BACK, PassNo=number, VisaNum=count)
    assert judge(back, as_of=date(2022, 1, 1)).verdict is Verdict.ACCEPTED
