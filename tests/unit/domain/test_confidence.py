from dataclasses import fields, replace

import pytest

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.card.normalized import NormalizedFields
from permit_ocr.domain.confidence import CONFIDENCE_THRESHOLD, confidence_by_field, unsure_fields
from permit_ocr.domain.reader_report import ReaderReport

FRONT = MainlandPermitAnswer(
    Name="样本", EnglishName="YANG, BEN", Number="H12345678", ValidDate="2020.10.09-2030.10.08"
)
BACK = MainlandPermitAnswer(MainlandTravelPermitBackInfos=MainlandPermitBack(Name="樣本", IDNumber="A123456(3)"))
RESIDENCE_BACK = ResidencePermitAnswer(CardType=1, ValidDate="2018.09.06-2023.09.06", PassNo="H12345678")


def test_every_non_empty_field_has_a_confidence_or_none() -> None:
    answer = replace(FRONT, MainlandTravelPermitBackInfos=MainlandPermitBack(Type="x"), Profile="a portrait")
    assert confidence_by_field(answer, {"Number": 0.97, "Sex": 0.5}) == {
        "Name": None,
        "EnglishName": None,
        "ValidDate": None,
        "Number": 0.97,
        "MainlandTravelPermitBackInfos.Type": None,
    }


@pytest.mark.parametrize(
    ("answer", "confidences", "unsure"),
    [
        (FRONT, {}, ()),
        (FRONT, {"Name": 0.9, "Number": 0.9, "ValidDate": 0.9}, ()),
        (FRONT, {"Name": 0.89, "Number": 0.1, "ValidDate": 0.0}, ("name", "number", "valid_date")),
        (FRONT, {"Sex": 0.1, "Type": 0.1, "Birthday": 0.1}, ()),
        (FRONT, {"Name": 0.99, "EnglishName": 0.3}, ()),
        (FRONT, {"EnglishName": 0.3}, ()),
        (replace(FRONT, Name=""), {"EnglishName": 0.3}, ("english_name",)),
        (replace(FRONT, ValidDate=""), {"ValidDate": 0.3}, ()),
        (BACK, {"MainlandTravelPermitBackInfos.Name": 0.3}, ("name",)),
        (BACK, {"MainlandTravelPermitBackInfos.IDNumber": 0.3}, ("id_card_number",)),
        (RESIDENCE_BACK, {"ValidDate": 0.89, "PassNo": 0.2}, ("permit_number", "valid_date")),
        (
            ResidencePermitAnswer(Name="样本", IdCardNo="830000199706020042"),
            {"Name": 0.1, "IdCardNo": 0.2},
            ("name", "number"),
        ),
    ],
)
def test_key_fields_below_the_threshold_are_listed_once(
    answer: Answer, confidences: dict[str, float], unsure: tuple[str, ...]
) -> None:
    assert CONFIDENCE_THRESHOLD == 0.9
    assert unsure_fields(answer, ReaderReport(confidences=confidences)) == unsure


def test_fields_have_their_names_in_the_result() -> None:
    known = {field.name for field in fields(NormalizedFields)} | {"valid_date"}
    nothing = ReaderReport(
        confidences=dict.fromkeys(("Name", "EnglishName", "Number", "ValidDate", "IdCardNo", "PassNo"), 0.0)
    )
    for answer in (FRONT, replace(FRONT, Name=""), RESIDENCE_BACK):
        assert set(unsure_fields(answer, nothing)) <= known


@pytest.mark.parametrize(("confidence", "unsure"), [(None, ()), (0.9, ()), (0.89, ("document",)), (0.0, ("document",))])
def test_a_document_below_the_threshold_is_listed(confidence: float | None, unsure: tuple[str, ...]) -> None:
    assert unsure_fields(FRONT, ReaderReport(document_confidence=confidence)) == unsure
