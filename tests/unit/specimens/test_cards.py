import re
from datetime import date
from random import Random

import pytest

from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from permit_ocr.domain.checks import CheckOutcome
from permit_ocr.domain.judgement import judge_answer
from permit_ocr.domain.permits import PermitType, Side
from specimens.cards import (
    EDITIONS,
    REFERENCE_DAY,
    Card,
    Edition,
    Face,
    Order,
    draw_card,
    residence_period,
    travel_period,
)
from specimens.names import GIVEN, SURNAMES

_HK_MACAO_EDITIONS = tuple(EDITIONS[PermitType.HK_MACAO_PERMIT])
_TRAVEL_FRONTS = (Face.HK_MACAO_FRONT, Face.TAIWAN_FRONT, Face.EXIT_ENTRY_FRONT)


def _cards(face: Face, edition: Edition | None = None) -> list[Card]:
    return [draw_card(Random(seed), Order(face=face, edition=edition)) for seed in range(60)]


@pytest.mark.parametrize("face", Face)
def test_the_same_seed_draws_the_same_card(face: Face) -> None:
    assert _cards(face) == _cards(face)
    assert len({repr(card.answer) for card in _cards(face)}) == 60


@pytest.mark.parametrize("face", Face)
def test_every_card_passes_the_checks_of_the_application(face: Face) -> None:
    for card in _cards(face):
        judgement = judge_answer(card.answer, asked_side=face.side, as_of=REFERENCE_DAY, expiring_within_days=30)

        assert [check for check in judgement.checks if check.outcome is CheckOutcome.FAILED] == []
        assert (judgement.kind, judgement.side, judgement.permit_type) == (face.kind, face.side, face.permit_type)


def test_a_residence_permit_carries_its_fields_on_the_right_side() -> None:
    for card in _cards(Face.RESIDENCE_FRONT):
        assert isinstance(card.answer, ResidencePermitAnswer)
        year, month, day = card.answer.Birth.split("/")
        assert (int(year), str(int(month)), str(int(day))) == (int(year), month, day)
        assert card.answer.Name
        assert card.answer.Address
        assert (card.answer.CardType, card.answer.ValidDate, card.answer.Authority) == (0, "", "")
        assert (card.answer.PassNo, card.answer.VisaNum) == ("", "")
    for card in _cards(Face.RESIDENCE_BACK, Edition.CURRENT):
        assert isinstance(card.answer, ResidencePermitAnswer)
        assert all((card.answer.ValidDate, card.answer.Authority, card.answer.PassNo, card.answer.VisaNum))
        assert (card.answer.CardType, card.answer.Name, card.answer.Birth, card.answer.IdCardNo) == (1, "", "", "")


@pytest.mark.parametrize("face", _TRAVEL_FRONTS)
def test_a_travel_permits_front_carries_its_fields(face: Face) -> None:
    for card in _cards(face):
        assert isinstance(card.answer, MainlandPermitAnswer)
        said = card.answer
        assert all((said.EnglishName, said.Sex, said.Birthday, said.IssueAuthority, said.ValidDate, said.Number))
        assert bool(said.IssueAddress) == (face is not Face.HK_MACAO_FRONT)
        assert bool(said.Nationality) == (card.edition is Edition.NON_CHINESE)
        assert said.MainlandTravelPermitBackInfos is not None
        assert said.MainlandTravelPermitBackInfos.Type == said.Type


@pytest.mark.parametrize("edition", _HK_MACAO_EDITIONS)
def test_a_hong_kong_and_macao_permits_back_says_the_same_twice(edition: Edition) -> None:
    for card in _cards(Face.HK_MACAO_BACK, edition):
        assert isinstance(card.answer, MainlandPermitAnswer)
        back = card.answer.MainlandTravelPermitBackInfos
        assert back is not None
        assert all((back.Type, back.Name, back.IDNumber))
        assert (card.answer.Number, card.answer.ValidDate, card.answer.Name) == ("", "", "")
        assert [len(line) for line in card.mrz] == [30, 30, 30]
        assert card.mrz[1][15:18] == "CHN" or edition is Edition.NON_CHINESE


