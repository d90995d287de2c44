import re
from datetime import date
from random import Random

import pytest

from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from permit_ocr.domain.checks import CheckOutcome
from permit_ocr.domain.judgement import judge_answer
from permit_ocr.domain.permits import PermitType, Side
from specimens.cards.card import EDITIONS, Card, CardSide, Edition
from specimens.cards.generate import REFERENCE_DAY, CardSpec, generate_card, residence_period, travel_period
from specimens.cards.name_lists import GIVEN, SURNAMES

_HK_MACAO_EDITIONS = tuple(EDITIONS[PermitType.HK_MACAO_PERMIT])
_TRAVEL_FRONTS = (CardSide.HK_MACAO_FRONT, CardSide.TAIWAN_FRONT, CardSide.EXIT_ENTRY_FRONT)


def _cards(card_side: CardSide, edition: Edition | None = None) -> list[Card]:
    return [generate_card(Random(seed), CardSpec(card_side=card_side, edition=edition)) for seed in range(60)]


@pytest.mark.parametrize("card_side", CardSide)
def test_the_same_seed_generates_the_same_card(card_side: CardSide) -> None:
    assert _cards(card_side) == _cards(card_side)
    assert len({repr(card.answer) for card in _cards(card_side)}) == 60


@pytest.mark.parametrize("card_side", CardSide)
def test_every_card_passes_the_applications_checks(card_side: CardSide) -> None:
    for card in _cards(card_side):
        judgement = judge_answer(card.answer, asked_side=card_side.side, as_of=REFERENCE_DAY, expiring_within_days=30)

        assert [check for check in judgement.checks if check.outcome is CheckOutcome.FAILED] == []
        assert (judgement.kind, judgement.side, judgement.permit_type) == (
            card_side.kind,
            card_side.side,
            card_side.permit_type,
        )


def test_a_residence_permit_carries_its_fields_on_the_right_side() -> None:
    for card in _cards(CardSide.RESIDENCE_FRONT):
        assert isinstance(card.answer, ResidencePermitAnswer)
        year, month, day = card.answer.Birth.split("/")
        assert (int(year), str(int(month)), str(int(day))) == (int(year), month, day)
        assert card.answer.Name
        assert card.answer.Address
        assert (card.answer.CardType, card.answer.ValidDate, card.answer.Authority) == (0, "", "")
        assert (card.answer.PassNo, card.answer.VisaNum) == ("", "")
    for card in _cards(CardSide.RESIDENCE_BACK, Edition.CURRENT):
        assert isinstance(card.answer, ResidencePermitAnswer)
        assert all((card.answer.ValidDate, card.answer.Authority, card.answer.PassNo, card.answer.VisaNum))
        assert (card.answer.CardType, card.answer.Name, card.answer.Birth, card.answer.IdCardNo) == (1, "", "", "")


@pytest.mark.parametrize("card_side", _TRAVEL_FRONTS)
def test_a_travel_permit_front_carries_its_fields(card_side: CardSide) -> None:
    for card in _cards(card_side):
        assert isinstance(card.answer, MainlandPermitAnswer)
        answer = card.answer
        assert all(
            (answer.EnglishName, answer.Sex, answer.Birthday, answer.IssueAuthority, answer.ValidDate, answer.Number)
        )
        assert bool(answer.IssueAddress) == (card_side is not CardSide.HK_MACAO_FRONT)
        assert bool(answer.Nationality) == (card.edition is Edition.NON_CHINESE)
        assert answer.MainlandTravelPermitBackInfos is not None
        assert answer.MainlandTravelPermitBackInfos.Type == answer.Type


@pytest.mark.parametrize("edition", _HK_MACAO_EDITIONS)
def test_a_hk_macao_back_carries_only_back_fields_and_its_mrz(edition: Edition) -> None:
    for card in _cards(CardSide.HK_MACAO_BACK, edition):
        assert isinstance(card.answer, MainlandPermitAnswer)
        back = card.answer.MainlandTravelPermitBackInfos
        assert back is not None
        assert all((back.Type, back.Name, back.IDNumber))
        assert card.title in ("", back.Type)
        assert (card.answer.Number, card.answer.ValidDate, card.answer.Name) == ("", "", "")
        assert [len(line) for line in card.mrz] == [30, 30, 30]
        assert card.mrz[0].startswith({"current": "CR", "1999": "C<CHN", "non-chinese": "CF"}[edition])


