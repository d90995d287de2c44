"""The recogniser as users start it: in a separate process, on a free port."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

PATIENCE_SECONDS = 60.0  # only against hanging: durations are measured elsewhere
SECRET_ID, SECRET_KEY = "AKIDcontract", "key-of-the-contract-tests"
RESIDENCE = {
    "Name": "李港安",
    "Sex": "女",
    "Birth": "1997/6/2",
    "Address": "广东省深圳市某路1号",
    "IdCardNo": "830000199706020042",
    "CardType": 0,
    "ValidDate": "",
    "Authority": "",
    "VisaNum": "0",
    "PassNo": "H98765432",
    "PortraitImageInfo": {
        "PortraitImage": "cG9ydHJhaXQ=",
        "ImageCoordinates": {"X": 1, "Y": 2, "Width": 3, "Height": 4},
    },
}
MAINLAND = {
    "Name": "张三丰",
    "EnglishName": "ZHANG,SANFENG",
    "Sex": "男",
    "Birthday": "1981.08.03",
    "IssueAuthority": "公安部出入境管理局",
    "ValidDate": "2018.10.09-2028.10.08",
    "Number": "H12345678",
    "IssueAddress": "",
    "IssueNumber": "1",
    "Type": "港澳居民来往内地通行证",
    "Profile": "cG9ydHJhaXQ=",
    "Nationality": "",
}
RECORDED = {"sequence": {"HmtResidentPermitOCR": [RESIDENCE], "MainlandPermitOCR": [MAINLAND]}}


@dataclass
class RunningRecognizer:
    """The running process, its port, and the lines it has written so far."""

    port: int
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        assert self.process.stderr is not None
        self._collector = threading.Thread(target=self.lines.extend, args=(self.process.stderr,), daemon=True)
        self._collector.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def whole_log(self) -> str:
        """Return its whole log; call it after the process has ended."""
        self._collector.join(PATIENCE_SECONDS)
        assert not self._collector.is_alive()
        return "".join(self.lines)

    def get(self, path: str) -> str:
        with urlopen(f"http://{self.host}{path}", timeout=PATIENCE_SECONDS) as response:
            content: bytes = response.read()
            return content.decode()


@contextmanager
def recognizer(directory: Path, *options: str) -> Iterator[RunningRecognizer]:
    """Run it with recorded answers for the block, and check its exit status."""
    answers = directory / "answers.json"
    answers.write_text(json.dumps(RECORDED))
    with reading_recognizer("--answers", str(answers), *options) as running:
        yield running


@contextmanager
def reading_recognizer(*options: str) -> Iterator[RunningRecognizer]:
    """Run it with its models for the block, and check its exit status unless the block killed it."""
    process = subprocess.Popen(
        [Path(sys.executable).with_name("permit-ocr"), "recognizer", "--port", "0", *options],
        stderr=subprocess.PIPE,
        text=True,
        env={"RECOGNIZER_SECRET_ID": SECRET_ID, "RECOGNIZER_SECRET_KEY": SECRET_KEY, "PATH": "/usr/bin:/bin"},
    )
    assert process.stderr is not None
    try:
        ready = re.fullmatch(r"recognizer: ready at http://127\.0\.0\.1:(\d+)\n", process.stderr.readline())
        assert ready is not None
        yield RunningRecognizer(int(ready[1]), process)
    finally:
        process.terminate()
        try:
            status = process.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert status in {0, -signal.SIGKILL}, "unexpected exit status"
