"""What is printed is printed as it is."""

import re
from pathlib import Path

import cli

CALL = re.compile(r"\bConsole\((?P<arguments>[^)]*)\)")


def test_no_console_turns_parts_of_an_arn_into_emoji() -> None:
    """Rich would print the ``:secret:`` of an ARN as a picture."""
    sources = [file.read_text(encoding="utf-8") for file in Path(cli.__file__).parent.rglob("*.py")]
    arguments = [call["arguments"] for source in sources for call in CALL.finditer(source)]
    assert arguments
    assert [text for text in arguments if "emoji=False" not in text] == []
