"""The back of a Hong Kong and Macao resident's permit: its printed fields beside the machine-readable lines."""

from dataclasses import replace

import pytest

from permit_ocr.domain.card.chinese_script import simplified
from recognizer.reading.fields.hk_macao_back import back_fields
from recognizer.reading.fields.mrz.facts import MrzFacts
from recognizer.reading.fields.ocr_field import VERIFIED, OcrField
from recognizer.reading.ocr.text_lines import BoundingBox, text_line
from tests.unit.recognizer.reading.cards import finder, line
from tests.unit.recognizer.reading.fields.travel_permits import read_back


def test_a_back_gives_name_identity_number_and_previous_permit() -> None:
    answer = read_back(
        finder(
            line("港澳居民来往内地通行证", 80, 40, 50),
            line("姓名", 80, 140),
            line("盧家齊", 300, 140),
            line("身份证件号码", 80, 210),
            line("G376849(9)", 300, 210),
            line("曾持证件号码", 80, 280),
            line("H9265827233", 300, 280),
            line("CRCHNH444927506O4<<<<<<<<<<<<<", 50, 460),
            line("4303086M2811073CHN<<<<<<<<<<<6", 50, 515),
            line("LO<<KA<CHAI<<<<<<<<<<<<<<<<<<<", 50, 570),
        )
    )
    back = answer.MainlandTravelPermitBackInfos
    assert back is not None
    assert (back.Name, back.IDNumber, back.HistoryNumber) == ("盧家齊", "G376849(9)", "H9265827233")
    assert (answer.Type, answer.Name, answer.Number) == ("港澳居民来往内地通行证", "", "")


def test_a_previous_number_is_found_under_an_unknown_label() -> None:
    answer = read_back(
        finder(
            line("姓名 陈大文", 80, 140),
            line("身份证件号码 G376849(9)", 80, 210),
            line("原通行证号码 H0601117102", 80, 280),
        )
    )
    assert answer.MainlandTravelPermitBackInfos is not None
    assert answer.MainlandTravelPermitBackInfos.HistoryNumber == "H0601117102"


def test_the_machine_lines_repair_or_contradict_the_identity_number() -> None:
    def identity(printed: str) -> OcrField:
        return back_fields(finder(line(f"身份证件号码 {printed}", 80, 210)), MrzFacts(identity_number="A123456(3)"))[
            "IDNumber"
        ]

    assert identity("A173456(3)") == OcrField("A123456(3)", VERIFIED)
    assert identity("") == OcrField("A123456(3)", VERIFIED)
    assert identity("G376849(9)").confidence < 0.4, "both are right, so one is from another card"


def test_the_coded_name_supports_corrects_or_contradicts_the_printed_one() -> None:
    def name(printed: str) -> OcrField:
        lines = line(f"姓名 {printed}", 80, 140), line("身份证件号码 G376849(9)", 80, 210)
        return back_fields(finder(*lines), MrzFacts(chinese_name="陈大文"))["Name"]

    assert name("陳大文") == OcrField("陳大文", 1.0)
    assert name("陈天文") == OcrField("陈大文", 0.88)
    assert name("陳天文") == OcrField("陳大文", 0.88)
    assert name("陣大文") == OcrField("陳大文", 0.88), "the misread character is a traditional one"
    assert name("李小龙").confidence == 0.5


@pytest.mark.parametrize(
    ("reread", "expected"),
    [
        ("余鳳國", OcrField("余鳳國", 0.6)),
        ("余凤国", OcrField("余凤国", 0.6)),
        ("余國", OcrField("余風園", 0.5)),  # a character cannot be read
    ],
)
def test_a_name_is_read_again_with_only_the_coded_characters(reread: str, expected: OcrField) -> None:
    def read(_box: BoundingBox, alphabet: str | None) -> str:
        return "".join(character for character in reread if character in (alphabet or ""))

    printed = text_line("余風園", left=300, top=120, right=400, bottom=160, confidence=0.5)
    card = replace(finder(line("姓名", 80, 140), printed), reread_checked=read)
    assert back_fields(card, MrzFacts(chinese_name="余凤国"))["Name"] == expected


