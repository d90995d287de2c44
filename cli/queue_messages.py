"""Sending many messages: ten a request, and again what SQS refuses of a request."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

REQUEST_LIMIT: Final = 10
"""Messages of one request, SQS's own limit."""
_REQUEST_BYTES: Final = 256 * 1024
"""Of all bodies of one request. SQS takes more by now, but not everywhere."""
_TRIES: Final = 5
_LONGEST_PAUSE_SECONDS: Final = 5.0


def send_messages(
    sqs: "SQSClient", queue_url: str, bodies: Sequence[str], *, sleep: Callable[[float], None] = time.sleep
) -> list[bool]:
    """Send messages and return, for each, whether the queue took it. Raises botocore's errors."""
    taken = [False] * len(bodies)
    for places in _requests(bodies):
        left = places
        for attempt in range(_TRIES):
            if attempt:
                sleep(random.uniform(0, min(_LONGEST_PAUSE_SECONDS, 0.2 * 2**attempt)))  # noqa: S311  not a secret
            entries = [{"Id": str(place), "MessageBody": bodies[place]} for place in left]
            answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)  # type: ignore[arg-type]
            for entry in answer.get("Successful", []):
                taken[int(entry["Id"])] = True
            left = [int(entry["Id"]) for entry in answer.get("Failed", []) if not entry["SenderFault"]]
            if not left:
                break
    return taken


def _requests(bodies: Sequence[str]) -> Iterator[list[int]]:
    """Yield the places of the messages of each request."""
    places: list[int] = []
    size = 0
    for place, body in enumerate(bodies):
        more = len(body.encode())
        if places and (len(places) == REQUEST_LIMIT or size + more > _REQUEST_BYTES):
            yield places
            places, size = [], 0
        places.append(place)
        size += more
    if places:
        yield places
