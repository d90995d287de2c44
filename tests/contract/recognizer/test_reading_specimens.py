"""Every committed specimen is read correctly: the engine with its models, without a network or a server."""

import base64
import io
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from bench.accuracy.portraits import GOOD_IOU, Points, picture_iou, rectangle_iou
from permit_ocr.domain.card.answers import ResidencePermitAnswer
from permit_ocr.domain.permits import Kind, Side
from recognizer.reading.ocr.model_threads import model_threads
from recognizer.reading.reader import ReadingError, load_models, read
from specimens.photography.copies import Treatment, apply_treatment
from specimens.rendering.canvas import HEIGHT, WIDTH

SPECIMENS = Path(__file__).parents[3] / "events" / "specimens"
TRUTH = json.loads((SPECIMENS / "truth.json").read_text())["specimens"]
LEFT_TO_ITS_OWN_TEST = {"WarnCardInfos", "Profile", "PortraitImageInfo"}


def specimen(start: str) -> dict[str, Any]:
    return next(entry for entry in TRUTH if entry["file"].startswith(start))


def photograph(entry: dict[str, Any]) -> bytes:
    return (SPECIMENS / str(entry["file"])).read_bytes()


def fields(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in LEFT_TO_ITS_OWN_TEST}


def read_entry(entry: dict[str, Any]) -> dict[str, Any]:
    return fields(asdict(read(photograph(entry), kind=Kind(entry["kind"]), side=Side(entry["side"])).answer))


@pytest.fixture(autouse=True, scope="module")
def _models() -> None:
    load_models()


@pytest.mark.parametrize("entry", TRUTH, ids=lambda entry: entry["file"])
def test_every_specimen_is_read_correctly_and_is_not_a_copy(entry: dict[str, Any]) -> None:
    answer = read(photograph(entry), kind=Kind(entry["kind"]), side=Side(entry["side"])).answer
    assert fields(asdict(answer)) == fields(entry["answer"])
    assert answer.WarnCardInfos == (-9109,)


@pytest.mark.parametrize("treatment", [Treatment.TONER_COPY, Treatment.COLOUR_COPY])
def test_a_close_up_of_a_copy_gets_a_warning(treatment: Treatment) -> None:
    """The card of a scanned specimen, printed like a copier does and scanned again."""
    entry = specimen("residence-permit-front")
    scan: Any = cv2.imread(str(SPECIMENS / entry["file"]))
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    flat = cv2.getPerspectiveTransform(np.array(entry["card_corners"], np.float32), corners)
    card = cv2.cvtColor(cv2.warpPerspective(scan, flat, (WIDTH, HEIGHT)), cv2.COLOR_BGR2RGBA)
    sheet, _ = apply_treatment(Image.fromarray(card), treatment, Random(1))
    file = io.BytesIO()
    sheet.convert("RGB").save(file, "JPEG", quality=80)
    reading = read(file.getvalue(), kind=Kind.RESIDENCE_PERMIT)
    assert reading.answer.WarnCardInfos == (-9102, -9109)
    assert isinstance(reading.answer, ResidencePermitAnswer)
    assert reading.answer.IdCardNo == entry["answer"]["IdCardNo"]


def test_only_model_threads_treat_denormal_numbers_as_zero() -> None:
    """Set in the caller's thread, this would change all of the program's arithmetic."""
    assert half_of_the_smallest_normal_number() > 0
    assert model_threads().submit(half_of_the_smallest_normal_number).result() == 0


def half_of_the_smallest_normal_number() -> float:
    return sys.float_info.min / 2


def test_concurrent_reads_do_not_affect_each_other() -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read_entry, TRUTH[:6])) == [fields(entry["answer"]) for entry in TRUTH[:6]]


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270])
def test_a_rotated_photo_is_read_the_same(turn: Image.Transpose) -> None:
    entry = specimen("taiwan-permit-front")
    turned = io.BytesIO()
    Image.open(SPECIMENS / entry["file"]).transpose(turn).save(turned, "JPEG", quality=92)
    answer = read(turned.getvalue(), kind=Kind.MAINLAND_PERMIT).answer
    assert fields(asdict(answer)) == fields(entry["answer"])


