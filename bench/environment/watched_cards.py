"""Fills the table of watched cards, as if so many cards had been read."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from hashlib import sha256
from itertools import batched
from typing import Any, Final

from bench.environment.running_sandbox import UPLOAD_THREADS, RunningSandbox
from permit_ocr.domain.permits import Kind

_BATCH: Final = 25
"""Items that DynamoDB takes in one batch."""


def fill_with_cards(sandbox: RunningSandbox, count: int, *, last_day: date, watched_on: date) -> list[str]:
    """Store that ``count`` cards have this last day of validity, and return the ids of their documents."""
    documents = [sha256(f"{last_day} {number}".encode()).hexdigest()[:32] for number in range(count)]
    table = sandbox.endpoints["expiries_table"]

    def store(batch: tuple[str, ...]) -> None:
        requests = [{"PutRequest": {"Item": item}} for item in _items(batch, last_day, watched_on)]
        sandbox.dynamodb.batch_write_item(RequestItems={table: requests})

    with ThreadPoolExecutor(UPLOAD_THREADS) as threads:
        list(threads.map(store, batched(documents, _BATCH, strict=False)))
    return documents


def remove_cards(sandbox: RunningSandbox, documents: Sequence[str]) -> None:
    """Delete the cards of documents."""
    table = sandbox.endpoints["expiries_table"]
    for batch in batched(documents, _BATCH, strict=False):
        requests = [{"DeleteRequest": {"Key": {"id": {"S": f"document#{one}"}}}} for one in batch]
        sandbox.dynamodb.batch_write_item(RequestItems={table: requests})


def _items(documents: tuple[str, ...], last_day: date, watched_on: date) -> Iterator[dict[str, Any]]:
    for document in documents:
        yield {
            "id": {"S": f"document#{document}"},
            "document_id": {"S": document},
            "kind": {"S": Kind.MAINLAND_PERMIT},
            "valid_until": {"S": last_day.isoformat()},
            "watched_on": {"S": watched_on.isoformat()},
            "sort_key": {"S": f"2026-11-21T04:00:00.000000/{document}"},
            "revision": {"N": "0"},
            "expires_at": {"N": "4000000000"},
        }
