"""Leases of recognitions under any interleaving, checked against a model."""

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule, run_state_machine_as_test

from permit_ocr.adapters.dynamodb.recognition_store import DynamoDbRecognitionStore
from permit_ocr.application.ports import Lease, OcrResponse
from permit_ocr.domain.errors import InProgress
from permit_ocr.domain.permits import Kind
from tests.unit.fakes.ocr import MAINLAND_FRONT

if TYPE_CHECKING:
    from hypothesis.stateful import MultipleResults
    from mypy_boto3_dynamodb import DynamoDBClient

KEEP_DAYS = 1
KEEP_SECONDS = KEEP_DAYS * 24 * 3600
RESPONSE = OcrResponse(answer=MAINLAND_FRONT, endpoint="ocr.example", request_id="", attempts=1, milliseconds=5)
RECOGNITIONS = st.sampled_from(["one", "other"])
DOCUMENTS = st.sampled_from(["first", "second", "third"])
numbers = itertools.count()


@dataclass
class Recognition:
    """The expected item of one recognition."""

    expires_at: int
    reusable_until: int = 0
    owner: str = ""
    leased_until: int = 0
    outcome: OcrResponse | None = None
    used_until: dict[str, int] = field(default_factory=dict)
    """Until when each document uses it, except the first."""
    first: str | None = None
    first_until: int = 0

    def users(self, now: int) -> set[str]:
        """Return the documents that use it."""
        others = {document for document, until in self.used_until.items() if until >= now}
        return others | ({self.first} if self.first and self.first_until >= now else set())


class Leases(RuleBasedStateMachine):
    """Environments that take leases, answer, fail, die or are late; documents that are deleted."""

    leases = Bundle("leases")

    def __init__(self, client: "DynamoDBClient") -> None:
        super().__init__()
        self.now = 1_000_000
        self.table = DynamoDbRecognitionStore(
            client,
            table="work",
            references_table="references",
            keep_days=KEEP_DAYS,
            clock=lambda: float(self.now),
        )
        self.run = next(numbers)  # all runs share the table
        self.model: dict[str, Recognition] = {}

    def is_free(self, recognition: str) -> bool:
        expected = self.model.get(recognition)
        if expected is None or expected.expires_at < self.now:
            return True
        return (expected.leased_until if expected.outcome is None else expected.reusable_until) < self.now

    def acquire_lease(self, recognition: str, document: str, seconds: int) -> object:
        """Return a lease or an outcome; None if another has the lease."""
        try:
            return self.table.acquire_lease(
                recognition, Kind.MAINLAND_PERMIT, document_id=document, lease_seconds=seconds
            )
        except InProgress:
            return None

    @rule(target=leases, name=RECOGNITIONS, document=DOCUMENTS, seconds=st.sampled_from([10, 60]))
    def acquire(self, name: str, document: str, seconds: int) -> "Lease | MultipleResults[Lease]":
        """Get the lease if it is free, else the outcome, or neither."""
        recognition = f"{self.run} {name}"
        free = self.is_free(recognition)
        result = self.acquire_lease(recognition, document, seconds)
        if isinstance(result, Lease):
            assert free, "no one else pays while the lease runs or an outcome is reusable"
            expected = self.model.get(recognition)
            known = expected if expected and expected.expires_at >= self.now else None
            self.model[recognition] = Recognition(
                expires_at=self.now + KEEP_SECONDS,
                owner=result.owner,
                leased_until=self.now + seconds,
                used_until=known.used_until if known else {},
                first=known.first if known else document,
                first_until=known.first_until if known else self.now + KEEP_SECONDS,
            )
            self.use(self.model[recognition], document)
            return result
        expected = self.model[recognition]
        assert not free
        assert result == expected.outcome
        if result:
            self.use(expected, document)
            expected.expires_at = self.now + KEEP_SECONDS
        return multiple()

    def use(self, expected: Recognition, document: str) -> None:
        """Note that a document uses a recognition from now on."""
        if expected.first == document and expected.first_until >= self.now:
            expected.first_until = self.now + KEEP_SECONDS
        else:
            expected.used_until[document] = self.now + KEEP_SECONDS

    @rule(lease=leases)
    def store(self, lease: Lease) -> None:
        """Store an outcome, in time or late: the first one wins."""
        outcome = replace(RESPONSE, request_id=str(next(numbers)))
        self.table.store_outcome(lease, outcome)
        expected = self.model.setdefault(lease.recognition_id, Recognition(expires_at=0))
        if expected.outcome is None:
            expected.outcome, expected.owner = outcome, ""
            expected.expires_at = expected.reusable_until = self.now + KEEP_SECONDS
            if expected.first in (None, lease.document_id):
                expected.first, expected.first_until = lease.document_id, expected.expires_at

    @rule(lease=consumes(leases))
    def fail(self, lease: Lease) -> None:
        """Release the lease, unless another has taken it over."""
        self.table.release_lease(lease)
        expected = self.model.get(lease.recognition_id)
        if expected and expected.outcome is None and expected.owner == lease.owner:
            expected.leased_until = 0

    @rule(seconds=st.sampled_from([1, 9, 11, 61, KEEP_SECONDS // 2, KEEP_SECONDS]))
    def wait(self, seconds: int) -> None:
        """Let time pass: past a lease, past an expiry."""
        self.now += seconds

    @rule(name=RECOGNITIONS, document=DOCUMENTS)
    def delete(self, name: str, document: str) -> None:
        """Remove a reference: the recognition is deleted with the last one, even while it is leased."""
        recognition = f"{self.run} {name}"
        expected = self.model.get(recognition)
        is_last = expected is None or not expected.users(self.now) - {document}
        assert self.table.remove_reference(recognition, document_id=document) is is_last
        if is_last:
            self.model.pop(recognition, None)
        elif expected:
            expected.used_until.pop(document, None)
            if expected.first == document:
                expected.first = None


@pytest.mark.slow
def test_one_lease_at_a_time_and_the_first_outcome_wins_in_any_order(dynamodb: "DynamoDBClient") -> None:
    run_state_machine_as_test(
        lambda: Leases(dynamodb),  # type: ignore[arg-type]  # any maker of machines will do
        settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
    )
