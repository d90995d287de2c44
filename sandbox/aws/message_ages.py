"""Makes messages older on demand: an alarm on what has waited for an hour or a day can then be tested in minutes."""

import json
from collections.abc import Callable
from typing import Any, Final

from moto.sqs import models as sqs

AGE_PATH: Final = "/sandbox/message-ages"


class MessageAges:
    """WSGI middleware that adds ``POST /sandbox/message-ages``.

    The body is ``{"queue": TEXT, "seconds": NUMBER}``. Every message on the queues whose name contains the text was
    sent that much earlier from then on, for its receivers and for SQS's metrics.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:  # noqa: ANN401  WSGI's
        """Answer one request."""
        if environ.get("PATH_INFO") != AGE_PATH or environ.get("REQUEST_METHOD") != "POST":
            return self._application(environ, start_response)
        older = json.loads(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(make_messages_older(older["queue"], seconds=older["seconds"])).encode()]


def make_messages_older(queue_name: str, *, seconds: int) -> int:
    """Make the messages on the queues whose name contains ``queue_name`` older; return how many there were."""
    regions = (region for account in sqs.sqs_backends.values() for region in account.values())
    queues = [queue for region in regions for queue in list(region.queues.values()) if queue_name in queue.name]
    messages: list[Any] = [message for queue in queues for message in list(queue._messages)]  # noqa: SLF001  moto has no public way
    for message in messages:
        message.sent_timestamp -= seconds * 1000
    return len(messages)
