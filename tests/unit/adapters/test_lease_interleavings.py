"""The claim on a paid reading, in any order of what its rivals do, against a model of what may come of it."""

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule, run_state_machine_as_test

from permit_ocr.adapters.dynamodb.recognition_store import DynamoDbRecognitionStore
from permit_ocr.application.ports import Lease, OcrResponse, StoredResponse
from permit_ocr.domain.errors import InProgress
from permit_ocr.domain.permits import Kind
from tests.unit.fakes import MAINLAND_FRONT

if TYPE_CHECKING:
    from hypothesis.stateful import MultipleResults
    from mypy_boto3_dynamodb import DynamoDBClient

KEEP_DAYS = 1
KEEP_SECONDS = KEEP_DAYS * 24 * 3600
REPLY = OcrResponse(answer=MAINLAND_FRONT, endpoint="ocr.example", request_id="", attempts=1, milliseconds=5)
READINGS = st.sampled_from(["one", "other"])
DOCUMENTS = st.sampled_from(["first", "second", "third"])
numbers = itertools.count()


@dataclass
class Reading:
    """What the table should hold of one reading."""

    expires_at: int
    answers_until: int = 0
    owner: str = ""
    leased_until: int = 0
    outcome: StoredResponse | None = None
    documents: set[str] = field(default_factory=set)


class Claims(RuleBasedStateMachine):
    """Environments that claim, answer, fail, die (they do no more) or come too late; documents that are deleted."""

    claims = Bundle("claims")

    def __init__(self, client: "DynamoDBClient") -> None:
        super().__init__()
        self.now = 1_000_000
        self.table = DynamoDbRecognitionStore(client, table="work", keep_days=KEEP_DAYS, clock=lambda: float(self.now))
        self.run = next(numbers)  # all runs share the table
        self.model: dict[str, Reading] = {}

    def is_free(self, reading: str) -> bool:
        there = self.model.get(reading)
        if there is None or there.expires_at < self.now:
            return True
        return (there.leased_until if there.outcome is None else there.answers_until) < self.now

    def outcome_of_claiming(self, reading: str, document: str, lease: int) -> object:
        """Return what claiming came to; None where it is another's."""
        try:
            return self.table.acquire_lease(reading, Kind.MAINLAND_PERMIT, document_id=document, lease_seconds=lease)
        except InProgress:
            return None

    @rule(target=claims, name=READINGS, document=DOCUMENTS, lease=st.sampled_from([10, 60]))
    def claim(self, name: str, document: str, lease: int) -> "Lease | MultipleResults[Lease]":
        """Get the claim if it is free; else hear what came of it, or that it is another's."""
        reading = f"{self.run} {name}"
        free = self.is_free(reading)
        said = self.outcome_of_claiming(reading, document, lease)
        if isinstance(said, Lease):
            assert free, "no one else pays while the lease runs or an outcome is kept"
            there = self.model.get(reading)
            users = there.documents if there and there.expires_at >= self.now else set()
            self.model[reading] = Reading(
                expires_at=self.now + KEEP_SECONDS,
                owner=said.owner,
                leased_until=self.now + lease,
                documents={document, *users},
            )
            return said
        there = self.model[reading]
        assert not free
        assert said == there.outcome
        if said and document not in there.documents:
            there.documents.add(document)
            there.expires_at = self.now + KEEP_SECONDS
        return multiple()

    @rule(claim=claims)
    def keep(self, claim: Lease) -> None:
        """Answer, in time or late: the first outcome stands."""
        outcome = StoredResponse(response=replace(REPLY, request_id=str(next(numbers))))
        self.table.store_outcome(claim, outcome)
        there = self.model.setdefault(claim.recognition_id, Reading(expires_at=0))
        if there.outcome is None:
            there.outcome, there.owner = outcome, ""
            there.expires_at = there.answers_until = self.now + KEEP_SECONDS
            there.documents.add(claim.document_id)

    @rule(claim=consumes(claims))
    def fail(self, claim: Lease) -> None:
        """Give the claim back; one that was taken over is not ours to give."""
        self.table.release_lease(claim)
        there = self.model.get(claim.recognition_id)
        if there and there.outcome is None and there.owner == claim.owner:
            there.leased_until = 0

    @rule(seconds=st.sampled_from([1, 9, 11, 61, KEEP_SECONDS // 2, KEEP_SECONDS]))
    def wait(self, seconds: int) -> None:
        """Let time pass: past a lease, past the keeping."""
        self.now += seconds

    @rule(name=READINGS, document=DOCUMENTS)
    def delete(self, name: str, document: str) -> None:
        """Let a document go: the reading goes with the last that uses it, whoever is paying for it."""
        reading = f"{self.run} {name}"
        there = self.model.get(reading)
        is_last = there is None or there.documents == {document}
        assert self.table.remove_reference(reading, document_id=document) is is_last
        if is_last:
            self.model.pop(reading, None)
        elif there:
            there.documents.discard(document)


def test_whatever_the_order_one_pays_at_a_time_and_the_first_outcome_stands(dynamodb: "DynamoDBClient") -> None:
    run_state_machine_as_test(
        lambda: Claims(dynamodb),  # type: ignore[arg-type]  # any maker of machines will do
        settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
    )
