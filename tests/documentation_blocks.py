"""The bash blocks of the documentation, split into the commands that are run and those that only a reader runs."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCK: Final = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)

NOT_RUN: Final = {
    r"\.venv/bin/permit-ocr up\b": "runs until it is stopped; tests/sandbox starts it in the same way",
    r"\.venv/bin/permit-ocr recognizer\b": "runs until it is stopped; tests/contract starts it in the same way",
    r"\.venv/bin/permit-ocr backfill\b": "would queue the objects of every other test; tests/unit/cli runs it",
    r"\.venv/bin/permit-ocr expiring\b": "the sandbox that the tests share has no reminders; tests/unit/cli runs it",
    r"\.venv/bin/permit-ocr watch +#": "runs until it is stopped; README.md has it with --seconds",
    r"echo \S+ > \.sandbox/today\b": "changes the date of the sandbox that the tests share",
    r"make (demo|test|build)\b": "takes minutes; make test runs these tests, and installs and builds first",
    r"\.venv/bin/python -m bench\.": "takes minutes; the benchmarks have tests of their own",
    r"docker ": "there is no Docker here; tests/contract/recognizer/test_lambda_image.py reads the Dockerfile",
    r"(\.venv/bin/)?sam (deploy|build)\b": "needs an account or Docker; tests/ministack deploys with SAM CLI",
    r"previous=|alarms=|triggers=|aws cloudformation update-stack ": "the emulator has no alarms of a stack",
    r"aws sqs (start|list)-message-move-task": "moto answers 500",
    r"aws service-quotas ": "the emulator has no service quotas",
}
"""Why commands are not run, by regular expression. Their arguments are checked instead: those of ``permit-ocr``,
``sam`` and ``aws`` by the program's own parser, those of ``make`` and ``python -m`` by the names in the Makefile and in
the module. Those of ``docker`` are not checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A bash block; ``number`` counts those of the page, from 1."""

    page: Path
    number: int
    text: str

    @property
    def name(self) -> str:
        """Return the page with the number: ``docs/usage.md-2``."""
        return f"{self.page.relative_to(ROOT).as_posix()}-{self.number}"

    def commands(self) -> Iterator[str]:
        """Yield the commands as bash separates them: a function or a loop is one."""
        command = ""
        for line in self.text.splitlines(keepends=True):
            command += line
            if command.strip() and not command.endswith("\\\n") and _is_complete(command):
                yield command
                command = ""
        assert not command.strip(), f"{self.name}: {command}"


def bash_blocks() -> list[Block]:
    """Return every bash block of the documentation."""
    return [
        Block(page=page, number=number, text=text)
        for page in PAGES
        for number, text in enumerate(blocks(page, "bash"), start=1)
    ]


def blocks(page: Path, language: str) -> list[str]:
    """Return the text of a page's blocks in a language."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [dedent(block["text"]) for block in found if block["language"] == language]


def reason_not_to_run(command: str) -> str | None:
    """Return the pattern in ``NOT_RUN`` that a command begins with; None if it is to be run."""
    return next((pattern for pattern in NOT_RUN if re.match(pattern, command)), None)


def _is_complete(command: str) -> bool:
    return subprocess.run(["bash", "-n"], input=command, text=True, capture_output=True, check=False).returncode == 0  # noqa: S607