def test_a_longer_name_is_not_cut_to_the_coded_characters() -> None:
    printed = text_line("欧阳风国华", left=300, top=120, right=460, bottom=160, confidence=0.5)
    card = replace(finder(line("姓名", 80, 140), printed), reread_checked=lambda *_: "欧阳凤国")
    assert back_fields(card, MrzFacts(chinese_name="欧阳凤国"))["Name"] == OcrField("欧阳风国华", 0.5)


def test_the_coded_name_does_not_tell_the_script_of_the_printed_one() -> None:
    def confidence(printed: str) -> float:
        name = text_line(f"姓名 {printed}", left=80, top=120, right=400, bottom=160, confidence=0.75)
        lines = name, line("身份证件号码 G376849(9)", 80, 210)
        return back_fields(finder(*lines), MrzFacts(chinese_name=simplified(printed)))["Name"].confidence

    assert [confidence(name) for name in ("方翠辉", "方翠輝", "钟翠輝", "方大文")] == [0.88, VERIFIED, 0.75, VERIFIED]
    assert confidence("陈國偉") == 0.88, "its first character was converted"


@pytest.mark.parametrize(
    ("printed", "expected"), [("陈天文", OcrField("陈大文", 0.6)), ("李小龙", OcrField("陈大文", 0.5))]
)
def test_a_hardly_readable_name_is_taken_from_the_coded_one(printed: str, expected: OcrField) -> None:
    name = text_line(f"姓名 {printed}", left=80, top=120, right=400, bottom=160, confidence=0.2)
    lines = name, line("身份证件号码 G376849(9)", 80, 210)
    assert replace(back_fields(finder(*lines), MrzFacts(chinese_name="陈大文"))["Name"], corners=None) == expected


@pytest.mark.parametrize("part", ["1066H25172654014128", "H251726540141", "M25172654<<<"])
def test_a_part_of_the_lines_is_no_previous_permit(part: str) -> None:
    card = finder(line("港澳居民来往内地通行证", 80, 60, 60), line("B099909(7)", 335, 422), line(part, 767, 832))
    assert back_fields(card)["HistoryNumber"].text == ""


def test_an_empty_previous_permit_stays_empty_above_the_mrz() -> None:
    answer = read_back(
        finder(
            line("身份证件号码 1793815(8)", 80, 210),
            line("曾持证件号码", 80, 280),
            line("C<CHNM04051665<012<<<<<<<<<<<<", 80, 350),
        )
    )
    back = answer.MainlandTravelPermitBackInfos
    assert back is not None
    assert (back.IDNumber, back.HistoryNumber) == ("1793815(8)", "")


def test_a_hong_kong_number_starting_with_a_digit_is_corrected() -> None:
    fields = back_fields(finder(line("身份证件号码 2943144(7)", 80, 210)))
    assert fields["IDNumber"].text == "Z943144(7)"
    assert fields["IDNumber"].confidence > 0.9


def test_a_romanised_name_on_a_back_is_verified_by_the_mrz() -> None:
    blurred = line("VAN DER BERG,PIETER JAN", 300, 140)
    blurred = replace(blurred, characters=tuple(replace(one, confidence=0.7) for one in blurred.characters))

    def name_beside(machine_line: str) -> OcrField:
        labels = line("姓名", 80, 140), line("身份证件号码 G376849(9)", 80, 210)
        return back_fields(finder(*labels, blurred, line(machine_line, 50, 570)))["Name"]

    assert name_beside("VAN<DER<BERG<<PIETER<JAN<<<<<<") == OcrField("VAN DER BERG,PIETER JAN", VERIFIED)
    assert name_beside("LO<<KA<CHAI<<<<<<<<<<<<<<<<<<<") == OcrField("VAN DER BERG,PIETER JAN", 0.7)


@pytest.mark.parametrize(
    ("machine_line", "name"),
    [("DELA<CRUZ<<ROSARI0<<<<<<<<<<<<", "DELA CRUZ,ROSARIO"), ("LO<<KA<CHAI<<<<<<<<<<<<<<<<<<<", "")],
)
def test_a_romanised_name_needs_no_label_if_the_mrz_repeats_it(machine_line: str, name: str) -> None:
    lines = line("DELA CRUZ,ROSARIO", 80, 140), line("N054907(8)", 80, 190), line(machine_line, 50, 570)
    assert back_fields(finder(*lines))["Name"].text == name


