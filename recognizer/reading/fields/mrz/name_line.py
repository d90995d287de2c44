"""The last machine-readable line of the HK/Macao permit's back: the romanised name, without a check digit."""

import re
from collections.abc import Sequence
from typing import Final

_NAME: Final = re.compile(r"([A-Z]+(?:<[A-Z]+)*)(?:<<([A-Z]+(?:<[A-Z]+)*))?<*")
_CODE: Final = re.compile(r"C[RF<]|[A-P]{16}")
"""How the other two lines begin."""
_WIDTH: Final = 30
_LETTERS: Final = str.maketrans("0158", "OISB")
"""Digits that are read for letters: the line has none."""


def romanized_name(lines: Sequence[str]) -> str:
    """Return the name in the last line as ``VAN DER BERG,PIETER JAN``; empty if it fills the line and may be cut."""
    found = _NAME.fullmatch(lines[-1].translate(_LETTERS)) if lines and not _CODE.match(lines[-1]) else None
    if found is None or not lines[-1].endswith("<"):
        return ""
    return ",".join(part.replace("<", " ") for part in found.groups() if part)


def confirms_name(lines: Sequence[str], name: str) -> bool:
    """Tell whether a line repeats a romanised name such as ``VAN DER BERG,PIETER JAN``, truncated to 30 characters."""
    expected = re.sub("[^A-Z<]+", "<", name.replace("'", "").replace(",", "<<")).ljust(_WIDTH, "<")[:_WIDTH]
    names = [line.translate(_LETTERS) for line in lines if not _CODE.match(line)]
    return any(_NAME.fullmatch(line) and line.ljust(_WIDTH, "<")[:_WIDTH] == expected for line in names)
