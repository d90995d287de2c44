from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.card.normalized import NormalizedFields, compact_number, normalize, permit_type_of
from permit_ocr.domain.permits import PermitType, Sex

NOTHING = NormalizedFields(
    name=None,
    english_name=None,
    sex=Sex.NOT_KNOWN,
    birth_date=None,
    number=None,
    permit_number=None,
    address=None,
    authority=None,
    place_of_issue=None,
    issue_count=None,
    nationality=None,
    id_card_number=None,
    earlier_numbers=(),
)


def test_the_front_of_a_residence_permit() -> None:
    answer = ResidencePermitAnswer(
        Name=" 样本 ",
        Sex="女",
        Birth="1997/6/2",
        Address="北京市 样本区样本路1号",
        IdCardNo="83000019970602 0042",
        VisaNum="0",
        PassNo="000",
    )
    assert normalize(answer) == NormalizedFields(
        name="样本",
        english_name=None,
        sex=Sex.FEMALE,
        birth_date=date(1997, 6, 2),
        number="830000199706020042",
        permit_number=None,
        address="北京市样本区样本路1号",
        authority=None,
        place_of_issue=None,
        issue_count=None,
        nationality=None,
        id_card_number=None,
        earlier_numbers=(),
    )


def test_the_back_of_a_residence_permit() -> None:
    answer = ResidencePermitAnswer(CardType=1, Authority="样本市公安局", VisaNum="02", PassNo="h0123456 7")
    normalized = normalize(answer)
    assert (normalized.authority, normalized.issue_count, normalized.permit_number) == ("样本市公安局", 2, "H01234567")
    assert normalized.number is None


def test_the_front_of_a_travel_permit() -> None:
    answer = MainlandPermitAnswer(
        Name="样本",
        EnglishName="SAMPLE，CARD",
        Sex="M",
        Birthday="1981.08.03",
        IssueAuthority="公安部出入境管理局",
        Number="Ｈ０１２３４５６７",
        IssueAddress="广东",
        IssueNumber="03",
        Nationality="British",
        MainlandTravelPermitBackInfos=MainlandPermitBack(Type="港澳居民来往内地通行证"),
    )
    assert normalize(answer) == NormalizedFields(
        name="样本",
        english_name="SAMPLE,CARD",
        sex=Sex.MALE,
        birth_date=date(1981, 8, 3),
        number="H01234567",
        permit_number=None,
        address=None,
        authority="公安部出入境管理局",
        place_of_issue="广东",
        issue_count=3,
        nationality="British",
        id_card_number=None,
        earlier_numbers=(),
    )


def test_the_back_of_a_travel_permit() -> None:
    back = MainlandPermitBack(Name="樣本", IDNumber="A123456（3）", HistoryNumber="H0123456701，H0123456702")
    normalized = normalize(MainlandPermitAnswer(MainlandTravelPermitBackInfos=back))
    assert (normalized.name, normalized.id_card_number) == ("樣本", "A123456(3)")
    assert normalized.earlier_numbers == ("H0123456701", "H0123456702")


@pytest.mark.parametrize(
    "answer",
    [
        ResidencePermitAnswer(),
        ResidencePermitAnswer(VisaNum="0", PassNo="000"),
        ResidencePermitAnswer(VisaNum=" 00 ", PassNo="０００", IdCardNo="0", Name="\u3000", Birth=" "),
        MainlandPermitAnswer(),
        MainlandPermitAnswer(IssueNumber="0", Number=" ", MainlandTravelPermitBackInfos=MainlandPermitBack()),
        MainlandPermitAnswer(MainlandTravelPermitBackInfos=MainlandPermitBack(HistoryNumber="000", IDNumber="0")),
    ],
)
def test_empty_fields_and_placeholders_become_none(answer: ResidencePermitAnswer | MainlandPermitAnswer) -> None:
    assert normalize(answer) == NOTHING


@pytest.mark.parametrize(
    ("raw", "sex"),
    [
        ("男", Sex.MALE),
        ("女", Sex.FEMALE),
        ("M", Sex.MALE),
        ("f", Sex.FEMALE),
        ("Male", Sex.MALE),
        ("FEMALE", Sex.FEMALE),
        (" 女 / F ", Sex.FEMALE),
        ("Ｍ", Sex.MALE),
        ("", Sex.NOT_KNOWN),
        ("男女", Sex.NOT_KNOWN),
        ("X", Sex.NOT_KNOWN),
        ("男/F", Sex.NOT_KNOWN),
    ],
)
def test_sex_is_normalised_to_iso_5218(raw: str, sex: Sex) -> None:
    assert normalize(ResidencePermitAnswer(Sex=raw)).sex is sex
    assert normalize(MainlandPermitAnswer(Sex=raw)).sex is sex


