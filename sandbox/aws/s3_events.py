"""S3's event notifications: complete records, sent after the object is stored."""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

from moto.s3 import notifications

_event_of_moto = notifications._get_s3_event  # noqa: SLF001  moto has no public hook


def complete_s3_events() -> None:
    """Make moto send events with every member that S3's events have."""
    notifications._get_s3_event = s3_event  # noqa: SLF001  as above


def s3_event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:  # noqa: ANN401  moto's
    """Return moto's event with the members that it lacks, most importantly the object's version.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    event: dict[str, Any] = _event_of_moto(event_name, bucket, key, notification_id)
    for record in event["Records"]:
        record["userIdentity"] = {"principalId": "AWS:SANDBOX"}
        record["requestParameters"] = {"sourceIPAddress": "127.0.0.1"}
        record["responseElements"] = {
            "x-amz-request-id": secrets.token_hex(8).upper(),
            "x-amz-id-2": secrets.token_urlsafe(48),
        }
        record["s3"]["bucket"]["ownerIdentity"] = {"principalId": "SANDBOX"}
        record["s3"]["object"]["key"] = quote_plus(key.name, safe="/")  # moto escapes slashes as well
        record["s3"]["object"]["sequencer"] = f"{time.time_ns():018X}"
        if bucket.is_versioned:
            record["s3"]["object"]["versionId"] = key.version_id
    return event


class DeferredS3Events:
    """WSGI middleware that sends S3's events after the request.

    S3 does the same. moto sends them before it has stored the object's metadata, so a fast function would not find it.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._pending = threading.local()
        self._send: Callable[..., None] = notifications.send_event
        vars(notifications)["send_event"] = self._defer

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:  # noqa: ANN401  WSGI's
        """Answer one request."""
        self._pending.events = []
        try:
            return self._application(environ, start_response)
        finally:
            for event in self._pending.events:
                self._send(*event)

    def _defer(self, *event: Any) -> None:  # noqa: ANN401  moto's
        self._pending.events.append(event)
