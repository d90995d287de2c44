from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.reading.fields.mrz.document_codes import DocumentCode, document_code
from recognizer.reading.fields.mrz.exit_entry_line import ExitEntryLine, exit_entry_line
from recognizer.reading.fields.mrz.facts import MrzFacts
from recognizer.reading.fields.mrz.hk_macao_lines import hk_macao_facts, printed_identity
from recognizer.reading.fields.mrz.machine_lines import machine_lines, parts_of_lines, plain_line
from recognizer.reading.fields.mrz.name_line import confirms_name, romanized_name
from recognizer.reading.ocr.text_lines import TextLine
from tests.unit.recognizer.reading.cards import finder, line

SPECIMEN = ("CRH1234567830002212119F8108038", "NGKELMPONBPJLBLOAABA1234567842", "ZHENG<JIAN<<YANG<BEN<<<<<<<<<<<")
"""The lines of a published official specimen."""


def checked(text: str) -> str:
    values = (0 if one == "<" else int(one, 36) for one in text)
    return text + str(sum(value * weight for value, weight in zip(values, cycle((7, 3, 1)), strict=False)) % 10)


def back_lines(number: str = "H12345678", identity: str = "A1234563<", name: str = "陈大文") -> list[str]:
    parts = [checked(part) for part in (number, "01", "281008", "810803", identity)]
    first = "CR" + "".join(parts[:3]) + "M" + parts[3]
    coded = "".join(chr(65 + int(half, 16)) for half in name.encode("gbk").hex()).ljust(16, "<")
    second = f"{coded}AAB{parts[4]}" + checked("".join(parts))[-1]
    return [first, second, "CHAN<<TAI<MAN".ljust(30, "<")]


def replaced(line: str, place: int, character: str) -> str:
    return line[:place] + character + line[place + 1 :]


def test_the_lines_of_the_specimen_prove_its_facts() -> None:
    assert hk_macao_facts(SPECIMEN) == MrzFacts(
        number="H12345678",
        issue_count="00",
        expiry="2022.12.11",
        sex="女",
        birth="1981.08.03",
        chinese_name="证件样本",
        romanized_name="ZHENG JIAN,YANG BEN",
        identity_number="A12345678",
    )


@given(
    st.from_regex(r"[HM]\d{8}", fullmatch=True),
    st.sampled_from(["1234567", "5123456", "7000000"]),
    st.sampled_from(["陈大文", "欧阳娜娜", "李一", "證件樣本"]),
)
def test_lines_are_read_as_they_were_written(number: str, macao: str, name: str) -> None:
    facts = hk_macao_facts(back_lines(number, f"{macao}8<", name))
    assert facts is not None
    assert (facts.number, facts.identity_number, facts.chinese_name) == (number, f"{macao}(8)", name)
    assert (facts.issue_count, facts.expiry, facts.birth, facts.sex) == ("01", "2028.10.08", "1981.08.03", "男")
    assert facts.romanized_name == "CHAN,TAI MAN"


@given(st.from_regex(r"[HM]A\d{7}", fullmatch=True))
def test_the_lines_of_the_non_chinese_edition_prove_their_facts(number: str) -> None:
    parts = [checked(part) for part in (number, "01", "300303", "100712", "51140263<")]
    second = "MIOOMDPHNDKCAAAINDC" + parts[4] + checked("".join(parts))[-1]
    facts = hk_macao_facts(["CF" + "".join(parts[:3]) + "F" + parts[3], second, "NGUYEN<<MINH<ANH".ljust(30, "<")])
    assert facts == MrzFacts(
        number=number,
        issue_count="01",
        expiry="2030.03.03",
        sex="女",
        birth="2010.07.12",
        chinese_name="阮明英",
        romanized_name="NGUYEN,MINH ANH",
        identity_number="5114026(3)",
    )


