from dataclasses import asdict, replace
from typing import Any

import pytest

from bench.accuracy.scoring import Cause, Score, cause_of
from bench.accuracy.worker import Outcome
from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer

_TYPE = "台湾居民来往大陆通行证"
_CARD = MainlandPermitAnswer(
    Name="陈大文", Number="01234567", Type=_TYPE, MainlandTravelPermitBackInfos=MainlandPermitBack(Type=_TYPE)
)


def _truth(answer: MainlandPermitAnswer | ResidencePermitAnswer, *illegible: str) -> dict[str, Any]:
    residence = isinstance(answer, ResidencePermitAnswer)
    return {
        "kind": "residence-permit" if residence else "mainland-permit",
        "permit_type": "residence-permit" if residence else "taiwan-permit",
        "answer": asdict(answer),
        "illegible": list(illegible),
    }


def _outcome(answer: MainlandPermitAnswer | ResidencePermitAnswer, **confidences: float) -> Outcome:
    return Outcome(
        seconds=0.5, cpu_seconds=0.9, resident_mb=300, peak_mb=400, answer=asdict(answer), confidences=confidences
    )


def _read_as(**changed: str) -> MainlandPermitAnswer:
    return MainlandPermitAnswer(
        **(asdict(_CARD) | {"MainlandTravelPermitBackInfos": MainlandPermitBack(Type=_TYPE)} | changed)
    )


def test_a_right_answer_counts_each_field_with_text_once() -> None:
    score = Score()

    assert score.add(_truth(_CARD), _outcome(_CARD)) == []
    assert score.right == {"Name": 1, "Number": 1, "Type": 1}
    assert (score.fields, score.cards_right, score.kind_and_side_right) == (3, 1, 1)


def test_nested_fields_of_the_back_count_except_the_repeated_type() -> None:
    score = Score()
    back = MainlandPermitAnswer(
        Type=_TYPE, MainlandTravelPermitBackInfos=MainlandPermitBack(Type=_TYPE, Name="陈大文", IDNumber="A123456(3)")
    )

    score.add(_truth(back), _outcome(back))
    inside = "MainlandTravelPermitBackInfos"
    assert score.right == {"Type": 1, f"{inside}.Name": 1, f"{inside}.IDNumber": 1}


def test_an_error_is_confident_from_a_confidence_of_0_9_on() -> None:
    score = Score()

    for confidence in (0.89, 0.9):
        assert score.add(_truth(_CARD), _outcome(_read_as(Number="01234561"), Number=confidence)) == ["Number"]
    assert score.confident_errors == 1
    assert score.wrong["Number"] == {Cause.ONE_CHARACTER: 2}
    assert score.cards_right == 0


def test_an_illegible_field_is_not_scored_whatever_the_answer() -> None:
    score, truth = Score(), _truth(_CARD, "Number")

    assert score.add(truth, _outcome(_read_as(Number=""))) == []
    assert score.add(truth, _outcome(_CARD)) == []
    assert score.add(truth, _outcome(_read_as(Number="99999999"), Number=0.95)) == []
    assert score.illegible == {"empty": 1, "right": 1, "wrong and confident": 1}
    assert (score.cards_right, score.confident_errors, score.all_confident_errors) == (3, 0, 1)


def test_a_refused_card_has_all_fields_and_its_kind_wrong() -> None:
    score = Score()
    refused = Outcome(
        seconds=0.5, cpu_seconds=0.9, resident_mb=300, peak_mb=400, error_code="FailedOperation.ImageNoSpecifiedCard"
    )

    assert len(score.add(_truth(_CARD), refused)) == 3
    assert (score.kind_and_side_right, score.right.total()) == (0, 0)
    assert score.wrong["Name"] == {Cause.REFUSED: 1}


def test_the_title_of_another_permit_is_the_wrong_kind() -> None:
    score = Score()
    score.add(_truth(_CARD), _outcome(_read_as(Type="往来港澳通行证")))

    assert score.kind_and_side_right == 0


def test_the_side_of_a_residence_permit_is_its_card_type() -> None:
    score, back = Score(), ResidencePermitAnswer(CardType=1, Authority="样本市公安局")

    score.add(_truth(back), _outcome(back))
    score.add(_truth(back), _outcome(ResidencePermitAnswer(CardType=0, Name="陈")))
    score.add(_truth(back), _outcome(ResidencePermitAnswer(CardType=1)))
    assert score.kind_and_side_right == 1


@pytest.mark.parametrize(("confidence", "right"), [(0.6, 1), (0.3, 0)], ids=["recognised", "refused"])
def test_a_card_without_a_legible_field_is_told_by_its_confidence(confidence: float, right: int) -> None:
    score, back = Score(), ResidencePermitAnswer(CardType=1, Authority="样本市公安局")
    outcome = replace(_outcome(ResidencePermitAnswer(CardType=1)), document_confidence=confidence)

    assert score.add(_truth(back, "Authority"), outcome) == []
    assert score.kind_and_side_right == right


def test_answers_without_confidences_are_detected() -> None:
    score = Score()
    score.add(_truth(_CARD), Outcome(seconds=0.5, cpu_seconds=0.9, resident_mb=300, peak_mb=400, answer=asdict(_CARD)))

    assert not score.has_confidences


@pytest.mark.parametrize(
    ("expected", "actual", "cause"),
    [
        ("陈大文", "", Cause.MISSED),
        ("", "陈", Cause.INVENTED),
        ("陈大文", "陈太文", Cause.ONE_CHARACTER),
        ("公安部出入境管理局", "公安部出入境管理局北京", Cause.PART),
        ("北京市朝阳区示范路1号", "北京市朝阳区", Cause.PART),
        ("陈大文", "李小明", Cause.OTHER),
    ],
)
def test_errors_are_classified_by_cause(expected: str, actual: str, cause: Cause) -> None:
    assert cause_of(expected, actual) is cause
