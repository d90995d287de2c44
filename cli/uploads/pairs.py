"""Cases: which photos are the two sides of one card, and the result of the pair.

With ``--pairs``, two photos are a pair if they are in one folder and

- their names differ only in the words *front* and *back*, or 正面 and 反面 (背面), or
- they are the only two in it.

The name of such a case is a digest of both photos: it must not contain a person's name, as file names do, and it stays
the same when a run is resumed.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cli.deployment import Deployment
from permit_ocr.adapters.dynamodb.cases import DynamoDbCases

_SIDE: Final = re.compile(r"(?<![a-z])(front|back)(?![a-z])|(正面|反面|背面)", re.IGNORECASE)
_FRONT_WORDS: Final = frozenset({"front", "正面"})
_SIDES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The name of the case of each photo that has one, and the photos without a partner."""

    names: Mapping[Path, str] = field(default_factory=dict)
    alone: Sequence[Path] = ()

    def files_by_case(self) -> dict[str, list[Path]]:
        """Return the photos of each case."""
        found: dict[str, list[Path]] = {}
        for file, case in self.names.items():
            found.setdefault(case, []).append(file)
        return found


def find_pairs(files: Sequence[Path]) -> Cases:
    """Return a case for each pair among ``files``. Raises ``OSError``."""
    by_name: dict[tuple[Path, str], list[Path]] = {}
    by_folder: dict[Path, list[Path]] = {}
    for file in files:
        by_folder.setdefault(file.parent, []).append(file)
        if _SIDE.search(file.stem):
            by_name.setdefault((file.parent, _SIDE.sub("*", file.stem)), []).append(file)
    pairs = [pair for pair in by_name.values() if len(pair) == _SIDES and _is_front_and_back(pair)]
    pairs += [pair for pair in by_folder.values() if len(pair) == _SIDES and pair not in pairs]
    names = {file: name for pair in pairs for name in [_case_name(pair)] for file in pair}
    return Cases(names=names, alone=[file for file in files if file not in names])


def completed_events(cases: Iterable[str], deployment: Deployment) -> dict[str, list[dict[str, Any]]]:
    """Return the events of the complete pairs of each case. Raises ``RetryableError``.

    A pair is completed before the second side's result is published, so there is nothing to wait for.
    """
    stored = DynamoDbCases(deployment.dynamodb, table=deployment.work_table, keep_days=1)
    found = {}
    for name in cases:
        case = stored.get(name)
        events = [stored.completed_event(event_id) for event_id in case.completed.values()] if case else []
        found[name] = [json.loads(event) for event in events if event]
    return found


def _is_front_and_back(pair: Sequence[Path]) -> bool:
    words = [[word.lower() for found in _SIDE.findall(file.stem) for word in found if word] for file in pair]
    fronts = [sum(word in _FRONT_WORDS for word in of_file) for of_file in words]
    return fronts[0] != fronts[1]


def _case_name(pair: Sequence[Path]) -> str:
    digests = sorted(sha256(file.read_bytes()).hexdigest() for file in pair)
    return f"pair-{sha256(''.join(digests).encode()).hexdigest()[:20]}"
