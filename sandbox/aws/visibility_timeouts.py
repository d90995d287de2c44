"""Ends visibility timeouts and delays on demand, for tests.

A test of a killed function need not wait the minutes until its messages reappear, or those that continue its work.
"""

from collections.abc import Callable
from typing import Any, Final

from moto.sqs import models as sqs

EXPIRE_VISIBILITY_PATH: Final = "/sandbox/expire-visibility-timeouts"


class VisibilityTimeoutExpiry:
    """WSGI middleware that adds ``POST /sandbox/expire-visibility-timeouts``.

    It makes every message in flight or delayed visible, and answers how many there were.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:  # noqa: ANN401  WSGI's
        """Answer one request."""
        if environ.get("PATH_INFO") != EXPIRE_VISIBILITY_PATH or environ.get("REQUEST_METHOD") != "POST":
            return self._application(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(expire_visibility_timeouts()).encode()]


def expire_visibility_timeouts() -> int:
    """Make every message in flight or delayed visible and return how many there were."""
    regions = (region for account in sqs.sqs_backends.values() for region in account.values())
    queues = [queue for region in regions for queue in list(region.queues.values())]
    messages = [(queue, message) for queue in queues for message in list(queue._messages)]  # noqa: SLF001  moto has no public way
    hidden = [(queue, message) for queue, message in messages if message.delayed or not message.visible]
    for queue, message in hidden:
        message.delayed_until = 0.0
        message.change_visibility(0)
        queue.pending_messages.discard(message)
    return len(hidden)
