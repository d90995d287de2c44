"""A worker process without models whose behaviour, including every kind of failure, is scripted by the image."""

import os
import resource
import signal
import sys
import time
from types import ModuleType
from typing import Any

from permit_ocr.domain.card.answers import (
    MainlandPermitAnswer,
    MainlandPermitBack,
    Portrait,
    PortraitPlace,
    ResidencePermitAnswer,
)
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.reader_report import ReaderReport
from recognizer.reading.result import Reading
from recognizer.service import worker_process
from recognizer.wire.api_error import ApiError

threads: list[int] = []


def use_threads(count: int) -> None:
    threads[:] = [count]


def circumstances() -> dict[str, Any]:
    return {
        "variables": set(os.environ),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "data": resource.getrlimit(resource.RLIMIT_DATA),
        "threads": threads[0],
    }


def read_card(image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:
    match image:
        case b"crash":
            os.kill(os.getpid(), signal.SIGKILL)
        case b"hang":
            time.sleep(600)
        case b"refuse":
            raise ApiError("FailedOperation.ImageNoText")
        case b"fail":
            raise ValueError("张三丰")
        case b"bomb":
            bytearray(8 * 1024**3)
        case b"circumstances":
            time.sleep(0.3)
            return Reading(MainlandPermitAnswer(Name=repr(circumstances())))
        case b"print":
            os.write(1, b"printed by a library")
            os.write(2, "张三丰".encode())
    if kind is Kind.RESIDENCE_PERMIT:
        place = PortraitPlace(X=1, Y=2, Width=3, Height=4)
        portrait = Portrait(PortraitImage="cG8=", ImageCoordinates=place) if return_portrait else None
        return Reading(
            ResidencePermitAnswer(Name="李港安", CardType=1, PortraitImageInfo=portrait),
            ReaderReport(confidences={"Name": 0.25}),
        )
    back = MainlandPermitBack(Name=str(side), HistoryNumber=str(len(image)))
    return Reading(MainlandPermitAnswer(MainlandTravelPermitBackInfos=back, WarnCardInfos=(-9102, -9109)))


def load() -> None:
    if sys.argv[1:] == ["does-not-start"]:
        sys.exit(7)


stand_in = ModuleType("recognizer.service.card_reader")
vars(stand_in).update(read_card=read_card, load=load, use_threads=use_threads)
sys.modules["recognizer.service.card_reader"] = stand_in
worker_process.main()
