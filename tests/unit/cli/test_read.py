"""``permit-ocr read`` with a reader that knows a handful of photographs."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.read import TAKES
from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.permits import Kind, Side
from recognizer.reading.result import Reading, ReadingError

FRONT = MainlandPermitAnswer(Name="张三丰", Number="H12345678", Profile="cG8=", WarnCardInfos=(-9109,))
BACK = MainlandPermitAnswer(MainlandTravelPermitBackInfos=MainlandPermitBack(IDNumber="A123456(7)"))
RESIDENCE_BACK = ResidencePermitAnswer(CardType=1, ValidDate="2018.09.06-2023.09.06")


def read_card(image: bytes, *, kind: Kind, side: Side | None) -> Reading:
    match image, kind, side:
        case b"front", Kind.MAINLAND_PERMIT, Side.FRONT:
            return Reading(FRONT, {"Name": 0.5, "Number": 0.98765})
        case b"back", Kind.MAINLAND_PERMIT, Side.BACK:
            return Reading(BACK, {"MainlandTravelPermitBackInfos.IDNumber": 1.0})
        case b"residence", Kind.RESIDENCE_PERMIT, _:
            return Reading(RESIDENCE_BACK, {"ValidDate": 1.0})
        case b"broken", _, _:
            raise ReadingError("FailedOperation.ImageDecodeFailed")
        case _, Kind.MAINLAND_PERMIT, _:
            raise ReadingError("FailedOperation.ImageNoSpecifiedCard")
        case _:
            return Reading(ResidencePermitAnswer(), {})


@pytest.fixture(autouse=True)
def _reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.read.read_card", read_card)
    monkeypatch.setattr("cli.read.load_models", lambda: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("front", "back", "residence", "broken", "landscape"):
        (tmp_path / f"{name}.jpg").write_text(name)
    return tmp_path


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(app, ["read", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_photograph_is_one_line_of_json_in_the_order_of_the_files(folder: Path) -> None:
    result = run(folder / "residence.jpg", folder / "front.jpg", folder / "back.jpg", "--json")
    assert result.exit_code == 0
    residence, front, back = lines(result)
    assert (residence["document"], residence["card_side"]) == ("residence-permit", "BACK")
    assert (back["document"], back["card_side"]) == ("mainland-permit", "BACK")
    assert front.pop("seconds") >= 0
    assert front.pop("answer").keys() >= {"Name", "Number", "WarnCardInfos"}
    assert front == {
        "file": str(folder / "front.jpg"),
        "document": "mainland-permit",
        "card_side": "FRONT",
        "confidences": {"Name": 0.5, "Number": 0.9877},
    }


def test_the_portrait_is_not_printed(folder: Path) -> None:
    assert "cG8=" not in run(folder / "front.jpg", "--json").stdout


def test_a_photograph_that_is_not_read_has_its_code_and_the_exit_status_tells(folder: Path) -> None:
    result = run(folder / "broken.jpg", folder / "landscape.jpg", folder / "front.jpg", "--json")
    assert result.exit_code == 1
    broken, landscape, front = lines(result)
    assert broken["error"] == {
        "code": "FailedOperation.ImageDecodeFailed",
        "message": f"Image decoding failed. {TAKES}",
    }
    assert landscape["error"]["code"] == "FailedOperation.ImageNoSpecifiedCard"
    assert "error" not in front


def test_what_the_caller_says_of_it_is_all_that_is_asked(folder: Path) -> None:
    result = run(folder / "back.jpg", "--document", "mainland-permit", "--json")
    assert lines(result)[0]["error"]["code"] == "FailedOperation.ImageNoSpecifiedCard"
    result = run(folder / "back.jpg", "--document", "mainland-permit", "--card-side", "back", "--json")
    assert lines(result)[0]["card_side"] == "BACK"


def test_the_table_has_every_field_with_its_confidence(folder: Path) -> None:
    result = run(folder / "front.jpg", folder / "broken.jpg")
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["Name", "张三丰", "0.50"] in rows
    assert ["Number", "H12345678", "0.99"] in rows
    assert "(FailedOperation.ImageDecodeFailed)" in result.stdout


def test_a_file_that_cannot_be_opened_is_an_error_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    result = run(folder / "front.jpg", "--json")
    assert result.exit_code == 1
    assert lines(result)[0]["error"] == {"code": "FileNotReadable", "message": "Permission denied"}


def test_a_format_that_only_recognize_takes_is_told_so(folder: Path) -> None:
    result = run(folder / "broken.jpg", "--json")
    assert lines(result)[0]["error"]["message"].endswith(TAKES)
    assert TAKES in " ".join(CliRunner(env={"COLUMNS": "200"}).invoke(app, ["read", "--help"]).stdout.split())
    assert "recognize" in TAKES


def test_a_file_in_a_folder_that_is_passed_over_is_told(folder: Path) -> None:
    (folder / "notes.txt").write_text("no photograph")
    assert "1 file skipped" in run(folder, "--json").stderr


def test_nothing_named_is_one_clear_line(tmp_path: Path) -> None:
    result = run(tmp_path / "no-such.jpg")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"permit-ocr: {tmp_path}/no-such.jpg: no such file")
