"""Recognitions: their leases, answers and users."""

from dataclasses import dataclass, field

from permit_ocr.application.ports import Lease, StoredRecognition
from permit_ocr.domain.errors import InProgress
from permit_ocr.domain.permits import Kind


@dataclass
class FakeRecognitionStore:
    outcomes: dict[str, StoredRecognition] = field(default_factory=dict)
    leased: set[str] = field(default_factory=set)
    references: dict[str, set[str]] = field(default_factory=dict)

    def acquire_lease(
        self, recognition_id: str, kind: Kind, *, document_id: str, lease_seconds: float
    ) -> StoredRecognition | Lease:
        assert kind in Kind
        assert lease_seconds > 0
        if recognition_id in self.outcomes:
            self.references[recognition_id].add(document_id)
            return self.outcomes[recognition_id]
        if recognition_id in self.leased:
            raise InProgress(after_seconds=1)
        self.leased.add(recognition_id)
        self.references[recognition_id] = {document_id}
        return Lease(recognition_id=recognition_id, owner="this test", document_id=document_id)

    def store_outcome(self, lease: Lease, outcome: StoredRecognition) -> None:
        self.leased.discard(lease.recognition_id)
        self.outcomes[lease.recognition_id] = outcome
        self.references.setdefault(lease.recognition_id, set()).add(lease.document_id)

    def release_lease(self, lease: Lease) -> None:
        self.leased.discard(lease.recognition_id)

    def remove_reference(self, recognition_id: str, *, document_id: str) -> bool:
        users = self.references.get(recognition_id, set())
        users.discard(document_id)
        if not users:
            self.outcomes.pop(recognition_id, None)
            self.leased.discard(recognition_id)
        return not users