def test_the_numbers_of_each_edition_are_drawn() -> None:
    forms = {Edition.CURRENT: "A00000000", Edition.OF_1999: "A0000000000", Edition.NON_CHINESE: "AA0000000"}
    for edition, form in forms.items():
        for card in _cards(Face.HK_MACAO_FRONT, edition):
            assert isinstance(card.answer, MainlandPermitAnswer)
            shape = "".join("0" if sign.isdecimal() else "A" for sign in card.answer.Number)
            assert shape == form


def test_a_holder_without_a_travel_permit_has_zeros_or_nothing_in_its_place() -> None:
    shown = set()
    for card in _cards(Face.RESIDENCE_BACK, Edition.NO_PERMIT):
        assert isinstance(card.answer, ResidencePermitAnswer)
        shown.add((card.answer.PassNo, card.answer.VisaNum))

    assert shown == {("000", "0"), ("", "")}


def test_taiwan_numbers_come_with_eight_digits_and_with_ten_and_a_sign_in_parentheses() -> None:
    shapes = {
        re.sub(r"\d", "0", re.sub("[A-Z]", "A", card.answer.Number))
        for edition in EDITIONS[PermitType.TAIWAN_PERMIT]
        for card in _cards(Face.TAIWAN_FRONT, edition)
        if isinstance(card.answer, MainlandPermitAnswer)
    }

    assert shapes == {"00000000", "0000000000", "0000000000(A)"}


@pytest.mark.parametrize("face", Face)
def test_every_edition_of_a_face_is_among_sixty_cards(face: Face) -> None:
    drawn = {card.edition for card in _cards(face)}

    assert drawn == ({Edition.CURRENT} if face is Face.RESIDENCE_FRONT else set(EDITIONS[face.permit_type]))


def test_addresses_are_short_and_long_and_names_of_both_scripts() -> None:
    fronts = [card.answer for card in _cards(Face.RESIDENCE_FRONT)]
    lengths = [len(answer.Address) for answer in fronts if isinstance(answer, ResidencePermitAnswer)]

    assert min(lengths) < 14
    assert max(lengths) > 28
    names = {sign for answer in fronts for sign in answer.Name}
    differing = [part for part in (*SURNAMES, *GIVEN) if part.simplified != part.traditional]
    assert names & {sign for part in differing for sign in part.simplified}
    assert names & {sign for part in differing for sign in part.traditional}


def test_names_come_in_all_the_shapes_that_cards_have() -> None:
    names = [
        (card.answer.Name, card.answer.EnglishName)
        for face in _TRAVEL_FRONTS
        for seed in range(300)
        for card in [draw_card(Random(seed), Order(face=face))]
        if isinstance(card.answer, MainlandPermitAnswer)
    ]
    chinese, latin = {name for name, _ in names}, {name for _, name in names}

    assert any("·" in name for name in chinese)
    assert any(name.startswith(("欧阳", "歐陽", "司徒")) for name in chinese)
    assert "" in chinese  # not a Chinese citizen, no Chinese name
    assert any("," not in name for name in latin)
    assert any("-" in name for name in latin)
    assert any(" " in name.partition(",")[2] for name in latin)


def test_a_travel_permit_runs_so_many_years_less_a_day() -> None:
    assert str(travel_period(date(2018, 10, 9), 10)) == "2018.10.09-2028.10.08"


def test_a_residence_permit_ends_on_the_same_day_of_the_year() -> None:
    assert str(residence_period(date(2018, 9, 6))) == "2018.09.06-2023.09.06"


def test_an_ordered_start_is_kept() -> None:
    card = draw_card(Random(1), Order(face=Face.RESIDENCE_BACK, start=date(2021, 12, 12)))

    assert card.answer.ValidDate == "2021.12.12-2026.12.12"
    assert card.face.side is Side.BACK