@pytest.mark.parametrize("place", [4, 11, 12, 17, 21, 23, 29])
def test_a_digit_that_no_confusion_explains_proves_nothing_of_the_front(place: int) -> None:
    lines = back_lines()
    lines[0] = replaced(lines[0], place, str((int(lines[0][place]) + 5) % 10))
    assert hk_macao_facts(lines) == MrzFacts(identity_number="A123456(3)"), "its own check digits prove it"


@pytest.mark.parametrize(
    ("line", "place", "read"), [(0, 4, "Z"), (0, 9, "T"), (0, 16, "B"), (1, 24, "S"), (1, 18, "8")]
)
def test_a_letter_confused_with_a_digit_is_corrected(line: int, place: int, read: str) -> None:
    lines = back_lines()
    lines[line] = replaced(lines[line], place, read)
    assert hk_macao_facts(lines) == hk_macao_facts(back_lines())


@pytest.mark.parametrize(("before", "after"), [("53130", ""), ("", "7")])
def test_digits_of_a_paper_beside_a_line_are_not_the_lines(before: str, after: str) -> None:
    first, *others = SPECIMEN
    assert hk_macao_facts([f"{before}{first}{after}", *others]) == hk_macao_facts(SPECIMEN)


def test_two_wrong_lines_prove_nothing() -> None:
    lines = [back_lines()[0], back_lines(number="H87654321", identity="12345678<")[1]]
    assert hk_macao_facts(lines) is None


def test_a_first_line_alone_proves_its_parts_but_neither_sex_nor_birth() -> None:
    facts = hk_macao_facts([back_lines()[0]])
    assert facts == MrzFacts(number="H12345678", issue_count="01", expiry="2028.10.08")


def test_the_1999_edition_proves_number_dates_and_sex() -> None:
    second = checked(checked("810803") + "F" + checked("091008") + checked("H1234567801") + "12")
    facts = hk_macao_facts(["C<CHN71155304000000000000<<<<", second, "CHAN<<TAI<MAN".ljust(30, "<")])
    assert facts is not None
    assert (facts.number, facts.issue_count, facts.sex) == ("H1234567801", "01", "女")
    assert (facts.birth, facts.expiry) == ("1981.08.03", "2009.10.08")


@pytest.mark.parametrize(
    ("field", "printed"),
    [
        ("A1234563<", "A123456(3)"),
        ("AB1234569", "AB123456(9)"),
        ("12345678<", "1234567(8)"),
        ("A12345678", "A12345678"),
    ],
)
def test_an_identity_number_gets_its_brackets(field: str, printed: str) -> None:
    assert printed_identity(field) == printed


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("CRH1234567830002212119F8108038", DocumentCode.HK_MACAO_BACK),
        ("0RH1234567830002212119F8108038", DocumentCode.HK_MACAO_BACK),
        ("CFHA123456730002212119F8108038", DocumentCode.HK_MACAO_BACK),
        ("C<CHN71155304000000000000<<<<8", DocumentCode.HK_MACAO_BACK),
        ("CFGBRHA1234567<8<<<<<<<<<<<<<<", DocumentCode.HK_MACAO_BACK),
        ("CF<MA12345678<<<<<<<<<<<<<<<<<", DocumentCode.HK_MACAO_BACK),
        ("CFCHN1234567890000<<<<<<<<<<<<", DocumentCode.HK_MACAO_BACK),
        ("HN15256690<<<<<<<<<<<<06<<6", DocumentCode.HK_MACAO_BACK),
        ("37062451103105098M9706268", DocumentCode.HK_MACAO_BACK),
        ("37062451103105097M9706268", None),
        ("87619595361025287474F148802", None),
        ("CT37062451103105098M9706268", DocumentCode.OTHER),
        ("CFGBRD231458907<<<<<<<<<<<<<<<", DocumentCode.OTHER),
        ("CSC835934200<2612258<9107290<0", DocumentCode.EXIT_ENTRY_FRONT),
        ("CDL123456780<2612258<9107290<0", DocumentCode.OTHER),
        ("CD1124567806<2612258<9107290<0", DocumentCode.OTHER),
        ("CD95716735<3001123<2103271<4", None),
        ("CT123456780<<<<<<<<<<<<<<<<<<<", DocumentCode.OTHER),
        ("P<CHNZHENG<<YUFEI<<<<<<<<<<<<<<<<<<<<<<<<<<<", DocumentCode.OTHER),
        ("POCHNZHENG<<YUFEI<<<<<<<<<<<<<<<<<<<<<<<<<<<", DocumentCode.OTHER),
        ("I<UTOD231458907<<<<<<<<<<<<<<<", DocumentCode.OTHER),
        ("IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", DocumentCode.OTHER),
        ("A<UTOD231458907<<<<<<<<<<<<<<<", DocumentCode.OTHER),
        ("CHAN<<TAI<MAN<<<<<<<<<<<<<<<<<", None),
    ],
)
def test_the_first_line_says_whose_document_it_is(line: str, code: DocumentCode | None) -> None:
    assert document_code([line, "CHAN<<TAI<MAN<<<<<<<<<<<<<<<<<"]) is code


