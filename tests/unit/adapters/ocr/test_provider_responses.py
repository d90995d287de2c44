"""What the adapter takes for a response: every body ends in one, or in an error of the table."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from permit_ocr.adapters.ocr.provider_errors import ProviderError, response_in
from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.tencent.actions import MAINLAND_PERMIT_ACTION
from permit_ocr.tencent.report_format import report_in_response
from permit_ocr.tencent.response_format import parse_answer


def read(body: str | bytes) -> MainlandPermitAnswer:
    content = body if isinstance(body, bytes) else body.encode()
    answer = parse_answer(MAINLAND_PERMIT_ACTION, response_in(content))
    assert isinstance(answer, MainlandPermitAnswer)
    return answer


def code_of(body: str | bytes) -> str:
    with pytest.raises(ProviderError) as caught:
        read(body)
    return caught.value.code


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "body",
    [
        nested(200_000),
        '{"a":' * 200_000,
        '{"Response": {"New": ' + nested(50_000) + "}}",
        '{"Response": {"Error": {"Code": ' + nested(5_000) + "}}}",
        '{"Response": {"Error": {}}}',
        '{"Response": {"Error": []}}',
        '{"Response": {"Error": ""}}',
        '{"Response": {"Error": {"Code": null}}}',
        '{"Response": {"Name": "a", "Name": "b"}}',
        '{"Response": {"Number": "H12345678"}, "Response": {"Number": "H87654321"}}',
        '{"Response": {"Error": null, "Error": {"Code": "InternalError"}}}',
        '{"Response": {"CardType": ' + "9" * 5_000 + "}}",
        "null",
        "NaN",
        '"Response"',
        "",
        '{"Response": {"Name": "样"}}'.encode("gb18030"),
        '{"Response": {}}'.encode("utf-16"),
        '{"Response": {}}'.encode("utf-32"),
        b'{"Response": {"Name": "\xed\xa0\x80"}}',
        b"\x00",
    ],
)
def test_what_is_no_response_does_not_follow_the_protocol(body: str | bytes) -> None:
    assert code_of(body) == "ServerNetworkError"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("NaN", ""),
        ("Infinity", ""),
        ("-Infinity", ""),
        ("1e999", ""),
        ("null", ""),
        (nested(5_000), ""),
        ('{"a": "b"}', ""),
        ('"\\ud83d"', "?"),
        ('"\\ud83d\\ude00"', "😀"),
        ('"\\u0000"', "\0"),
        ("12345678", "12345678"),
        ("9" * 4_000, "9" * 4_000),
    ],
)
def test_an_odd_value_costs_no_paid_answer(value: str, name: str) -> None:
    answer = read('{"Response": {"Number": "H12345678", "Name": ' + value + "}}")
    assert (answer.Number, answer.Name) == ("H12345678", name)


def test_a_repeated_name_with_the_same_value_is_no_contradiction() -> None:
    assert read('{"Response": {"Name": "a", "Name": "a", "New": [1], "New": [1]}}').Name == "a"


def test_confidences_are_finite() -> None:
    body = b'{"Response": {"FieldConfidences": {"Name": NaN, "Number": 1e999, "Sex": 0.5}}}'
    report = report_in_response(MAINLAND_PERMIT_ACTION, response_in(body))
    assert report.confidences == {"Sex": 0.5}


_NAMES = st.sampled_from(
    (
        *("Response", "Error", "Code", "RequestId", "Name", "CardType", "WarnCardInfos", "FieldConfidences"),
        *("PortraitImageInfo", "ImageCoordinates", "X", "MainlandTravelPermitBackInfos", "HistoryNumber"),
    )
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
@example({"Error": {"Code": "\ud800"}})
def test_any_json_is_a_response_or_an_error(response: object) -> None:
    body = json.dumps({"Response": response}).encode()
    try:
        answer = read(body)
    except ProviderError:
        return
    assert json.dumps(answer.Name, ensure_ascii=False).encode()


@given(st.binary(max_size=40))
def test_any_bytes_are_a_response_or_an_error(content: bytes) -> None:
    assert code_of(content) == "ServerNetworkError"