@pytest.mark.parametrize(
    ("printed", "coded", "name"),
    [
        ("SILVAJOAO PEDRO", "SILVA<<JOAO<PEDRO", "SILVA,JOAO PEDRO"),
        ("SMITH-JONES ANNA", "SMITH<JONES<<ANNA", "SMITH-JONES,ANNA"),
        ("D'SOUZAMARIA", "DSOUZA<<MARIA", "D'SOUZA,MARIA"),
    ],
)
def test_a_comma_missed_in_a_romanised_name_is_taken_from_the_mrz(printed: str, coded: str, name: str) -> None:
    lines = line(printed, 80, 140), line("N054907(8)", 80, 190), line(coded.ljust(30, "<"), 50, 570)
    assert back_fields(finder(*lines))["Name"] == OcrField(name, VERIFIED)


def test_a_misread_label_below_a_name_is_no_name() -> None:
    lines = line("陈大文", 80, 100), line("SHEHAR", 80, 150, 24), line("G376849(9)", 80, 190)
    assert back_fields(finder(*lines))["Name"] == OcrField("陈大文", 0.85)


@pytest.mark.parametrize("rest_of_line", ["", "NA<MARIE<<<<<<<<<<<<"])
def test_a_romanised_name_needs_no_label_if_glare_hides_the_mrz(rest_of_line: str) -> None:
    lines = line("MILLER,ANNA MARIE", 80, 140), line("P674218(5)", 80, 190), line(rest_of_line, 250, 570)
    assert back_fields(finder(*lines))["Name"] == OcrField("MILLER,ANNA MARIE", 0.85)


def test_a_hong_kong_number_with_wrong_check_digit_has_low_confidence() -> None:
    fields = back_fields(finder(line("身份证件号码 A123456(5)", 80, 210)))
    assert (fields["IDNumber"].text, fields["IDNumber"].confidence) == ("A123456(5)", 0.5)


@pytest.mark.parametrize("identity", ["身份证件号码 S924069(3)", "S924069(3)"])
def test_a_name_with_misread_label_is_above_the_identity_number(identity: str) -> None:
    label = line("上名", 80, 140)
    fields = back_fields(finder(label, line("王真睿", 300, 140), line(identity, 80, 210)))
    assert fields["Name"] == OcrField("王真睿", 0.85)


@pytest.mark.parametrize(("coded", "confidence"), [("陈大文", VERIFIED), ("陈大", 0.85)])
def test_a_back_prints_the_coded_name_wherever_it_is(coded: str, confidence: float) -> None:
    lines = line("港澳居民来往内地通行证", 200, 60, 60), line("陳大文", 420, 120), line("件号码 G376849(9)", 330, 200)
    name = back_fields(finder(*lines), MrzFacts(chinese_name=coded))["Name"]
    assert (name.text, name.confidence) == ("陳大文", confidence)


@pytest.mark.parametrize(("other", "name"), [("", "嚴淑潔"), ("王大明", "")], ids=["one name", "two names"])
def test_a_name_is_below_the_title_if_glare_hides_all_else(other: str, name: str) -> None:
    lines = [line("港澳居民来往内地通行证", 80, 40, 50), line("嚴淑潔", 190, 120), line("P09", 190, 200)]
    lines += [line(other, 190, 160)] if other else []
    assert back_fields(finder(*lines))["Name"].text == name


@pytest.mark.parametrize(
    ("number", "is_sure"), [("H36761211", True), ("HA5095017", True), ("36761211", False), ("N36761211", False)]
)
def test_a_previous_number_without_h_or_m_is_doubtful(number: str, *, is_sure: bool) -> None:
    history = back_fields(finder(line(f"曾持证件号码 {number}", 80, 210)))["HistoryNumber"]
    assert (history.confidence > 0.5) is is_sure


def test_text_left_of_the_card_is_no_name() -> None:
    receipt = line("通知后十五日内到窗口办理", 39, 118, 30)
    assert back_fields(finder(line("龙文", 609, 100), receipt, line("E176443(1)", 606, 170)))["Name"].text == "龙文"
