"""One invocation of the uploads function, with its images and queues in memory."""

import copy
import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from permit_ocr.application.intake_messages import IntakeMessage, Page, Upload
from permit_ocr.application.ports import Submission, Unready
from permit_ocr.application.process_upload import ProcessUpload
from permit_ocr.application.retry_policy import RetryPolicy
from permit_ocr.domain.errors import Deferred, RejectDocument
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind, RecognitionOptions
from permit_ocr.entrypoints.uploads import UploadsDependencies, process
from permit_ocr.images.rejections import rejection
from tests.unit.fakes.files import jpeg
from tests.unit.fakes.queues import THROTTLED
from tests.unit.fakes.world import World, submission


def just_sent(name: str) -> dict[str, Any]:
    """Return a sample event as if its messages were sent now."""
    event: dict[str, Any] = json.loads(Path(f"events/{name}.json").read_text())
    for record in event["Records"]:
        record["attributes"]["SentTimestamp"] = str(round(time.time() * 1000))
    return event


ROLE = "arn:aws:iam::123456789012:role/uploads"
ONE_UPLOAD = just_sent("sqs-s3-object-created")
REPUBLISH = just_sent("sqs-republish")
BATCH = just_sent("sqs-s3-batch")
DIRECT = json.loads(Path("events/s3-object-created.json").read_text())


@dataclass
class FakeImages:
    """Every upload is a different photo, unless it is gone."""

    gone: bool = False
    provider_ready: bool = True
    fetched: int = 0

    def options(self, _upload: Upload) -> RecognitionOptions | None:
        return None if self.gone else RecognitionOptions(kind=Kind.MAINLAND_PERMIT)

    def fetch(self, upload: Upload, document: Document) -> Submission | Unready:
        self.fetched += 1
        if self.gone:
            raise RejectDocument("Document.Gone", "gone", "again")
        if not self.provider_ready:
            return Unready(document=document)
        return replace(
            submission(jpeg(upload.key.encode()), kind=Kind.MAINLAND_PERMIT),
            document=document,
        )

    def fetch_page(self, page: Page, document: Document) -> Submission:
        if page.rejection:
            raise rejection(page.rejection)
        return replace(
            submission(jpeg(str(page.number).encode()), kind=Kind.MAINLAND_PERMIT),
            document=document,
        )


@dataclass
class FakeIntake:
    waits: dict[str, float] = field(default_factory=dict)

    def change_visibility(self, waits: dict[str, float]) -> None:
        self.waits = dict(waits)


@dataclass
class Queues:
    """The queues and the failure counts, which last from one invocation to the next."""

    intake: FakeIntake = field(default_factory=FakeIntake)
    to_convert: list[Upload] = field(default_factory=list)
    dead: list[tuple[str, str, str | None]] = field(default_factory=list)
    dead_letter_queue_answers: bool = True
    failures: dict[str, int] = field(default_factory=dict)
    table_answers: bool = True

    def enqueue(self, message: IntakeMessage) -> None:
        assert isinstance(message, Upload)
        self.to_convert.append(message)

    def send(self, body: str, *, message_id: str, reason: str, document_id: str | None) -> None:
        assert message_id
        if not self.dead_letter_queue_answers:
            raise THROTTLED
        self.dead.append((body, reason, document_id))

    def count(self, message_id: str) -> int:
        if not self.table_answers:
            raise Deferred("DynamoDB.InternalServerError", "", "")
        self.failures[message_id] = self.failures.get(message_id, 0) + 1
        return self.failures[message_id]


def run(
    event: dict[str, Any],
    here: World,
    *,
    seconds: float = 45,
    images: FakeImages | None = None,
    queues: Queues | None = None,
) -> tuple[list[str], FakeIntake]:
    queues = queues or Queues()
    queues.intake.waits.clear()
    around: Any = queues
    uploaded: Any = images or FakeImages()
    dependencies = UploadsDependencies(
        process_upload=ProcessUpload(
            images=uploaded,
            images_queue=around,
            documents=here.documents,
            start=here.start,
            open_circuits=here.ocr.open_circuits,
            recognize=here.recognize,
            publish=here.publish,
            publish_decision=here.publish_decision,
            erase=here.erase,
            upload_prefix="uploads/",
        ),
        measure_reviews=lambda: here.measured_reviews.append(1),
        upload_prefix="uploads/",
        retry_policy=RetryPolicy(failures=around, maximum_attempts=3),
        queue=around.intake,
        dead_letters=around,
        audit=here.audit,
        role=ROLE,
    )
    answer = process(event, dependencies, seconds=seconds, request_id="request-1")
    again = [failure["itemIdentifier"] for failure in (answer or {"batchItemFailures": []})["batchItemFailures"]]
    return again, queues.intake


def message(
    record: dict[str, Any] = ONE_UPLOAD["Records"][0], *, age_seconds: float = 0, receives: int = 1
) -> dict[str, Any]:
    """Return a batch of one message that has been on the queue for so long."""
    record = copy.deepcopy(record)
    record["attributes"]["SentTimestamp"] = str(round((time.time() - age_seconds) * 1000))
    record["attributes"]["ApproximateReceiveCount"] = str(receives)
    return {"Records": [record]}
