"""Atomic DynamoDB writes, and uploads that do not slow them down."""

import threading
from collections.abc import Callable
from typing import Any


class SerializedWrites:
    """WSGI middleware that handles DynamoDB requests and S3 uploads one at a time.

    DynamoDB's conditional writes are atomic. moto checks and writes in two steps, and another thread may come between.

    A DynamoDB write also waits for one or two uploads at most, however many clients upload at once. AWS's services do
    not slow each other down, but moto's share one process: eight concurrent uploads made a write take three to four
    times as long.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._write_lock = threading.Lock()
        self._upload_lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:  # noqa: ANN401  WSGI's
        """Answer one request."""
        if environ.get("REQUEST_METHOD") == "PUT":
            with self._upload_lock, self._write_lock:
                return self._application(environ, start_response)
        if environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB_"):
            with self._write_lock:
                return self._application(environ, start_response)
        return self._application(environ, start_response)