def test_every_edition_has_its_own_number_format() -> None:
    forms = {Edition.CURRENT: "A00000000", Edition.OF_1999: "A0000000000", Edition.NON_CHINESE: "AA0000000"}
    for edition, form in forms.items():
        for card in _cards(CardSide.HK_MACAO_FRONT, edition):
            assert isinstance(card.answer, MainlandPermitAnswer)
            shape = "".join("0" if character.isdecimal() else "A" for character in card.answer.Number)
            assert shape == form


def test_without_a_travel_permit_the_back_shows_nothing_in_its_place() -> None:
    for card in _cards(CardSide.RESIDENCE_BACK, Edition.NO_PERMIT):
        assert isinstance(card.answer, ResidencePermitAnswer)
        assert (card.answer.PassNo, card.answer.VisaNum) == ("", "")


def test_issue_counts_have_two_digits_and_start_at_zero() -> None:
    counts = set()
    for card_side in (CardSide.HK_MACAO_FRONT, CardSide.TAIWAN_FRONT, CardSide.RESIDENCE_BACK):
        for card in _cards(card_side, Edition.CURRENT):
            answer = card.answer
            counts.add(answer.IssueNumber if isinstance(answer, MainlandPermitAnswer) else answer.VisaNum)

    assert {"00", "01", "10"} <= counts <= {f"{count:02d}" for count in range(13)}


def test_a_residence_permit_is_titled_by_its_region() -> None:
    titles = {card.title for card in _cards(CardSide.RESIDENCE_BACK)}

    assert titles == {"港澳居民居住证", "台湾居民居住证"}
    assert {card.title for card in _cards(CardSide.RESIDENCE_FRONT)} == {""}


def test_taiwan_numbers_have_eight_or_ten_digits_or_a_suffix() -> None:
    shapes = {
        re.sub(r"\d", "0", re.sub("[A-Z]", "A", card.answer.Number))
        for edition in EDITIONS[PermitType.TAIWAN_PERMIT]
        for card in _cards(CardSide.TAIWAN_FRONT, edition)
        if isinstance(card.answer, MainlandPermitAnswer)
    }

    assert shapes == {"00000000", "0000000000", "0000000000(A)"}


@pytest.mark.parametrize("card_side", CardSide)
def test_sixty_cards_include_every_edition(card_side: CardSide) -> None:
    drawn = {card.edition for card in _cards(card_side)}

    assert drawn == (
        {Edition.CURRENT} if card_side is CardSide.RESIDENCE_FRONT else set(EDITIONS[card_side.permit_type])
    )


def test_addresses_vary_in_length_and_names_in_script() -> None:
    fronts = [card.answer for card in _cards(CardSide.RESIDENCE_FRONT)]
    lengths = [len(answer.Address) for answer in fronts if isinstance(answer, ResidencePermitAnswer)]

    assert min(lengths) < 14
    assert max(lengths) > 28
    names = {character for answer in fronts for character in answer.Name}
    differing = [part for part in (*SURNAMES, *GIVEN) if part.simplified != part.traditional]
    assert names & {character for part in differing for character in part.simplified}
    assert names & {character for part in differing for character in part.traditional}


def test_names_cover_every_format_on_real_cards() -> None:
    names = [
        (card.answer.Name, card.answer.EnglishName)
        for card_side in _TRAVEL_FRONTS
        for seed in range(300)
        for card in [generate_card(Random(seed), CardSpec(card_side=card_side))]
        if isinstance(card.answer, MainlandPermitAnswer)
    ]
    chinese, latin = {name for name, _ in names}, {name for _, name in names}

    assert any("·" in name for name in chinese)
    assert "证件样本" in chinese
    assert any(name.startswith(("欧阳", "歐陽", "司徒")) for name in chinese)
    assert "" in chinese  # a non-Chinese citizen without a Chinese name
    assert any("," not in name for name in latin)
    assert any("-" in name for name in latin)
    assert any(" " in name.partition(",")[2] for name in latin)


def test_a_travel_permit_ends_the_day_before_its_anniversary() -> None:
    assert str(travel_period(date(2018, 10, 9), 10)) == "2018.10.09-2028.10.08"


def test_a_residence_permit_ends_on_its_anniversary() -> None:
    assert str(residence_period(date(2018, 9, 6))) == "2018.09.06-2023.09.06"


def test_a_specified_start_date_is_used() -> None:
    card = generate_card(Random(1), CardSpec(card_side=CardSide.RESIDENCE_BACK, start=date(2021, 12, 12)))

    assert card.answer.ValidDate == "2021.12.12-2026.12.12"
    assert card.card_side.side is Side.BACK
