"""moto's server, on the loopback address only, with what it leaves out of S3, DynamoDB and SQS FIFO.

It logs no request: a path in its log would be an object key, and a key may hold a name.

python -m sandbox.cloud_server PORT
"""

import io
import logging
import os
import secrets
import sys
import threading
import time
import traceback
from collections.abc import Callable
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final
from urllib.parse import quote_plus

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3 import notifications
from moto.sqs import models as sqs
from werkzeug.datastructures import Headers
from werkzeug.serving import run_simple
from werkzeug.test import run_wsgi_app

from sandbox.upload_forms import UploadForms

_event_of_moto = notifications._get_s3_event  # noqa: SLF001  moto offers no other place


def s3_event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:  # noqa: ANN401  moto's
    """Return moto's event with the members that S3's has and moto's has not, the object's version above all.

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


class EventsAfterRequests:
    """A WSGI application that sends S3's events once a request is done.

    moto sends them before it has stored the object's metadata, where a quick function would not find it; S3, after.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._waiting = threading.local()
        self._send: Callable[..., None] = notifications.send_event
        vars(notifications)["send_event"] = self._keep

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:  # noqa: ANN401  WSGI's
        """Answer one request."""
        self._waiting.events = []
        try:
            return self._application(environ, start_response)
        finally:
            for event in self._waiting.events:
                self._send(*event)

    def _keep(self, *event: Any) -> None:  # noqa: ANN401  moto's
        self._waiting.events.append(event)


class InTurn:
    """A WSGI application that answers DynamoDB's requests and S3's uploads one after the other.

    DynamoDB's conditional writes are atomic; moto's check and its write are two steps that threads may come between.
    And however many upload at once, a write waits for one or two uploads: AWS's services do not slow each other down,
    while moto's share one process, where eight senders made a write last three to four times as long.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._turn = threading.Lock()
        self._upload = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:  # noqa: ANN401  WSGI's
        """Answer one request."""
        if environ.get("REQUEST_METHOD") == "PUT":
            with self._upload, self._turn:
                return self._application(environ, start_response)
        if environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB_"):
            with self._turn:
                return self._application(environ, start_response)
        return self._application(environ, start_response)


SHOW_AGAIN: Final = "/sandbox/show-again"


class TimeoutsThatEndOnDemand:
    """A WSGI application with one request of its own: ``POST /sandbox/show-again``.

    It makes every message in flight visible, as the end of its visibility timeout would: a test of what happens when a
    function was killed need not wait the minutes that takes. Answers how many there were.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:  # noqa: ANN401  WSGI's
        """Answer one request."""
        if environ.get("PATH_INFO") != SHOW_AGAIN or environ.get("REQUEST_METHOD") != "POST":
            return self._application(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(show_again()).encode()]


def show_again() -> int:
    """Make every message in flight visible and return how many there were."""
    regions = (region for account in sqs.sqs_backends.values() for region in account.values())
    queues = [queue for region in regions for queue in list(region.queues.values())]
    hidden = [(queue, message) for queue in queues for message in list(queue._messages) if not message.visible]  # noqa: SLF001  moto offers no other way
    for queue, message in hidden:
        message.change_visibility(0)
        queue.pending_messages.discard(message)
    return len(hidden)


class RememberedDeduplication:
    """SQS FIFO's five minutes of deduplication, kept after a message was deleted, and safe among threads.

    moto compares with the messages that are still on the queue: a consumer that deletes one at once would be shown its
    repetition, which SQS accepts and never delivers.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._seen: dict[tuple[str, str], float] = {}
        self._add: Callable[..., None] = sqs.Queue.add_message
        vars_of_queue: Any = sqs.Queue
        # A function, not a bound method: only a function is given the queue it is called of.
        vars_of_queue.add_message = lambda queue, message: self.add(queue, message)  # noqa: PLW0108

    def add(self, queue: Any, message: Any) -> None:  # noqa: ANN401  moto's
        """Put a message on its queue, unless one with its deduplication id was sent less than five minutes ago."""
        if not message.deduplication_id or self._is_first(queue, message):
            self._add(queue, message)

    def _is_first(self, queue: Any, message: Any) -> bool:  # noqa: ANN401  moto's
        sent = (queue.queue_arn, message.deduplication_id)
        now = self._clock()
        with self._turn:
            # Dictionaries keep the order of insertion: the oldest is the first.
            while (
                self._seen and now - self._seen[oldest := next(iter(self._seen))] >= sqs.DEDUPLICATION_TIME_IN_SECONDS
            ):
                del self._seen[oldest]
            if sent in self._seen:
                return False
            self._seen[sent] = now
            return True


class _WithoutValues(logging.Formatter):
    """Says where an error happened and of which type, never with which values."""

    def format(self, record: logging.LogRecord) -> str:
        where = self.formatException(record.exc_info) if record.exc_info else ""
        return (
            f"{record.levelname} {record.name}\n{where}" if where else f"{record.levelname} {record.name} {record.msg}"
        )

    def formatException(  # noqa: N802  the name is logging's
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        kind, _, trace = ei
        return "".join(traceback.format_tb(trace)) + (kind.__name__ if kind else "")


class KeptConnections(MotoRequestHandler):
    """Keeps its connections, as AWS does, answers in one packet, and writes no line for a request.

    werkzeug's closes each: it does not know where an application has stopped reading. So this one reads first.
    """

    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_expect_100(self) -> bool:
        """Tell the client at once that its body is awaited."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def run_wsgi(self) -> None:
        """Answer one request, whatever its method."""
        environ = self.make_environ()
        chunked = environ.get("wsgi.input_terminated", False)
        self.close_connection |= chunked
        length = -1 if chunked else int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        try:
            body, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except Exception:
            logging.getLogger(__name__).exception("a request failed")
            body, status, headers = [], "500 Internal Server Error", Headers()
        self._send(b"".join(body), status, headers)

    def _send(self, body: bytes, status: str, headers: Headers) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        has_body = self.command != "HEAD" and int(code) not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        for name, value in headers:
            if not (has_body and name.lower() in {"content-length", "transfer-encoding"}):
                self.send_header(name, value)
        if has_body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if has_body:
            self.wfile.write(body)
        self.wfile.flush()

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ANN401  werkzeug's signature
        """Drop the line."""


def main() -> None:
    """Serve until killed."""
    port = int(sys.argv[1])
    os.environ["MOTO_PORT"] = str(port)
    handler = logging.StreamHandler()
    handler.setFormatter(_WithoutValues())
    logging.basicConfig(level=logging.ERROR, handlers=[handler], force=True)
    notifications._get_s3_event = s3_event  # noqa: SLF001  as above
    RememberedDeduplication()
    moto = DomainDispatcherApplication(create_backend_app)
    application = TimeoutsThatEndOnDemand(InTurn(UploadForms(EventsAfterRequests(moto))))
    run_simple("127.0.0.1", port, application, threaded=True, request_handler=KeptConnections)


if __name__ == "__main__":
    main()
