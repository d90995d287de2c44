"""The OCR provider of a benchmark: ``permit-ocr recognizer`` answering from a recording.

No image is recognised, so a benchmark chooses the provider's latency, quota and faults.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

import httpx

from bench.environment.build import ROOT
from permit_ocr.domain.card.answers import MainlandPermitAnswer
from recognizer.wire.common_parameters import LOCAL_CREDENTIALS

COMMAND: Final = Path(sys.executable).parent / "permit-ocr"
AMPLE_CAPACITY: Final = ("--workers=64", "--waiting=256")
"""Options with which only latency, quota and faults limit the provider."""
_READY_SECONDS: Final = 120.0
LAST_DAY: Final = date(2030, 10, 8)
"""The last day of validity of every card that it reads."""
_ANSWER: Final = MainlandPermitAnswer(
    Name="样本",
    Sex="男",
    Birthday="1981.08.03",
    ValidDate=f"2020.10.09-{LAST_DAY:%Y.%m.%d}",
    Number="H12345678",
    Type="港澳居民来往内地通行证",
)
_DOUBTFUL: Final = replace(_ANSWER, WarnCardInfos=(-9102,))
"""An answer about a photocopy: its document needs a review."""


@dataclass(slots=True)
class FakeProvider:
    """A provider that can be stopped and started again with other options."""

    port: int
    directory: Path
    """Where its recorded answers are written."""
    doubtful_every: int | None = None
    """Every how many answers one is about a photocopy."""
    process: subprocess.Popen[bytes] | None = None
    _earlier_calls: Counter[str] = field(default_factory=Counter)

    @property
    def endpoint(self) -> str:
        """The URL that it listens on."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *options: str) -> None:
        """Start it with options of ``permit-ocr recognizer`` and wait until it is healthy."""
        answers = self.directory / "answers.json"
        certain = [_ANSWER] * ((self.doubtful_every or 2) - 1)
        sequence = [asdict(one) for one in (*certain, *([_DOUBTFUL] if self.doubtful_every else []))]
        answers.write_text(json.dumps({"sequence": {"MainlandPermitOCR": sequence}}, ensure_ascii=False))
        command: list[str | Path] = [COMMAND, "recognizer", f"--port={self.port}", f"--answers={answers}", *options]
        credentials = {
            "RECOGNIZER_SECRET_ID": LOCAL_CREDENTIALS.secret_id,
            "RECOGNIZER_SECRET_KEY": LOCAL_CREDENTIALS.secret_key,
        }
        silent = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | credentials, stdout=silent, stderr=silent)
        self.process = process
        wait_until_ready(process, lambda: httpx.get(f"{self.endpoint}/health").status_code == httpx.codes.OK)

    def stop(self) -> None:
        """Stop it; its call counts are kept."""
        if self.process:
            self._earlier_calls = self.calls()
            self.process.terminate()
            self.process.wait()
            self.process = None

    def calls(self) -> Counter[str]:
        """Return the number of calls answered so far, by response code."""
        counts = Counter(self._earlier_calls)
        for code, count in re.findall(r'calls_total\{action="[^"]*",code="([^"]*)"\} (\d+)', self._metrics()):
            counts[code] += int(count)
        return counts

    def busiest_second(self) -> int:
        """Return the most authenticated calls that arrived within one calendar second."""
        counts = re.findall(r'busiest_second_calls\{[^}]*state="arrived"\} (\d+)', self._metrics())
        return max(map(int, counts), default=0)

    def _metrics(self) -> str:
        return httpx.get(f"{self.endpoint}/metrics").text


def wait_until_ready(process: subprocess.Popen[bytes], is_ready: Callable[[], bool]) -> None:
    """Poll ``is_ready``. Raises ``RuntimeError`` if the process ends first or is not ready in two minutes."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended before it was ready")
        try:
            if is_ready():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} was not ready within {_READY_SECONDS:g} s")
