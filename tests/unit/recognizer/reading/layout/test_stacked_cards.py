from recognizer.reading.layout.stacked_cards import split_stacked_cards
from tests.unit.recognizer.reading.cards import line


def test_one_card_is_not_split() -> None:
    card = [
        line("中华人民共和国", 300, 60),
        line("港澳台居民居住证", 300, 120, 60),
        line("签发机关 东莞市公安局", 60, 300),
    ]
    assert split_stacked_cards(card) == [card]


def test_stacked_cards_are_split_above_their_titles() -> None:
    upper = [line("往来港澳通行证", 300, 60), line("CHEN,XIAOMING", 300, 160)]
    lower = [line("中华人民共和国", 300, 500), line("港澳台居民居住证", 300, 560), line("签发次数 02", 300, 700)]
    assert split_stacked_cards([*upper, *lower]) == [upper, lower]


def test_an_untitled_card_above_a_titled_one_is_split_off() -> None:
    upper = [line("姓名 陈小明", 300, 60), line("公民身份号码 830000199706020042", 300, 400)]
    lower = [line("港澳台居民居住证", 300, 660), line("签发次数 02", 300, 800)]
    assert split_stacked_cards([*upper, *lower]) == [upper, lower]
