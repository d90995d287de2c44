"""What was recorded in the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from permit_ocr.application.ports import AuditLine
from permit_ocr.domain.errors import Deferred


@dataclass
class FakeAuditTrail:
    lines: list[AuditLine] = field(default_factory=list)
    fails: bool = False

    def record(self, lines: Sequence[AuditLine]) -> None:
        if self.fails:
            raise Deferred("CloudWatchLogs.ServiceUnavailableException", "not now", "wait")
        self.lines.extend(lines)
