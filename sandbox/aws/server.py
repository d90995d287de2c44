"""moto's server on the loopback address, with corrections where it differs from S3, DynamoDB and SQS.

It does not log requests: a logged path would contain an object key, and a key may contain a person's name.

python -m sandbox.aws.server PORT
"""

import io
import logging
import os
import sys
import traceback
from http import HTTPStatus
from types import TracebackType
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.secretsmanager.models import secretsmanager_backends
from werkzeug.datastructures import Headers
from werkzeug.serving import run_simple
from werkzeug.test import run_wsgi_app

from sandbox.account import ACCOUNT_ID, REGION
from sandbox.aws.denials import Denials
from sandbox.aws.fifo_deduplication import FifoDeduplication
from sandbox.aws.limits import RefusedRequests, limit_items
from sandbox.aws.message_ages import MessageAges
from sandbox.aws.post_policy import PostPolicyMiddleware
from sandbox.aws.queue_metrics import QueueMetrics
from sandbox.aws.s3_events import DeferredS3Events, complete_s3_events
from sandbox.aws.serialized_writes import SerializedWrites
from sandbox.aws.visibility_timeouts import VisibilityTimeoutExpiry
from sandbox.iam.enforcement import IamEnforcement


class KeepAliveRequestHandler(MotoRequestHandler):
    """Keeps connections open, as AWS does, answers in one packet, and logs no requests.

    werkzeug's handler closes each connection because it does not know how much of a body the application has read. This
    one reads the whole body first.
    """

    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_expect_100(self) -> bool:
        """Flush the ``100 Continue`` immediately: the client waits for it before it sends the body."""
        continued = super().handle_expect_100()
        self.wfile.flush()
        return continued

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


class _FormatterWithoutValues(logging.Formatter):
    """Logs the type of an error and its traceback, never its message, which may contain values."""

    def format(self, record: logging.LogRecord) -> str:
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        return f"{record.levelname} {record.name}" + (f"\n{trace}" if trace else f" {record.msg}")

    def formatException(  # noqa: N802  the name is logging's
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        kind, _, trace = ei
        return "".join(traceback.format_tb(trace)) + (kind.__name__ if kind else "")


def _secret_arn(name_or_arn: str) -> str:
    secrets: Any = secretsmanager_backends[ACCOUNT_ID][REGION].secrets
    return str(secrets[name_or_arn].arn) if name_or_arn in secrets else name_or_arn


def main() -> None:
    """Serve until killed."""
    port = int(sys.argv[1])
    os.environ["MOTO_PORT"] = str(port)
    handler = logging.StreamHandler()
    handler.setFormatter(_FormatterWithoutValues())
    logging.basicConfig(level=logging.ERROR, handlers=[handler], force=True)
    complete_s3_events()
    FifoDeduplication()
    limit_items()
    moto = DomainDispatcherApplication(create_backend_app)
    corrected = SerializedWrites(PostPolicyMiddleware(DeferredS3Events(moto)))
    enforced = IamEnforcement(Denials(RefusedRequests(corrected)), secret_arn=_secret_arn)
    application = QueueMetrics(MessageAges(VisibilityTimeoutExpiry(enforced)))
    run_simple("127.0.0.1", port, application, threaded=True, request_handler=KeepAliveRequestHandler)


if __name__ == "__main__":
    main()
