import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from permit_ocr.domain.card.valid_date import Validity, ValidityStatus, judge_validity, parse_date, today_in_shanghai

AS_OF = date(2026, 11, 21)
LAST_DAY = date(2199, 12, 31)
DAYS = st.dates(min_value=date(1900, 1, 1), max_value=LAST_DAY)
DATE_FORMS = {
    "dots": "{0.year}.{0.month:02}.{0.day:02}",
    "dots, unpadded": "{0.year}.{0.month}.{0.day}",
    "slashes": "{0.year}/{0.month:02}/{0.day:02}",
    "slashes, unpadded": "{0.year}/{0.month}/{0.day}",
    "dashes": "{0.year}-{0.month:02}-{0.day:02}",
    "dashes, unpadded": "{0.year}-{0.month}-{0.day}",
    "em dashes": "{0.year}—{0.month:02}—{0.day:02}",
    "compact": "{0.year}{0.month:02}{0.day:02}",
    "Chinese": "{0.year}年{0.month:02}月{0.day:02}日",
    "Chinese, unpadded": "{0.year}年{0.month}月{0.day}日",
    "Chinese, spaced": "{0.year} 年 {0.month} 月 {0.day} 日",
    "dots, spaced": " {0.year} . {0.month:02} .{0.day:02}",
    "spaces": "{0.year} {0.month:02} {0.day:02}",
}
SEPARATORS = ("-", "–", "—", "——", "―", "−", "－", "~", "～", "〜", "至", " - ", " 至 ", "\u3000～\u3000", "\t-\n")


def judge(raw: str | None, *, as_of: date = AS_OF, within: int = 30) -> Validity:
    return judge_validity(raw, as_of=as_of, expiring_within_days=within)


