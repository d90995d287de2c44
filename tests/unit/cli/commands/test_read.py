"""``permit-ocr read`` with a fake reader that knows a handful of photos."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from cli.commands.read import ACCEPTED_FORMATS, CONVERTED_BY_RECOGNIZE, REDUCED_BY_RECOGNIZE, TOO_LARGE_TO_READ
from cli.main import app
from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.reader_report import ReaderReport
from permit_ocr.images.rejections import rejection
from recognizer.reading.result import Reading, ReadingError

FRONT = MainlandPermitAnswer(Name="张三丰", Number="H12345678", Profile="cG8=", WarnCardInfos=(-9109,))
BACK = MainlandPermitAnswer(MainlandTravelPermitBackInfos=MainlandPermitBack(IDNumber="A123456(7)"))
RESIDENCE_BACK = ResidencePermitAnswer(CardType=1, ValidDate="2018.09.06-2023.09.06")


NAMES = ("front", "back", "residence", "broken", "landscape", "cut")


def jpeg(name: str) -> bytes:
    """Return an image with this comment, by which ``read_card`` knows it."""
    file = BytesIO()
    Image.new("L", (200, 100)).save(file, "JPEG", comment=name.encode())
    return file.getvalue()


def read_card(image: bytes, *, kind: Kind, side: Side | None) -> Reading:
    match next((name for name in NAMES if name.encode() in image), "broken"), kind, side:
        case "front", Kind.MAINLAND_PERMIT, Side.FRONT:
            return Reading(FRONT, ReaderReport(confidences={"Name": 0.5, "Number": 0.98765}))
        case "back", Kind.MAINLAND_PERMIT, Side.BACK:
            return Reading(BACK, ReaderReport(confidences={"MainlandTravelPermitBackInfos.IDNumber": 1.0}))
        case "residence", Kind.RESIDENCE_PERMIT, _:
            return Reading(RESIDENCE_BACK, ReaderReport(confidences={"ValidDate": 1.0}))
        case "broken" | "cut", _, _:
            raise ReadingError("FailedOperation.ImageDecodeFailed")
        case _, Kind.MAINLAND_PERMIT, _:
            raise ReadingError("FailedOperation.ImageNoSpecifiedCard")
        case _:
            return Reading(ResidencePermitAnswer())


@pytest.fixture(autouse=True)
def _reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.commands.read.read_card", read_card)
    monkeypatch.setattr("cli.commands.read.load_models", lambda: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / f"{name}.jpg").write_bytes(jpeg(name)[: -50 if name == "cut" else None])
    return tmp_path


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(app, ["read", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_photo_is_one_line_of_json_in_file_order(folder: Path) -> None:
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


def test_an_unreadable_photo_has_an_error_code_and_exit_status_1(folder: Path) -> None:
    result = run(folder / "broken.jpg", folder / "landscape.jpg", folder / "front.jpg", "--json")
    assert result.exit_code == 1
    broken, landscape, front = lines(result)
    assert broken["error"] == {
        "code": "Document.Damaged",
        "message": "The file is damaged and cannot be decoded. Take another photo, or export the file again.",
    }
    assert landscape["error"]["code"] == "FailedOperation.ImageNoSpecifiedCard"
    assert "error" not in front


def test_only_the_given_document_and_side_are_tried(folder: Path) -> None:
    result = run(folder / "back.jpg", "--document", "mainland-permit", "--json")
    assert lines(result)[0]["error"]["code"] == "FailedOperation.ImageNoSpecifiedCard"
    result = run(folder / "back.jpg", "--document", "mainland-permit", "--card-side", "back", "--json")
    assert lines(result)[0]["card_side"] == "BACK"


def test_the_table_shows_every_field_with_its_confidence(folder: Path) -> None:
    result = run(folder / "front.jpg", folder / "broken.jpg")
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["Name", "张三丰", "0.50"] in rows
    assert ["Number", "H12345678", "0.99"] in rows
    assert "(Document.Damaged)" in result.stdout


def test_a_file_that_cannot_be_opened_has_its_own_error_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    result = run(folder / "front.jpg", "--json")
    assert result.exit_code == 1
    assert lines(result)[0]["error"] == {
        "code": "FileNotReadable",
        "message": "You have no permission for this file or folder.",
    }


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "Document.Empty"), (b"hello", "Document.UnsupportedFormat"), (b"\xff\xd8\xff", "Document.Truncated")],
)
def test_a_file_that_is_no_photo_has_the_reason_of_recognize(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    rejected = rejection(code)
    (line,) = lines(run(tmp_path / "a.jpg", "--json"))
    assert line["error"] == {"code": code, "message": f"{rejected.meaning} {rejected.advice}"}


def test_an_undecodable_file_without_its_end_is_incomplete(folder: Path) -> None:
    assert lines(run(folder / "cut.jpg", "--json"))[0]["error"]["code"] == "Document.Truncated"


def test_an_unsupported_format_points_to_recognize(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.7")
    (line,) = lines(run(tmp_path / "scan.pdf", "--json"))
    text = f"{ACCEPTED_FORMATS} {CONVERTED_BY_RECOGNIZE}"
    assert line["error"] == {"code": "Document.UnsupportedFormat", "message": text}
    assert text in " ".join(CliRunner(env={"COLUMNS": "200"}).invoke(app, ["read", "--help"]).stdout.split())


def test_an_image_that_recognize_makes_smaller_points_to_it(tmp_path: Path) -> None:
    Image.new("1", (8000, 5100)).save(tmp_path / "scan.png")
    (line,) = lines(run(tmp_path / "scan.png", "--json"))
    assert line["error"] == {"code": "Document.TooManyPixels", "message": f"{TOO_LARGE_TO_READ} {REDUCED_BY_RECOGNIZE}"}


def test_skipped_files_in_a_folder_are_reported(folder: Path) -> None:
    (folder / "notes.txt").write_text("not a photo")
    assert "1 file skipped" in run(folder, "--json").stderr


def test_a_missing_file_is_a_one_line_error(tmp_path: Path) -> None:
    result = run(tmp_path / "no-such.jpg")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"permit-ocr: {tmp_path}/no-such.jpg: no such file")