def test_a_coded_name_identifies_a_back_without_its_first_line() -> None:
    assert document_code([back_lines()[1]]) is DocumentCode.HK_MACAO_BACK


@pytest.mark.parametrize(
    "before", ["INQUIRYHOTLINE12367VALIDWITHIDENTITYCARD", "VALIDUNTIL2028WITHANIDENTITYCARD12367"]
)
def test_a_note_before_the_lines_does_not_hide_their_code(before: str) -> None:
    assert document_code([before, SPECIMEN[0]]) is DocumentCode.HK_MACAO_BACK


def test_digits_beside_a_back_do_not_hide_its_code() -> None:
    """Those of a paper in the same row are read as a part of the line."""
    assert document_code([f"79{SPECIMEN[0]}"]) is DocumentCode.HK_MACAO_BACK


@pytest.mark.parametrize(
    ("read", "plain"),
    [
        ("CRH12345 67830002212119F8108038", SPECIMEN[0]),
        ("ZHENG《JIAN«YANG<BEN<<<<<<<<<<<", "ZHENG<<JIAN<<YANG<BEN<<<<<<<<<<<"),
        ("CHAN,TAI MAN", ""),
        ("2018.10.09-2028.10.08", ""),
        ("THISCARDISINTENDEDFORITSHOLDERTOTRAVELTOTHEMAINLANDOFCHINA", ""),
    ],
)
def test_other_text_is_not_a_machine_readable_line(read: str, plain: str) -> None:
    assert plain_line(read) == plain


@pytest.mark.parametrize(
    ("left", "is_part"),
    [
        ("47120132710291M1307315", True),
        ("TSE<<MEI<H0<<<<<<<<<<", True),
        ("H4415547100", False),
        ("81000019970602001X", False),
        ("THIS CARD IS INTENDED", False),
    ],
)
def test_parts_of_lines_are_told_from_numbers(left: str, *, is_part: bool) -> None:
    assert bool(parts_of_lines(finder(line(left, 80, 600)))) is is_part


def test_a_name_that_fills_its_line_may_be_cut() -> None:
    assert romanized_name(["ABUDUREXITIJIANG<<MAIMAITIYIMI"]) == ""
    assert romanized_name([SPECIMEN[0]]) == ""


def test_the_exit_entry_line_gives_its_verified_parts() -> None:
    line = exit_entry_line(["CSC835934200<2612258<9107290<0"])
    assert line == ExitEntryLine(number="C83593420", expiry="261225", birth="910729", is_proven=True)


def test_a_part_with_a_wrong_check_digit_is_empty() -> None:
    line = exit_entry_line(["CSC835934201<2612258<9107290<0"])
    assert line == ExitEntryLine(number="", expiry="261225", birth="910729")


