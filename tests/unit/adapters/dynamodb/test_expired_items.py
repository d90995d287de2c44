"""No expired item is answered. DynamoDB deletes items typically within two days of their expiry, not on time."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from permit_ocr.adapters.dynamodb.case_index import DynamoDbCaseIndex
from permit_ocr.adapters.dynamodb.cases import DynamoDbCases
from permit_ocr.adapters.dynamodb.documents import TOMBSTONE_DAYS, DynamoDbDocuments
from permit_ocr.adapters.dynamodb.recognition_store import DynamoDbRecognitionStore
from permit_ocr.application.ports import CaseSide, Lease, StoredEvent
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind, Side

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PACKAGE = Path(__file__).parents[4] / "layers" / "permit-ocr" / "permit_ocr"
NOW, DAY = 1_790_000_000.0, 24 * 3600
KIND = Kind.MAINLAND_PERMIT
FRONT, BACK = (
    CaseSide(kind=KIND, side=side, document_id=side, sort_key="1", event="{}") for side in (Side.FRONT, Side.BACK)
)
EVENT = StoredEvent(event="{}", published=True)


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> Callable[..., Any]:
    """Return an adapter whose clock shows ``days`` after the items were written."""

    def adapter(kind: type[Any], *, days: float) -> Any:
        tables = {"table": "work"}
        if kind in {DynamoDbRecognitionStore, DynamoDbCaseIndex}:
            tables["references_table"] = "references"
        return kind(dynamodb, **tables, keep_days=7, clock=lambda: NOW + days * DAY)

    written = adapter(DynamoDbDocuments, days=0)
    written.begin(Document(id="read"), recognition_ids=["recognition"])
    written.store_event("read", EVENT)
    written.register("registered", upload_until=NOW)
    written.begin(Document(id="deleted"), recognition_ids=["recognition"])
    written.mark_deleted("deleted")
    recognitions = adapter(DynamoDbRecognitionStore, days=0)
    lease = recognitions.acquire_lease("recognition", KIND, document_id="read", lease_seconds=60)
    recognitions.store_outcome(lease, RejectDocument("Code", "meaning", "advice"))
    cases = adapter(DynamoDbCases, days=0)
    for side in (FRONT, BACK):
        cases.add_side("case", side)
    cases.store_completed("case", FRONT, BACK, event_id="pair", event="{}")
    adapter(DynamoDbCaseIndex, days=0).enlist(Document(id="read", case="case"))
    return adapter


READS: dict[str, tuple[type[Any], Callable[[Any], Any]]] = {
    "state": (DynamoDbDocuments, lambda documents: documents.get("read")),
    "registration": (DynamoDbDocuments, lambda documents: documents.register("registered")),
    "event": (DynamoDbDocuments, lambda documents: documents.begin(Document(id="read"), recognition_ids=[])),
    "deletion": (DynamoDbDocuments, lambda documents: documents.mark_deleted("read")),
    "case": (DynamoDbCases, lambda cases: cases.get("case")),
    "pair": (DynamoDbCases, lambda cases: cases.completed_event("pair")),
    "other side": (DynamoDbCases, lambda cases: len(cases.add_side("case", FRONT).sides) == len(Side) or None),
    "documents of a case": (DynamoDbCaseIndex, lambda index: next(index.documents("case"), None)),
    "completion": (DynamoDbCases, lambda cases: cases.add_side("case", BACK).completed or None),
}


@pytest.mark.parametrize("name", READS)
def test_an_item_is_answered_until_it_expires_and_never_after(store: Callable[..., Any], name: str) -> None:
    kind, read = READS[name]
    assert read(store(kind, days=7 + 0.001)) is None


@pytest.mark.parametrize("name", READS)
def test_the_same_read_finds_an_item_that_has_not_expired(store: Callable[..., Any], name: str) -> None:
    kind, read = READS[name]
    assert read(store(kind, days=6)) is not None


def test_an_expired_outcome_is_paid_for_again(store: Callable[..., Any]) -> None:
    def acquire(days: float) -> object:
        return store(DynamoDbRecognitionStore, days=days).acquire_lease(
            "recognition", KIND, document_id="read", lease_seconds=60
        )

    assert isinstance(acquire(6), RejectDocument)
    assert isinstance(acquire(7.001), Lease)


def test_an_expired_tombstone_lets_a_document_be_read_again(store: Callable[..., Any]) -> None:
    documents = store(DynamoDbDocuments, days=TOMBSTONE_DAYS + 0.001)
    assert documents.get("deleted") is None
    assert documents.begin(Document(id="deleted"), recognition_ids=[]) is None


def test_items_are_read_in_two_places_which_check_their_expiry() -> None:
    reading = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if re.search(r"get_item\(|\.scan\(|\.query\(", file.read_text(encoding="utf-8"))
    }
    assert reading == {"dynamodb_table.py", "adapters/dynamodb/references.py"}