def full_width(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def written(start: date, end: date, start_form: str, end_form: str, separator: str) -> str:
    return DATE_FORMS[start_form].format(start) + separator + DATE_FORMS[end_form].format(end)


# --- what a period means on a day ---


@pytest.mark.parametrize(
    ("as_of", "status", "days_remaining"),
    [
        (date(2018, 9, 5), ValidityStatus.NOT_YET_VALID, 1827),
        (date(2018, 9, 6), ValidityStatus.VALID, 1826),
        (date(2023, 8, 6), ValidityStatus.VALID, 31),
        (date(2023, 8, 7), ValidityStatus.EXPIRING, 30),
        (date(2023, 9, 5), ValidityStatus.EXPIRING, 1),
        (date(2023, 9, 6), ValidityStatus.EXPIRING, 0),
        (date(2023, 9, 7), ValidityStatus.EXPIRED, -1),
    ],
)
def test_a_card_is_valid_from_its_first_day_to_its_last(
    as_of: date, status: ValidityStatus, days_remaining: int
) -> None:
    assert judge("2018.09.06-2023.09.06", as_of=as_of) == Validity(
        status=status,
        valid_from=date(2018, 9, 6),
        valid_until=date(2023, 9, 6),
        days_remaining=days_remaining,
        raw="2018.09.06-2023.09.06",
        as_of=as_of,
    )


def test_with_zero_days_a_card_is_expiring_only_on_its_last_day() -> None:
    assert judge("2018.09.06-2023.09.06", as_of=date(2023, 9, 5), within=0).status is ValidityStatus.VALID
    assert judge("2018.09.06-2023.09.06", as_of=date(2023, 9, 6), within=0).status is ValidityStatus.EXPIRING


def test_a_card_that_starts_tomorrow_is_not_yet_valid() -> None:
    assert judge("2026.11.22-2026.11.23").status is ValidityStatus.NOT_YET_VALID


def test_a_card_can_be_valid_for_one_day() -> None:
    assert judge("2026.11.21-2026.11.21").status is ValidityStatus.EXPIRING


def test_29_february_exists_only_in_leap_years() -> None:
    assert judge("2024.02.29-2028.02.29", as_of=date(2028, 2, 28)).days_remaining == 1
    assert judge("2018.03.01-2023.02.29").status is ValidityStatus.UNREADABLE
    assert judge("2100.02.29-2105.02.28").status is ValidityStatus.UNREADABLE
    assert judge("1900.02.29-2105.02.28").status is ValidityStatus.UNREADABLE
    assert judge("2000.02.29-2105.02.28").status is ValidityStatus.VALID


@given(start=DAYS, length=st.integers(0, 20_000), passed=st.integers(-30_000, 30_000), within=st.integers(0, 400))
def test_a_card_is_valid_exactly_on_the_days_of_its_period(start: date, length: int, passed: int, within: int) -> None:
    end = min(start + timedelta(days=length), LAST_DAY)
    as_of = start + timedelta(days=passed)
    validity = judge(f"{start:%Y.%m.%d}-{end:%Y.%m.%d}", as_of=as_of, within=within)
    assert (validity.status in (ValidityStatus.VALID, ValidityStatus.EXPIRING)) == (start <= as_of <= end)
    assert (validity.status is ValidityStatus.EXPIRED) == (as_of > end)
    assert (validity.status is ValidityStatus.NOT_YET_VALID) == (as_of < start)
    assert as_of + timedelta(days=validity.days_remaining or 0) == end


# --- long-term ---


@pytest.mark.parametrize("raw", ["长期", "長期", " 长 期 "])
def test_long_term_without_a_date_has_no_dates(raw: str) -> None:
    validity = judge(raw)
    assert (validity.status, validity.valid_from, validity.valid_until) == (ValidityStatus.LONG_TERM, None, None)
    assert validity.days_remaining is None
    assert validity.raw == raw


@pytest.mark.parametrize(
    "raw", ["2018.09.06-长期", "2018-09-06-长期", "20180906至長期", "2018年9月6日 — 长期", "2018.09.06长期"]
)
def test_long_term_keeps_its_first_day(raw: str) -> None:
    validity = judge(raw)
    assert (validity.status, validity.valid_from, validity.valid_until) == (
        ValidityStatus.LONG_TERM,
        date(2018, 9, 6),
        None,
    )


def test_long_term_that_starts_later_is_not_yet_valid() -> None:
    assert judge("2026.11.22-长期").status is ValidityStatus.NOT_YET_VALID


@pytest.mark.parametrize("raw", ["2018.02.29-长期", "长期-2028.09.06", "长期长期", "期", "长", "2018.09-长期"])
def test_long_term_with_anything_else_is_unreadable(raw: str) -> None:
    assert judge(raw).status is ValidityStatus.UNREADABLE


# --- nothing on this side ---


@pytest.mark.parametrize("raw", ["", " ", "\u3000", "\n\t ", None])
@pytest.mark.parametrize(
    ("is_on_this_side", "status"), [(False, ValidityStatus.NOT_ON_THIS_SIDE), (True, ValidityStatus.UNREADABLE)]
)
def test_an_empty_text_is_unreadable_only_where_a_period_is_printed(
    raw: str | None,
    status: ValidityStatus,
    *,
    is_on_this_side: bool,
) -> None:
    validity = judge_validity(raw, as_of=AS_OF, expiring_within_days=30, is_on_this_side=is_on_this_side)
    assert validity.status is status
    assert (validity.valid_from, validity.valid_until, validity.days_remaining) == (None, None, None)


# --- the forms ---


@given(
    start=DAYS,
    end=DAYS,
    start_form=st.sampled_from(sorted(DATE_FORMS)),
    end_form=st.sampled_from(sorted(DATE_FORMS)),
    separator=st.sampled_from(SEPARATORS),
    widen=st.booleans(),
)
@example(
    start=date(2019, 1, 18), end=date(2029, 1, 17), start_form="compact", end_form="compact", separator="-", widen=False
)
@example(
    start=date(1981, 8, 3), end=date(1991, 8, 2), start_form="dashes", end_form="dashes", separator="-", widen=False
)
@example(
    start=date(2019, 1, 1),
    end=date(2029, 11, 1),
    start_form="dashes, unpadded",
    end_form="dashes, unpadded",
    separator="——",
    widen=True,
)
@example(
    start=date(2019, 1, 1),
    end=date(2029, 11, 1),
    start_form="dashes, unpadded",
    end_form="compact",
    separator="-",
    widen=False,
)
@example(
    start=date(2019, 1, 1), end=date(2029, 11, 1), start_form="spaces", end_form="spaces", separator="-", widen=False
)
def test_every_format_of_a_period_is_parsed(
    *, start: date, end: date, start_form: str, end_form: str, separator: str, widen: bool
) -> None:
    start, end = sorted((start, end))
    raw = written(start, end, start_form, end_form, separator)
    validity = judge(full_width(raw) if widen else raw)
    assert (validity.valid_from, validity.valid_until) == (start, end)
    assert validity.status is not ValidityStatus.UNREADABLE


@given(start=DAYS, end=DAYS, form=st.sampled_from(sorted(DATE_FORMS)), separator=st.sampled_from(SEPARATORS))
def test_a_period_that_ends_before_it_starts_is_unreadable(start: date, end: date, form: str, separator: str) -> None:
    early, late = sorted((start, end))
    raw = written(late, early, form, form, separator)
    assert (judge(raw).status is ValidityStatus.UNREADABLE) == (early != late)


@given(day=DAYS, form=st.sampled_from(sorted(DATE_FORMS)))
def test_a_single_date_is_not_a_period(day: date, form: str) -> None:
    raw = DATE_FORMS[form].format(day)
    assert [judge(text).status for text in (raw, raw + "-", "-" + raw)] == [ValidityStatus.UNREADABLE] * 3


@given(
    days=st.lists(DAYS, min_size=3, max_size=4),
    form=st.sampled_from(sorted(DATE_FORMS)),
    sep=st.sampled_from(SEPARATORS),
)
def test_more_than_two_dates_are_unreadable(days: list[date], form: str, sep: str) -> None:
    raw = sep.join(DATE_FORMS[form].format(day) for day in sorted(days))
    assert judge(raw).status is ValidityStatus.UNREADABLE


@pytest.mark.parametrize(
    "raw",
    [
        "2018.13.06-2023.09.06",
        "2018.00.06-2023.09.06",
        "2018.09.00-2023.09.06",
        "2018.09.31-2023.09.06",
        "0000.00.00-0000.00.00",
        "0018.09.06-0023.09.06",
        "2018.09.06-9023.09.06",
        "18.09.06-23.09.06",
        "2018.09.06-23.09.06",
        "2018.09-2023.09",
        "2018.09.06-2023.09",
        "2018.09.062023.09.06",
        "2018.09.06 2023.09.06",
        "2018.09.06.2023.09.06",
        "2018.09.06---2023.09.06",
        "2018.09.06~~2023.09.06",
        "2018.09-06-2023.09-06",
        "2018.09/06-2023.09/06",
        "2018.009.06-2023.09.06",
        "2018.09.0 6-2023.09.06",
        "2018.1.1 1-2023.1.1",
        "2 018.09.06-2023.09.06",
        "12018.09.06-2023.09.06",
        "2018.09.06-2023.09.060",
        "2018.O9.06-2023.09.06",
        "2018年9月6-2023年9月6",
        "二〇一八年九月六日至二〇二三年九月六日",
        "有效期限2018.09.06-2023.09.06",
        "2018.09.06-2023.09.06.",
        "2018.09.06-2023.09.06 长期",
        "2018.09.06到2023.09.06",
        "-2018.09.06-2023.09.06",
        "2018.09.06-?",
        "2018090620230906",
        "2018906-2023906",
        "20180906202309062028",
        "9" * 5000,
        "0",
        "000",
        "N/A",
        "null",
        "-",
        "06.09.2018-06.09.2023",
        "\u200b",
        "2018.09.06-2023.09.06\x00",
    ],
)
def test_anything_else_is_unreadable_and_kept_as_raw(raw: str) -> None:
    validity = judge(raw)
    assert validity == Validity(
        status=ValidityStatus.UNREADABLE,
        valid_from=None,
        valid_until=None,
        days_remaining=None,
        raw=raw,
        as_of=AS_OF,
    )


@pytest.mark.parametrize(
    "zero", ["٠", "۰", "०", "๐", "𝟎", "𝟢"], ids=["Arabic", "Persian", "Devanagari", "Thai", "bold", "sans-serif"]
)
def test_digits_of_other_scripts_are_unreadable(zero: str) -> None:
    raw = "".join(chr(ord(zero) + int(sign)) if sign.isdigit() else sign for sign in "2018.09.06-2033.09.06")
    assert judge(raw).status is ValidityStatus.UNREADABLE
    assert parse_date(raw.partition("-")[0]) is None


def test_superscript_and_circled_digits_are_unreadable() -> None:
    assert judge("2018.09.0⁶-2033.09.06").status is ValidityStatus.UNREADABLE
    assert judge("2018.09.0⑥-2033.09.06").status is ValidityStatus.UNREADABLE


@given(raw=st.text())
def test_any_text_can_be_judged_and_is_kept_as_raw(raw: str) -> None:
    assert judge(raw).raw == raw


@given(raw=st.text(alphabet="0123456789.-/ 年月日至~长期０９－～", max_size=30))
@example("2018.1.12019.1.1-2023.1.1")
@example("2018.09.06 - 2023.09.06")
def test_no_digit_is_dropped_or_invented(raw: str) -> None:
    validity = judge(raw)
    days = [day for day in (validity.valid_from, validity.valid_until) if day]
    numbers = [
        int(number) for number in re.findall(r"\d+", re.sub(r"(?<!\d)(\d{4})(\d\d)(\d\d)(?!\d)", r"\1 \2 \3", raw))
    ]
    if validity.status is not ValidityStatus.UNREADABLE:
        assert numbers == [part for day in days for part in (day.year, day.month, day.day)]


@given(
    start=DAYS,
    end=DAYS,
    form=st.sampled_from(sorted(DATE_FORMS)),
    place=st.integers(0, 40),
    sign=st.characters(
        exclude_categories=["Nd", "Zs", "Cs"], exclude_characters=".-/~年月日至长長期\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85"
    ),
)
def test_a_foreign_character_anywhere_makes_a_period_unreadable(
    start: date, end: date, form: str, place: int, sign: str
) -> None:
    start, end = sorted((start, end))
    raw = written(start, end, form, form, "-")
    spoilt = raw[:place] + sign + raw[place:]
    known_dashes = "‐‑‒–—―−－〜∼～．／"
    if sign not in known_dashes and not sign.isspace():
        assert judge(spoilt).status is ValidityStatus.UNREADABLE


# --- single dates ---


@given(day=DAYS, form=st.sampled_from(sorted(DATE_FORMS)), widen=st.booleans())
@example(day=date(1997, 6, 2), form="slashes, unpadded", widen=False)
@example(day=date(1981, 8, 3), form="dots", widen=False)
def test_every_format_of_a_date_is_parsed(*, day: date, form: str, widen: bool) -> None:
    raw = DATE_FORMS[form].format(day)
    assert parse_date(full_width(raw) if widen else raw) == day


@pytest.mark.parametrize(
    "raw", ["", " ", None, "1997/6", "97/6/2", "1997/6/31", "1997/6/2/3", "长期", "199762", "1997/6/2-1998/6/2", "0"]
)
def test_anything_but_one_possible_date_is_none(raw: str | None) -> None:
    assert parse_date(raw) is None


@given(raw=st.text())
def test_any_text_can_be_parsed_as_a_date(raw: str) -> None:
    assert isinstance(parse_date(raw), date | None)


# --- today ---


@pytest.mark.parametrize(
    ("now", "today"),
    [
        (datetime(2026, 11, 20, 15, 59, 59, 999_999, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 16, 0, 0, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 20, 23, 59, tzinfo=timezone(timedelta(hours=-12))), date(2026, 11, 21)),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2028, 2, 28, 16, 0, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_the_day_changes_at_midnight_in_shanghai(now: datetime, today: date) -> None:
    assert today_in_shanghai(now) == today


def test_a_card_is_valid_until_midnight_in_shanghai() -> None:
    last_moment = datetime(2023, 9, 6, 15, 59, 59, tzinfo=UTC)
    for now, status in (
        (last_moment, ValidityStatus.EXPIRING),
        (last_moment + timedelta(seconds=1), ValidityStatus.EXPIRED),
    ):
        assert judge("2018.09.06-2023.09.06", as_of=today_in_shanghai(now)).status is status


@given(now=st.datetimes(min_value=datetime(1992, 1, 1), max_value=datetime(2199, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_fixed_offset_matches_the_time_zone_database(now: datetime) -> None:
    assert today_in_shanghai(now) == now.astimezone(ZoneInfo("Asia/Shanghai")).date()


def test_a_time_without_a_time_zone_is_rejected() -> None:
    with pytest.raises(ValueError, match="now has no time zone"):
        today_in_shanghai(datetime(2026, 11, 21))  # noqa: DTZ001
