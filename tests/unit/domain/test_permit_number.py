from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.card.permit_number import (
    EDITIONS,
    NON_CHINESE,
    age_on,
    editions_of_number,
    editions_of_type,
    lasts,
    terms_of,
)
from permit_ocr.domain.permits import PermitType

HK_MACAO, TAIWAN, EXIT_ENTRY, RESIDENCE = (
    PermitType.HK_MACAO_PERMIT,
    PermitType.TAIWAN_PERMIT,
    PermitType.EXIT_ENTRY_PERMIT,
    PermitType.RESIDENCE_PERMIT,
)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2150, 12, 31))


@pytest.mark.parametrize(
    ("permit_type", "number", "years_at_17", "years_at_18"),
    [
        (HK_MACAO, "H0123456701", 3, 10),
        (HK_MACAO, "M9876543299", 3, 10),
        (HK_MACAO, "H01234567", 5, 10),
        (HK_MACAO, "M98765432", 5, 10),
        (HK_MACAO, "HA0123456", 5, 5),
        (HK_MACAO, "MA0123456", 5, 5),
        (TAIWAN, "01234567", 5, 5),
        (TAIWAN, "0123456789", 5, 5),
        (TAIWAN, "0123456789(B)", 5, 5),
        (TAIWAN, "0123456789(3)", 5, 5),
        (EXIT_ENTRY, "C01234567", 10, 10),
        (EXIT_ENTRY, "CA0123456", 10, 10),
        (RESIDENCE, "83000019970602004X", 5, 5),
    ],
)
def test_the_number_determines_edition_and_term(
    permit_type: PermitType, number: str, years_at_17: int, years_at_18: int
) -> None:
    editions = editions_of_number(number, PermitType)
    assert [edition.permit_type for edition in editions] == [permit_type]
    assert editions == editions_of_number(number, [permit_type])
    assert terms_of(editions, age=17) == {years_at_17}
    assert terms_of(editions, age=18) == {years_at_18}


@pytest.mark.parametrize("number", ["C01234567", "CZ0123456"])
def test_an_exit_entry_permit_lasts_five_years_below_sixteen(number: str) -> None:
    editions = editions_of_number(number, [EXIT_ENTRY])
    assert [terms_of(editions, age=age) for age in (0, 15, 16)] == [{5}, {5}, {10}]


def test_without_an_age_every_term_of_the_edition_is_possible() -> None:
    assert terms_of(editions_of_number("H0123456701", [HK_MACAO]), age=None) == {3, 10}
    assert terms_of(editions_of_type([HK_MACAO]), age=None) == {3, 5, 10}


def test_without_an_edition_the_types_terms_for_the_age_are_possible() -> None:
    assert terms_of(editions_of_type([HK_MACAO]), age=17) == {3, 5}
    assert terms_of(editions_of_type([HK_MACAO]), age=18) == {5, 10}
    assert terms_of((), age=18) == frozenset()


@pytest.mark.parametrize(
    ("permit_type", "number"),
    [
        (HK_MACAO, ""),
        (HK_MACAO, "H1234567"),
        (HK_MACAO, "H123456789"),
        (HK_MACAO, "H123456789012"),
        (HK_MACAO, "12345678"),
        (HK_MACAO, "T12345678"),
        (HK_MACAO, "HB1234567"),
        (HK_MACAO, "HA123456"),
        (HK_MACAO, "h12345678"),
        (HK_MACAO, "H12345678\n"),
        (HK_MACAO, "H1234567８"),
        (HK_MACAO, "H1234567٨"),
        (HK_MACAO, "C12345678"),
        (TAIWAN, "1234567"),
        (TAIWAN, "123456789"),
        (TAIWAN, "12345678(B)"),
        (TAIWAN, "0123456789(BB)"),
        (TAIWAN, "0123456789()"),
        (TAIWAN, "H12345678"),
        (TAIWAN, "T12345678"),
        (EXIT_ENTRY, "CI1234567"),
        (EXIT_ENTRY, "CO1234567"),
        (EXIT_ENTRY, "C1234567"),
        (EXIT_ENTRY, "CAA123456"),
        (EXIT_ENTRY, "W12345678"),
        (EXIT_ENTRY, "C123456789"),
    ],
)
def test_a_malformed_number_has_no_edition(permit_type: PermitType, number: str) -> None:
    assert editions_of_number(number, [permit_type]) == ()


@given(number=st.from_regex("|".join(f"(?:{edition.number.pattern})" for edition in EDITIONS), fullmatch=True))
def test_a_number_has_at_most_one_edition(number: str) -> None:
    assert len(editions_of_number(number, PermitType)) == 1


def test_the_edition_for_non_chinese_citizens_is_listed() -> None:
    assert editions_of_number("HA1234567", [HK_MACAO]) == (NON_CHINESE,)


# --- terms ---


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        (date(2018, 9, 6), date(2023, 9, 6), 5),
        (date(2018, 10, 9), date(2028, 10, 8), 10),
        (date(2016, 2, 3), date(2021, 2, 2), 5),
        (date(2018, 1, 1), date(2027, 12, 31), 10),
        (date(2018, 3, 1), date(2023, 2, 28), 5),
        (date(2019, 3, 1), date(2024, 2, 29), 5),
        (date(2016, 2, 29), date(2021, 2, 28), 5),
        (date(2016, 2, 29), date(2021, 3, 1), 5),
        (date(2016, 2, 29), date(2021, 2, 27), 5),
    ],
)
def test_a_period_ends_on_the_anniversary_or_the_day_before(start: date, end: date, years: int) -> None:
    assert lasts(start, end, years=years)
    assert not lasts(start, end, years=years + 1)
    assert not lasts(start, end, years=years - 1)


@pytest.mark.parametrize(
    "end", [date(2023, 9, 4), date(2023, 9, 7), date(2023, 9, 30), date(2022, 9, 6), date(2024, 9, 6)]
)
def test_two_days_less_or_one_more_is_a_different_term(end: date) -> None:
    assert not lasts(date(2018, 9, 6), end, years=5)


def test_after_29_february_no_other_day_is_accepted() -> None:
    assert not lasts(date(2016, 2, 29), date(2021, 2, 26), years=5)
    assert not lasts(date(2016, 2, 29), date(2021, 3, 2), years=5)


@given(start=DAYS, years=st.integers(1, 10))
def test_a_period_can_end_on_two_or_three_days(start: date, years: int) -> None:
    around = [start + timedelta(days=round(years * 365.25) + offset) for offset in range(-5, 6)]
    ends = [day for day in around if lasts(start, day, years=years)]
    to_common_year = (start.month, start.day) == (2, 29) and years % 4
    assert len(ends) == (3 if to_common_year else 2)
    assert (ends[-1] - ends[0]).days == len(ends) - 1


# --- age ---


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(2000, 6, 15), date(2018, 6, 14), 17),
        (date(2000, 6, 15), date(2018, 6, 15), 18),
        (date(2000, 6, 15), date(2000, 6, 15), 0),
        (date(2000, 6, 15), date(2000, 6, 14), -1),
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(2000, 2, 29), date(2020, 2, 29), 20),
    ],
)
def test_the_age_increases_on_the_birthday(birth: date, day: date, age: int) -> None:
    assert age_on(day, birth=birth) == age
