"""Lines of official specimens, and the check digits of those that nobody has published."""

from datetime import date
from random import Random
from typing import Any

import pytest

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from specimens.cards import mrz
from specimens.cards.card import CardSide
from specimens.independent import machine_readable
from specimens.independent.contents import permit
from specimens.independent.machine_readable import Person, check

_SPECIMEN = Person(chinese="证件样本", romanised="ZHENG JIAN,YANG BEN", sex="F", birth=date(1981, 8, 3))
_UTOPIAN = Person(chinese="", romanised="ERIKSSON,ANNA MARIA", sex="F", birth=date(1974, 8, 12), nationality="UTO")


def test_the_lines_of_the_official_permit_specimen_are_reproduced() -> None:
    lines = machine_readable.hk_macao_lines(
        _SPECIMEN, number="H12345678", issues="00", expiry=date(2022, 12, 11), identity="A12345678"
    )

    assert lines[:2] == ("CRH1234567830002212119F8108038", "NGKELMPONBPJLBLOAABA1234567842")
    assert lines[2] == "ZHENG<JIAN<<YANG<BEN<<<<<<<<<<"


def test_the_lines_of_icaos_examples_are_reproduced() -> None:
    document: dict[str, Any] = {"state": "UTO", "expiry": date(2012, 4, 15)}

    assert machine_readable.td2_lines(_UTOPIAN, code="I", number="D23145890", **document) == (
        "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
        "D231458907UTO7408122F1204159<<<<<<<6",
    )
    assert machine_readable.td1_lines(_UTOPIAN, code="I", number="D23145890", **document) == (
        "I<UTOD231458907<<<<<<<<<<<<<<<",
        "7408122F1204159UTO<<<<<<<<<<<6",
        "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    )


@pytest.mark.parametrize("seed", range(20))
def test_both_implementations_agree_on_the_exit_entry_line(seed: int) -> None:
    card = permit(Random(seed), CardSide.EXIT_ENTRY_FRONT)
    assert isinstance(card.answer, MainlandPermitAnswer)

    year, month, day = map(int, card.answer.ValidDate.partition("-")[2].split("."))
    birth = date(*map(int, card.answer.Birthday.split(".")))
    assert card.mrz == (mrz.exit_entry_line(number=card.answer.Number, expiry=date(year, month, day), birth=birth),)


@pytest.mark.parametrize("seed", range(40))
def test_every_line_of_a_back_has_thirty_characters_and_its_code(seed: int) -> None:
    card = permit(Random(seed), CardSide.HK_MACAO_BACK)

    assert [len(line) for line in card.mrz] == [30, 30, 30]
    code = {"current": "CR", "non-chinese": "CF", "1999": "C<CHN"}[card.edition]
    assert card.mrz[0].startswith(code)
    assert card.mrz[1][28:30].isdecimal() or code != "CR"


def test_a_line_of_the_1999_edition_ends_with_its_own_check_digit() -> None:
    lines = machine_readable.hk_macao_1999_lines(
        _SPECIMEN, number="H1234567800", expiry=date(2009, 1, 14), codes="6088"
    )

    assert all(line[29] == check(line[:29]) for line in lines[:2])
    assert lines[1].startswith("8108038F090114")
    assert lines[1][15:28] == f"H1234567800{check('H1234567800')}B"


def test_a_taiwan_back_has_its_identity_number_and_place() -> None:
    lines = machine_readable.taiwan_back_lines(_SPECIMEN, number="01234567", identity="A123456789", place="GD")

    assert lines[0] == "CT01234567" + "<" * 20
    assert lines[1][19:29] == "A123456789"
    assert lines[2][26:] == "GD<<"