@pytest.mark.parametrize(
    ("raw", "count"),
    [
        *(("1", 1), ("01", 1), ("012", 12), ("１２", 12), (" 3 ", 3)),
        *((raw, None) for raw in ("", "0", "第2次", "-1", "٣", "1.5", "1234", "9" * 5000)),
    ],
)
def test_the_issue_count_is_a_small_whole_number(raw: str, count: int | None) -> None:
    assert normalize(ResidencePermitAnswer(VisaNum=raw)).issue_count == count
    assert normalize(MainlandPermitAnswer(IssueNumber=raw)).issue_count == count


@pytest.mark.parametrize(
    ("title", "permit_type"),
    [
        ("港澳居民来往内地通行证", PermitType.HK_MACAO_PERMIT),
        ("港澳居民來往內地通行證", PermitType.HK_MACAO_PERMIT),
        ("港澳居民来往内地通行证（非中国籍）", PermitType.HK_MACAO_PERMIT),
        ("Mainland Travel Permit for Hong Kong and Macao Residents", PermitType.HK_MACAO_PERMIT),
        ("MAINLAND TRAVEL PERMIT FOR HONG KONG AND MACAO RESIDENTS (Non-Chinese Citizens)", PermitType.HK_MACAO_PERMIT),
        ("台湾居民来往大陆通行证", PermitType.TAIWAN_PERMIT),
        ("臺灣居民來往大陸通行證", PermitType.TAIWAN_PERMIT),
        ("台灣居民來往大陸通行證", PermitType.TAIWAN_PERMIT),
        ("Mainland Travel Permit for Taiwan Residents", PermitType.TAIWAN_PERMIT),
        ("往来港澳通行证", PermitType.EXIT_ENTRY_PERMIT),
        ("中華人民共和國往來港澳通行證", PermitType.EXIT_ENTRY_PERMIT),
        ("往来 港澳 通行证", PermitType.EXIT_ENTRY_PERMIT),
        ("Exit-Entry Permit for Travelling to and from Hong Kong and Macao", PermitType.EXIT_ENTRY_PERMIT),
        ("Exit-Entry Permit for Traveling to and from Hong Kong and Macau", PermitType.EXIT_ENTRY_PERMIT),
        ("", None),
        ("   ", None),
        ("大陆居民往来台湾通行证", None),
        ("因公往来香港澳门特别行政区通行证", None),
        ("居民身份证", None),
        ("通行证", None),
    ],
)
def test_the_type_is_recognised_in_both_scripts_and_english(title: str, permit_type: PermitType | None) -> None:
    assert permit_type_of(MainlandPermitAnswer(Type=title)) is permit_type
    back = MainlandPermitBack(Type=title)
    assert permit_type_of(MainlandPermitAnswer(Type=" ", MainlandTravelPermitBackInfos=back)) is permit_type


def test_a_residence_permit_needs_no_type() -> None:
    assert permit_type_of(ResidencePermitAnswer()) is PermitType.RESIDENCE_PERMIT


@given(raw=st.text())
def test_normalising_a_number_twice_changes_nothing(raw: str) -> None:
    once = compact_number(raw)
    assert once is None or compact_number(once) == once


TEXT = st.text() | st.text(alphabet=" \u3000\u200a0样本A", max_size=4)


@given(
    answer=st.builds(ResidencePermitAnswer, Name=TEXT, Address=TEXT, Authority=TEXT, IdCardNo=TEXT, PassNo=TEXT)
    | st.builds(
        MainlandPermitAnswer,
        Name=TEXT,
        EnglishName=TEXT,
        Nationality=TEXT,
        Number=TEXT,
        MainlandTravelPermitBackInfos=st.builds(MainlandPermitBack, IDNumber=TEXT, HistoryNumber=TEXT),
    )
)
def test_any_answer_can_be_normalised_without_blank_texts(answer: ResidencePermitAnswer | MainlandPermitAnswer) -> None:
    normalized = normalize(answer)
    for field in fields(normalized):
        value = getattr(normalized, field.name)
        assert not isinstance(value, str) or value == value.strip() != ""
    assert all(number == compact_number(number) for number in normalized.earlier_numbers)
