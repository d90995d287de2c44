"""The port ``AuditTrail`` on CloudWatch Logs: a log group of its own, one stream for each execution environment.

The lines are sent by an API call rather than printed, so that the log level does not filter them and a failure is
noticed.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from permit_ocr.application.ports import AuditLine
from permit_ocr.aws_errors import refused, translate_aws_errors

SERVICE: Final = "CloudWatchLogs"
"""What the codes of its errors start with."""


class CloudWatchAuditTrail:
    """Each call of ``record`` is one call of ``PutLogEvents``, and the first one also creates the stream."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401  boto3's client of ``logs``
        *,
        group: str,
        stream: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``stream`` is the beginning of the stream's name."""
        self._client = client
        self._group = group
        self._stream = f"{stream}/{uuid4().hex}"
        self._clock = clock
        self._lock = threading.Lock()
        self._is_created = False

    def record(self, lines: Sequence[AuditLine]) -> None:
        if not lines:
            return
        now = self._clock()
        time_text = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
        known = [{name: value for name, value in asdict(line).items() if value is not None} for line in lines]
        with translate_aws_errors(SERVICE):
            self._create_stream()
            response = self._client.put_log_events(
                logGroupName=self._group,
                logStreamName=self._stream,
                logEvents=[
                    {"timestamp": round(now * 1000), "message": json.dumps({"time": time_text, **fields})}
                    for fields in known
                ],
            )
        if response.get("rejectedLogEventsInfo"):  # such as by a clock that is hours wrong
            raise refused(SERVICE, "Rejected")

    def _create_stream(self) -> None:
        with self._lock:
            if self._is_created:
                return
            # It exists if botocore has repeated a call whose response was lost.
            with suppress(self._client.exceptions.ResourceAlreadyExistsException):
                self._client.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
            self._is_created = True
