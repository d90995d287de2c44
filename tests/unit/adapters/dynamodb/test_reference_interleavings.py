"""Documents use and delete one recognition at the same time: any call to DynamoDB may come between two others."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from permit_ocr.adapters.dynamodb.recognition_store import DynamoDbRecognitionStore
from permit_ocr.application.ports import Lease, OcrResponse
from permit_ocr.domain.errors import InProgress
from permit_ocr.domain.permits import Kind
from tests.unit.fakes.ocr import MAINLAND_FRONT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RESPONSE = OcrResponse(answer=MAINLAND_FRONT, endpoint="ocr.example", request_id="", attempts=1, milliseconds=5)
DOCUMENTS = ("one", "two", "three")


@dataclass
class Documents:
    """Starts the next step before a call to DynamoDB: the steps nest, as those of parallel functions interleave."""

    client: "DynamoDBClient"
    recognition: str
    steps: list[tuple[str, str] | None]
    using: set[str] = field(default_factory=set)
    """Those that have got the outcome, and are not being deleted."""
    busy: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)

    @property
    def exceptions(self) -> Any:
        return self.client.exceptions

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.next_step()
            return getattr(self.client, name)(**request)

        return call

    def next_step(self) -> None:
        step = self.steps.pop(0) if self.steps else None
        if step is None or step[1] in self.busy | self.deleted:
            return
        self.busy.add(step[1])
        {"use": self.use, "delete": self.delete}[step[0]](step[1])
        self.busy.discard(step[1])

    @property
    def store(self) -> DynamoDbRecognitionStore:
        client = cast("DynamoDBClient", self)
        return DynamoDbRecognitionStore(client, table="work", references_table="references", keep_days=7)

    def use(self, document: str) -> None:
        try:
            lease = self.store.acquire_lease(
                self.recognition, Kind.MAINLAND_PERMIT, document_id=document, lease_seconds=60
            )
        except InProgress:
            return
        if isinstance(lease, Lease):
            self.store.store_outcome(lease, RESPONSE)
        self.using.add(document)

    def delete(self, document: str) -> None:
        self.using.discard(document)
        self.deleted.add(document)
        self.store.remove_reference(self.recognition, document_id=document)


@pytest.mark.slow
def test_an_outcome_lasts_as_long_as_its_users_in_any_interleaving(dynamodb: "DynamoDBClient") -> None:
    runs = 0

    def is_stored(recognition: str) -> bool:
        return "Item" in dynamodb.get_item(TableName="work", Key={"id": {"S": f"recognition#{recognition}"}})

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=st.lists(st.none() | st.tuples(st.sampled_from(["use", "delete"]), st.sampled_from(DOCUMENTS))))
    def check(steps: list[tuple[str, str] | None]) -> None:
        nonlocal runs
        runs += 1
        documents = Documents(dynamodb, f"r{runs}", list(steps))
        while documents.steps:
            documents.next_step()
        if documents.using:
            assert is_stored(documents.recognition)
        for document in sorted(documents.using):
            documents.delete(document)
        assert not is_stored(documents.recognition)
        references = dynamodb.scan(TableName="references")["Items"]
        target = f"recognition#{documents.recognition}"
        left = {one["document_id"]["S"] for one in references if one["target"]["S"] == target}
        assert left <= set(DOCUMENTS) - documents.deleted, "only of those that will come again"

    check()