def test_a_residence_permits_side_is_always_detected() -> None:
    front, back = specimen("residence-permit-front"), specimen("residence-permit-back")
    for image, side in ((front, Side.BACK), (back, None)):
        answer = read(photograph(image), kind=Kind.RESIDENCE_PERMIT, side=side).answer
        assert isinstance(answer, ResidencePermitAnswer)
        assert answer.CardType == image["answer"]["CardType"]


@pytest.mark.parametrize(
    ("start", "side"),
    [
        ("hk-macao-permit-back", Side.FRONT),
        ("hk-macao-permit-front", Side.BACK),
        ("taiwan-permit-front", Side.BACK),
        ("residence-permit-front", Side.FRONT),
        ("residence-permit-back", Side.FRONT),
    ],
)
def test_the_wrong_side_or_card_is_rejected(start: str, side: Side) -> None:
    with pytest.raises(ReadingError) as caught:
        read(photograph(specimen(start)), kind=Kind.MAINLAND_PERMIT, side=side)
    assert caught.value.code == "FailedOperation.ImageNoSpecifiedCard"


def test_the_residence_action_returns_empty_fields_for_other_cards() -> None:
    reading = read(photograph(specimen("taiwan-permit-front")), kind=Kind.RESIDENCE_PERMIT)
    assert reading.answer == ResidencePermitAnswer(WarnCardInfos=(-9109,))
    assert not reading.report.confidences


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Kind.RESIDENCE_PERMIT, "FailedOperation.ImageNoText"),
        (Kind.MAINLAND_PERMIT, "FailedOperation.ImageNoSpecifiedCard"),
    ],
)
def test_an_image_without_text_gets_the_actions_error_code(kind: Kind, code: str) -> None:
    blank = io.BytesIO()
    Image.new("RGB", (800, 500), "white").save(blank, "PNG")
    with pytest.raises(ReadingError) as caught:
        read(blank.getvalue(), kind=kind)
    assert caught.value.code == code


def assert_cut_out_where_it_is(entry: dict[str, Any], sent: bytes, upright: bytes, true: Points) -> None:
    """Assert that the portrait and its coordinates, if any, match ``true`` in the upright photo."""
    answer = asdict(read(sent, kind=Kind(entry["kind"]), return_portrait=True).answer)
    if entry["kind"] == "residence-permit":
        jpeg = answer["PortraitImageInfo"]["PortraitImage"]
        assert rectangle_iou(true, answer["PortraitImageInfo"]["ImageCoordinates"]) >= GOOD_IOU
    else:
        jpeg = answer["Profile"]
    assert Image.open(io.BytesIO(base64.b64decode(jpeg))).format == "JPEG"
    assert picture_iou(true, upright, jpeg) >= GOOD_IOU


@pytest.mark.parametrize(
    "entry", [entry for entry in TRUTH if entry["side"] == "front"], ids=lambda entry: entry["file"]
)
def test_portraits_are_cropped_at_their_position(entry: dict[str, Any]) -> None:
    image = photograph(entry)
    assert_cut_out_where_it_is(entry, image, image, np.array(entry["portrait_corners"], np.float32))


@pytest.mark.parametrize("start", ["residence-permit-front-1", "taiwan-permit-front-2"])
@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180])
def test_the_portrait_of_a_rotated_card_is_upright(start: str, turn: Image.Transpose) -> None:
    entry = specimen(start)
    picture = Image.open(SPECIMENS / entry["file"])
    turned = io.BytesIO()
    picture.transpose(turn).save(turned, "JPEG", quality=92)
    x, y = np.array(entry["portrait_corners"], np.float32).T
    corners = {
        Image.Transpose.ROTATE_90: (y, picture.width - x),
        Image.Transpose.ROTATE_180: (picture.width - x, picture.height - y),
    }
    true = np.stack(corners[turn], axis=1)
    assert_cut_out_where_it_is(entry, turned.getvalue(), turned.getvalue(), true)


@pytest.mark.parametrize("start", ["residence-permit-front-1", "taiwan-permit-front-2"])
def test_portrait_coordinates_respect_the_exif_orientation(start: str) -> None:
    entry = specimen(start)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # rotate by 90 degrees clockwise
    stored = io.BytesIO()
    picture = Image.open(SPECIMENS / entry["file"])
    picture.transpose(Image.Transpose.ROTATE_90).save(stored, "JPEG", quality=92, exif=exif)
    true = np.array(entry["portrait_corners"], np.float32)
    assert_cut_out_where_it_is(entry, stored.getvalue(), photograph(entry), true)