def test_a_wrong_composite_digit_empties_all_parts() -> None:
    parts = exit_entry_line(["CSC835934200<2612258<9107290<5"])
    assert parts == ExitEntryLine(number="", expiry="", birth="")
    without = exit_entry_line(["CSC835934200<2612258<9107290"])
    assert without is not None
    assert without.number == "C83593420"


@pytest.mark.parametrize(
    ("name", "machine_line", "confirms"),
    [
        ("VAN DER BERG,PIETER JAN", "VAN<DER<BERG<<PIETER<JAN<<<<<<", True),
        ("LI,YOU-TU", "LI<<YOU<TU<<<<<<<<<<<<<<<<<", True),
        ("SUKARNI", "SUKARNI<<<<<<<<<<<<<<<<<<<<<<<", True),
        ("ABUDUREXITIJIANG,MAIMAITIYIMING", "ABUDUREXITIJIANG<<MAIMAITIYIMI", True),
        ("DELA CRUZ,ROSARIO", "DELA<CRUZ<<R05ARI0<<<<<<<<<<<<", True),
        ("SUKARNO", "SUKARNI<<<<<<<<<<<<<<<<<<<<<<<", False),
        ("LO,KA", "LO<<KA<CHAI<<<<<<<<<<<<<<<<<<<", False),
        ("盧家齊", "LO<<KA<CHAI<<<<<<<<<<<<<<<<<<<", False),
    ],
)
def test_the_third_mrz_line_confirms_a_romanised_name(name: str, machine_line: str, confirms: bool) -> None:  # noqa: FBT001
    assert confirms_name([machine_line], name) == confirms


@pytest.mark.parametrize(
    "read", ["OPRCSC835934200<2612258<9107290<0", "CSC835934200<26L2258<9IO729O<0", "CSC83593420O<Z61ZZ5B<9107290<0"]
)
def test_the_exit_entry_line_is_found_despite_misread_characters(read: str) -> None:
    parts = exit_entry_line([read])
    assert parts == ExitEntryLine(number="C83593420", expiry="261225", birth="910729", is_proven=True)


def test_a_paper_beside_the_lines_does_not_hide_their_code() -> None:
    code = "CT19330165<60843112098M9510076"
    card = finder(line(code, 100, 500), line("最数", 590, 500), line("MBPFLBPDMBNI<<<<AABY2809363722", 100, 560))
    assert machine_lines(card)[0] == code
    assert document_code(machine_lines(card)) is DocumentCode.OTHER


def test_a_number_beside_letters_is_no_machine_readable_line() -> None:
    beside = line("AMPLE H", 20, 100), line("810000201306092158", 300, 100)
    assert machine_lines(finder(*beside)) == []


CODE_IN_GLARE = line("CRH974", 20, 100), line("141F9609303", 620, 100)


def test_a_code_before_glare_begins_the_lines() -> None:
    """Else a surname with P would be a passport's code."""
    parts = *CODE_IN_GLARE, line("PAK<<LING<K<<<<<<<<<<<<<", 20, 220)
    assert machine_lines(finder(*parts)) == ["CRH974141F9609303", "PAK<<LING<K<<<<<<<<<<<<<"]
    assert machine_lines(finder(*CODE_IN_GLARE)) == []
    assert document_code(machine_lines(finder(*parts))) is DocumentCode.HK_MACAO_BACK


@pytest.mark.parametrize(
    "train",
    [line("CRH380A", 20, 0), line("CRH380A", 620, 180), line("CRH380A", 20, 180, 20)],
    ids=["far", "right", "small"],
)
def test_a_text_like_a_code_elsewhere_is_no_line(train: TextLine) -> None:
    passport = line("P<CHNLI<<MING<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", 20, 240)
    assert machine_lines(finder(train, passport)) == [passport.text]
