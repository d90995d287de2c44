"""How many results have which verdict, and which files turn out to be both sides of one card."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from permit_ocr.domain.permits import Side
from permit_ocr.domain.verdict import Verdict

_WITHOUT_RESULT: Final = "without a result"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run has found, counted file by file."""

    verdicts: Counter[str] = field(default_factory=Counter)
    two_sided: list[str] = field(default_factory=list)
    """The names of files of several pages, among them a front and a back of the same kind of card."""

    def add(self, file_name: str, events: Sequence[dict[str, Any]]) -> None:
        """Count the results of one file: one, one for each page, or none."""
        found = [event["data"] for event in events]
        self.verdicts.update([data["verdict"] for data in found] or [_WITHOUT_RESULT])
        sides = {(data["kind"], data.get("side")) for data in found}
        if any({(kind, Side.FRONT), (kind, Side.BACK)} <= sides for kind, _ in sides):
            self.two_sided.append(file_name)

    def in_words(self) -> str:
        """Return the counts: ``2 accepted, 1 rejected``."""
        counted = ((verdict, self.verdicts[verdict]) for verdict in (*Verdict, _WITHOUT_RESULT))
        return ", ".join(f"{number:,} {verdict}" for verdict, number in counted if number)
