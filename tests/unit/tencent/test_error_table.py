"""Rules for the error table as a whole."""

from permit_ocr.tencent.error_table import ERROR_TABLE, UNLISTED, Outcome, Remedy, listed_code, look_up


def test_every_code_is_listed_once() -> None:
    codes = [row.code for row in ERROR_TABLE]
    assert sorted(codes) == sorted(set(codes))


def test_permanent_refusals_are_rejected_on_the_first_call() -> None:
    permanent = [row for row in ERROR_TABLE if row.permanent]
    assert {row.outcome for row in permanent} == {Outcome.REJECT}
    assert {(row.retries, row.remedy) for row in permanent} == {(0, None)}
    assert {row.code for row in ERROR_TABLE if row.try_next_action} < {row.code for row in permanent}


def test_a_code_that_opens_the_circuit_is_not_retried_in_the_same_way() -> None:
    open_circuits = [row for row in ERROR_TABLE if row.outcome is Outcome.OPEN_CIRCUIT]
    assert {row.retries for row in open_circuits} == {0}
    assert Remedy.AS_BASE64 not in {row.remedy for row in open_circuits}


def test_the_code_in_a_message_finds_the_same_row_as_the_original() -> None:
    for row in ERROR_TABLE:
        code = row.code.replace(".*", ".Anything")
        assert look_up(listed_code(code)) is look_up(code) is row
    assert look_up(listed_code("Anything")) is UNLISTED
