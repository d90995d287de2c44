"""What is printed on the permits: the contents of ``specimens.cards``, with machine-readable lines of our own."""

from dataclasses import replace
from datetime import date, datetime
from random import Random
from typing import Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack
from specimens.cards import document_numbers
from specimens.cards.card import Card, CardSide, Edition
from specimens.cards.generate import CardSpec, generate_card
from specimens.cards.name_lists import NATIONALITIES
from specimens.independent import machine_readable
from specimens.independent.machine_readable import Person

_HAS_TITLE: Final = 0.85
"""Whether the back prints the title is not known."""
_FIRST_ISSUE: Final = {"", "00"}


def permit(random: Random, card_side: CardSide) -> Card:
    """Generate the contents of a permit's side."""
    if card_side is CardSide.HK_MACAO_BACK:
        return _hk_macao_back(random)
    card = generate_card(random, CardSpec(card_side=card_side))
    if card_side is CardSide.EXIT_ENTRY_FRONT and isinstance(card.answer, MainlandPermitAnswer):
        answer = card.answer
        line = machine_readable.one_line(
            code="CS", number=answer.Number, expiry=expiry_of(answer), birth=_day(answer.Birthday)
        )
        return replace(card, mrz=(line,))
    return card


def expiry_of(answer: MainlandPermitAnswer) -> date:
    """Return the last day of validity."""
    return _day(answer.ValidDate.partition("-")[2])


def person_of(answer: MainlandPermitAnswer) -> Person:
    """Return the holder as machine-readable lines show them."""
    nationality = NATIONALITIES.get(answer.Nationality)
    return Person(
        chinese=answer.Name,
        romanised=answer.EnglishName,
        sex="M" if answer.Sex.startswith("男") else "F",
        birth=_day(answer.Birthday),
        nationality=nationality.code if nationality else "CHN",
    )


def _hk_macao_back(random: Random) -> Card:
    """Return the back of a front that is drawn for it, so that the lines repeat what the front shows.

    A holder without a Chinese name is left out: nobody knows what the back prints then.
    """
    while True:
        front = generate_card(random, CardSpec(card_side=CardSide.HK_MACAO_FRONT))
        if isinstance(front.answer, MainlandPermitAnswer) and front.answer.Name:
            break
    answer = front.answer
    is_hong_kong = answer.Number.startswith("H")
    identity = document_numbers.hong_kong_identity(random) if is_hong_kong else document_numbers.macao_identity(random)
    issues = answer.Number[9:] if front.edition is Edition.OF_1999 else answer.IssueNumber
    is_first = issues in _FIRST_ISSUE or front.edition is Edition.NON_CHINESE
    before = "" if is_first else _earlier_number(random, answer.Number, int(issues) - 1)
    back = MainlandPermitBack(Type=answer.Type, Name=answer.Name, IDNumber=identity, HistoryNumber=before)
    return Card(
        card_side=CardSide.HK_MACAO_BACK,
        edition=front.edition,
        answer=MainlandPermitAnswer(Type=answer.Type, MainlandTravelPermitBackInfos=back),
        title=answer.Type if random.random() < _HAS_TITLE else "",
        mrz=_hk_macao_lines(random, front.edition, answer, identity),
    )


def _earlier_number(random: Random, number: str, issues: int) -> str:
    """Return the number of the permit before: of the edition of 1999, or another one of nine characters."""
    return random.choice((f"{number[:9]}{issues:02d}", f"{number[0]}{random.randrange(10**8):08d}"))


def _hk_macao_lines(random: Random, edition: Edition, front: MainlandPermitAnswer, identity: str) -> tuple[str, ...]:
    """Return the lines of a back. Of the non-Chinese edition only ``CF`` and the place of the nationality are known."""
    person, ends = person_of(front), expiry_of(front)
    if edition is Edition.OF_1999:
        codes = "".join(f"{random.randrange(10_000):04d}" for _ in front.Name[:5])
        return machine_readable.hk_macao_1999_lines(person, number=front.Number, expiry=ends, codes=codes)
    if edition is Edition.NON_CHINESE and random.random() < 0.5:
        return machine_readable.td1_lines(person, code="CF", state="CHN", number=front.Number, expiry=ends)
    return machine_readable.hk_macao_lines(
        person, number=front.Number, issues=front.IssueNumber, expiry=ends, identity=identity
    )


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y.%m.%d").date()  # noqa: DTZ007  a printed day has no time zone
