"""The table of error codes, as a whole."""

from permit_ocr.tencent.error_table import ERROR_TABLE, UNLISTED, Outcome, Remedy, listed, look_up


def test_no_code_is_listed_twice() -> None:
    codes = [row.code for row in ERROR_TABLE]
    assert sorted(codes) == sorted(set(codes))


def test_what_is_kept_of_a_refusal_was_judged_by_the_first_call() -> None:
    permanent = [row for row in ERROR_TABLE if row.permanent]
    assert {row.outcome for row in permanent} == {Outcome.REJECT}
    assert {(row.retries, row.remedy) for row in permanent} == {(0, None)}
    assert {row.code for row in ERROR_TABLE if row.try_next_action} < {row.code for row in permanent}


def test_whatever_stops_the_line_is_not_repeated_to_the_same_endpoint_with_the_same_credential() -> None:
    open_circuits = [row for row in ERROR_TABLE if row.outcome is Outcome.STOP]
    assert {row.retries for row in open_circuits} == {0}
    assert Remedy.AS_BASE64 not in {row.remedy for row in open_circuits}


def test_what_a_code_is_called_in_a_message_is_judged_as_the_code_itself() -> None:
    for row in ERROR_TABLE:
        said = row.code.replace(".*", ".Anything")
        assert look_up(listed(said)) is look_up(said) is row
    assert look_up(listed("Anything")) is UNLISTED
