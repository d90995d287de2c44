"""Recorded answers and fault injection."""

import json
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.domain.permits import Kind
from permit_ocr.domain.reader_report import ReaderReport
from recognizer.reading.result import Reading
from recognizer.service.fake_provider import (
    Fault,
    FaultInjector,
    InvalidFakeProviderSettings,
    RecordedAnswers,
    parse_latency,
)
from recognizer.wire.api_error import ApiError

ONE, TWO = {"Name": "一"}, {"Name": "二"}


def read(answers: RecordedAnswers, image: bytes = b"image", kind: Kind = Kind.MAINLAND_PERMIT) -> Reading:
    return answers(image, kind=kind, side=None, return_portrait=False)


def test_an_image_gets_the_answer_recorded_for_it() -> None:
    recorded = {"images": {sha256(b"image").hexdigest(): {"MainlandPermitOCR": ONE}}}
    assert read(RecordedAnswers(recorded)) == Reading(MainlandPermitAnswer(Name="一"))


def test_other_images_get_the_sequence_repeatedly() -> None:
    answers = RecordedAnswers({"sequence": {"MainlandPermitOCR": [ONE, TWO]}})
    assert [read(answers).answer.Name for _ in range(5)] == ["一", "二", "一", "二", "一"]


def test_confidences_can_be_recorded() -> None:
    answers = RecordedAnswers({"sequence": {"MainlandPermitOCR": [{**ONE, "FieldConfidences": {"Name": 0.5}}]}})
    assert read(answers) == Reading(MainlandPermitAnswer(Name="一"), ReaderReport(confidences={"Name": 0.5}))


def test_an_error_can_be_recorded() -> None:
    answers = RecordedAnswers({"sequence": {"MainlandPermitOCR": [{"Error": "FailedOperation.ImageBlur"}]}})
    with pytest.raises(ApiError) as raised:
        read(answers)
    assert raised.value.code == "FailedOperation.ImageBlur"


def test_no_recording_means_another_card() -> None:
    answers = RecordedAnswers({"sequence": {"MainlandPermitOCR": [ONE]}})
    with pytest.raises(ApiError, match=r"FailedOperation\.ImageNoSpecifiedCard"):
        read(answers, kind=Kind.RESIDENCE_PERMIT)


@pytest.mark.parametrize(
    "recorded",
    [
        [],
        {"other": {}},
        {"images": []},
        {"sequence": {"MainlandPermitOCR": ONE}},
        {"sequence": {"Other": [ONE]}},
        {"sequence": {"MainlandPermitOCR": ["一"]}},
        {"images": {"00": {"MainlandPermitOCR": [ONE]}}},
        {"images": {"00": {"MainlandPermitOCR": {"Error": 5}}}},
        {"images": {"00": {"MainlandPermitOCR": {"NoSuchField": "x"}}}},
        {"images": {"00": {"MainlandPermitOCR": {"FieldConfidences": [0.5]}}}},
        {"images": {"00": {"MainlandPermitOCR": {"FieldConfidences": {"Name": "high"}}}}},
    ],
)
def test_a_malformed_file_is_rejected_when_it_is_loaded(tmp_path: Path, recorded: Any) -> None:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(recorded))
    with pytest.raises(InvalidFakeProviderSettings, match=r"answers\.json: "):
        RecordedAnswers.load(path)


def test_a_file_that_is_not_json_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text("{")
    with pytest.raises(InvalidFakeProviderSettings, match=r"answers\.json: "):
        RecordedAnswers.load(path)


@pytest.mark.parametrize(
    "name", ["reset", "hang", "truncated", "html", "http-502", "http-404", "http-307", "InternalError"]
)
def test_a_fault_has_a_name_and_a_probability(name: str) -> None:
    assert Fault.parse(f"{name}=0.05") == Fault(name, 0.05)


@pytest.mark.parametrize("text", ["reset", "reset=", "reset=x", "reset=1.1", "reset=-0.1", "reset=nan"])
def test_a_share_must_be_from_0_to_1(text: str) -> None:
    with pytest.raises(InvalidFakeProviderSettings, match=r"NAME=PROBABILITY"):
        Fault.parse(text)


@pytest.mark.parametrize("text", ["explode=0.1", "http-200=0.1", "http-600=0.1", "NoSuchCode=0.1"])
def test_the_error_names_an_unknown_fault(text: str) -> None:
    with pytest.raises(InvalidFakeProviderSettings, match=text.partition("=")[0]):
        Fault.parse(text)


def test_faults_have_the_given_frequency_and_are_reproducible() -> None:
    faults = [Fault("reset", 0.1), Fault("InternalError", 0.3)]
    one, again = (FaultInjector(faults, seed=7) for _ in range(2))
    series = [one.next_fault() for _ in range(2000)]
    assert series == [again.next_fault() for _ in range(2000)]
    counted = Counter(fault.name if fault else "none" for fault in series)
    assert abs(counted["reset"] - 200) < 60
    assert abs(counted["InternalError"] - 600) < 90


def test_shares_must_not_exceed_1_in_total() -> None:
    FaultInjector([Fault("reset", 0.7), Fault("hang", 0.3)])
    with pytest.raises(InvalidFakeProviderSettings, match=r"must not exceed 1"):
        FaultInjector([Fault("reset", 0.7), Fault("hang", 0.4)])


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_latency_is_a_number_or_a_range(one: float, other: float) -> None:
    least, most = sorted((one, other))
    assert parse_latency(f"{least:f}") == (float(f"{least:f}"),) * 2
    assert parse_latency(f"{least:f}-{most:f}") == (float(f"{least:f}"), float(f"{most:f}"))


@pytest.mark.parametrize("text", ["", "x", "-1", "1-", "2-1", "inf", "nan", "1-2-3"])
def test_a_malformed_latency_is_rejected(text: str) -> None:
    with pytest.raises(InvalidFakeProviderSettings, match=r"latency"):
        parse_latency(text)
