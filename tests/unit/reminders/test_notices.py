"""Which reminders a card gets, and when."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.card.notices import EXPIRED, Watch, last_days_due, notice_due, parse_notice_days
from permit_ocr.domain.identity import reminder_id
from permit_ocr.domain.permits import Kind
from sandbox.template.transform import read_template
from tests.contract.template.deployed_template import TEMPLATE

LAST_DAY = date(2027, 3, 31)


def watch(*, watched_on: date = date(2026, 11, 21), valid_until: date = LAST_DAY) -> Watch:
    return Watch(
        document_id="a",
        case=None,
        kind=Kind.MAINLAND_PERMIT,
        valid_until=valid_until,
        watched_on=watched_on,
        sort_key="",
    )


@pytest.mark.parametrize(
    ("text", "notices"),
    [("", ()), ("0", (0,)), ("60,30,0", (60, 30, 0)), ("7,90", (90, 7)), ("30,30", (30,)), ("3650", (3650,))],
)
def test_notices_are_numbers_of_days(text: str, notices: tuple[int, ...]) -> None:
    assert parse_notice_days(text) == notices


@pytest.mark.parametrize("text", ["60, 30", "-1", "3651", "1.5", "x", ",", "30,", "٣", "²", "0,1,2,3,4,5,6,7,8,9,10"])
def test_other_notices_are_refused_with_the_rule(text: str) -> None:
    with pytest.raises(ValueError, match="up to 10 whole numbers from 0 to 3,650, separated by"):
        parse_notice_days(text)


PATTERN = read_template(TEMPLATE)["Parameters"]["ExpiryNoticeDays"]["AllowedPattern"]


@given(
    st.from_regex(PATTERN, fullmatch=True)
    | st.lists(st.integers(0, 4000), max_size=12).map(lambda days: ",".join(map(str, days)))
)
def test_the_template_and_the_function_take_the_same_texts(text: str) -> None:
    """The function is built with the notices: one that it refused would never start."""
    if re.fullmatch(PATTERN, text):
        assert len(parse_notice_days(text)) <= 10
    else:
        with pytest.raises(ValueError, match="ExpiryNoticeDays must be"):
            parse_notice_days(text)


def test_on_a_day_reminders_of_several_last_days_are_due() -> None:
    assert last_days_due(date(2027, 3, 1), (60, 30, 0)) == [
        date(2027, 2, 28),
        date(2027, 3, 1),
        date(2027, 3, 31),
        date(2027, 4, 30),
    ]


@pytest.mark.parametrize(
    ("day", "today", "notice"),
    [
        (date(2027, 3, 1), date(2027, 3, 1), 30),
        (date(2027, 3, 1), date(2027, 3, 5), 30),  # missed, and still true
        (LAST_DAY, LAST_DAY, 0),
        (date(2027, 4, 1), date(2027, 4, 1), EXPIRED),
        (date(2027, 4, 1), date(2027, 4, 9), EXPIRED),
        (date(2027, 1, 30), date(2027, 2, 28), 60),  # missed, and the next one is due tomorrow
        (date(2027, 1, 30), date(2027, 3, 1), None),  # the next one is due today
        (LAST_DAY, date(2027, 4, 1), None),  # it has expired meanwhile, and the next day says so
    ],
)
def test_a_reminder_says_what_is_true_when_it_is_sent(day: date, today: date, notice: int | None) -> None:
    assert notice_due(watch(), (60, 30, 0), day=day, today=today) == notice


def test_a_card_that_was_read_on_the_day_of_a_notice_gets_none() -> None:
    """Its result says how many days remain."""
    day = date(2027, 3, 1)
    assert notice_due(watch(watched_on=day), (30,), day=day, today=day) is None
    assert notice_due(watch(watched_on=day - timedelta(days=1)), (30,), day=day, today=day) == 30


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(1, 4000),
    st.lists(st.integers(0, 3650), min_size=1, max_size=10, unique=True),
)
def test_every_notice_after_reading_is_due_on_exactly_one_day(read: date, days: int, notices: list[int]) -> None:
    card = watch(watched_on=read, valid_until=read + timedelta(days=days))
    due = [
        notice
        for number in range(days + 3)
        if card.valid_until in last_days_due(day := read + timedelta(days=number), notices)
        and (notice := notice_due(card, notices, day=day, today=day)) is not None
    ]
    assert due == [*sorted((one for one in notices if one < days), reverse=True), EXPIRED]


@given(
    st.integers(0, 100),
    st.integers(0, 120),
    st.lists(st.integers(0, 100), min_size=1, max_size=10, unique=True),
)
def test_after_missed_days_a_card_gets_only_the_latest_notice(first: int, missed: int, notices: list[int]) -> None:
    days = [LAST_DAY - timedelta(days=first) + timedelta(days=number) for number in range(missed + 1)]
    card = watch(watched_on=date(2020, 1, 1))
    sent = [
        notice
        for day in days
        if LAST_DAY in last_days_due(day, notices)
        and (notice := notice_due(card, notices, day=day, today=days[-1])) is not None
    ]
    due = [notice for notice in (*notices, EXPIRED) if LAST_DAY - timedelta(days=notice) in days]
    assert sent == ([min(due)] if due else [])


def test_a_reminder_has_an_id_of_its_own_however_often_it_is_sent() -> None:
    ids = {
        reminder_id(document=document, valid_until=last_day, notice=notice)
        for document in ("a", "b")
        for last_day in (LAST_DAY, date(2027, 4, 1))
        for notice in (30, 0, EXPIRED)
        for _ in range(2)
    }
    assert len(ids) == 12
