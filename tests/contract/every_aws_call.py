"""Makes every AWS call of the application. Prints the operations called, and which presigning methods, as JSON.

``test_trimmed_boto3.py`` runs it with nothing but the layers on its path.
"""

import base64
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from permit_ocr import bootstrap
from permit_ocr.adapters.dynamodb.failure_counts import DynamoDbFailureCounts
from permit_ocr.adapters.ocr.credentials import from_secrets_manager
from permit_ocr.adapters.s3.images import S3Images, S3Portraits
from permit_ocr.adapters.s3.pages import S3Pages
from permit_ocr.application.intake_messages import Page, RepublishMessage, Upload
from permit_ocr.application.ports import AuditLine, CaseSide, Lease, OpenReview, StoredEvent, StoredVersion
from permit_ocr.application.reminders.ports import Progress
from permit_ocr.application.review.ports import NewDecision, StoredDecision
from permit_ocr.domain.card.notices import Watch
from permit_ocr.domain.errors import CircuitOpen, RejectDocument
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.rate_limit.dynamodb_rate_limiter import Priority
from permit_ocr.settings import settings
from permit_ocr.tencent.actions import ACTIONS

JPEG = b"\xff\xd8\xff\xe0 not an image"
"""S3 does not check what it stores."""


PRESIGNING = ("generate_presigned_url", "generate_presigned_post")
called: set[str] = set()


def record_calls() -> None:
    """Record the calls of every client that is made from now on."""
    boto3.setup_default_session()
    session = boto3.DEFAULT_SESSION
    assert session is not None
    session.events.register("before-call", lambda model, **_: called.add(model.name))


def presigning_recorded(client: Any) -> Any:
    """Return the client with its presigning methods recorded as well: they make no call."""
    for name in PRESIGNING:
        setattr(client, name, recorded(name, getattr(client, name)))
    return client


def recorded(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        called.add(name)
        return method(*arguments, **options)

    return call


def use_dynamodb() -> None:
    documents = bootstrap.documents()
    document = Document(id="document", received=datetime.now(UTC))
    assert documents.register("document") is None
    assert documents.begin(document, recognition_ids=["recognition"]) is None
    documents.record_pages("document", pages=2)
    documents.store_event("document", StoredEvent(event="{}", published=True))
    assert documents.get("document")
    review = OpenReview(kind=Kind.RESIDENCE_PERMIT, side=Side.FRONT, reasons=("suspect:photocopy",))
    documents.store_event("document", StoredEvent(event="{}", published=True), review)
    use_reviews()
    assert documents.mark_deleted("document")
    documents.purge("document", case=None)

    recognitions = bootstrap.recognitions()
    kind = Kind.RESIDENCE_PERMIT
    lease = recognitions.acquire_lease("recognition", kind, document_id="document", lease_seconds=60)
    assert isinstance(lease, Lease)
    recognitions.release_lease(lease)
    recognitions.store_outcome(lease, RejectDocument("Code", "meaning", "advice"))
    other = recognitions.acquire_lease("recognition", kind, document_id="other", lease_seconds=60)
    assert isinstance(other, RejectDocument)
    assert not recognitions.remove_reference("recognition", document_id="document")
    assert recognitions.remove_reference("recognition", document_id="other")

    cases = bootstrap.cases()
    front, back = (
        CaseSide(kind=kind, side=side, document_id=side, sort_key="1", event="{}") for side in (Side.FRONT, Side.BACK)
    )
    cases.add_side("case", front)
    cases.add_side("case", back)
    cases.store_completed("case", front, back, event_id="pair", event="{}")
    assert cases.completed_event("pair") == "{}"
    cases.remove_side("case", document_id=front.document_id)

    client = bootstrap._aws("dynamodb")
    index = bootstrap.case_index()
    index.enlist(Document(id="document", case="case"))
    assert index.deleted_at("case") is None
    assert bootstrap.delete_case()("case", deadline=float("inf")) == 1
    assert index.deleted_at("case")

    assert DynamoDbFailureCounts(client, table=settings().work_table).count("message") == 1

    limiter, action = bootstrap._rate_limiter(Priority.UPLOADS), ACTIONS[kind].name
    assert limiter.acquire(action, seconds=5.0) is False
    limiter.open_circuit(action, CircuitOpen("Code", "meaning", "advice"))
    assert limiter.open_error(action)
    limiter.close_circuit(action)


def use_expiries_table() -> None:
    cards, progress = bootstrap.watched_cards(), bootstrap.send_reminders().progress
    assert cards
    day = date(2027, 3, 31)
    card = Watch(
        document_id="document",
        case="other case",
        kind=Kind.RESIDENCE_PERMIT,
        valid_until=day,
        watched_on=day,
        sort_key="1",
    )
    cards.put(card)
    assert cards.with_last_day(day, after=None, limit=100).watches == (card,)
    assert cards.watched(["document"])
    cards.remove(Document(id="document"))
    cards.put(card)
    assert cards.remove_case("other case", until="2") == ["document"]
    assert progress.acquire_lease("owner", seconds=60) is None
    assert progress.store("owner", Progress(day=day))
    progress.release_lease("owner")
    assert progress.get()


def use_reviews() -> None:
    reviews = bootstrap.reviews()
    assert reviews.page(kind=None, reason=None, limit=1, after=None).reviews
    assert reviews.lease("document", holder="reviewer", seconds=300)
    event = StoredEvent(event="{}", published=False)
    decision = StoredDecision(id="decision", number=1, event=event, request="digest")
    new = NewDecision(decision=decision, after=None, holder="reviewer", expires_at=0)
    reviews.open("document", OpenReview(kind=Kind.RESIDENCE_PERMIT, side=Side.FRONT, reasons=("mismatch:name",)))
    reviews.replace_reasons("document", None)
    reviews.open("document", OpenReview(kind=Kind.RESIDENCE_PERMIT, side=Side.FRONT, reasons=("mismatch:name",)))
    token = reviews.store_decision("document", new)
    assert token
    reviews.end_sending("document", token, published=False)
    token = reviews.begin_sending("document", "decision")
    assert token
    reviews.end_sending("document", token, published=True)
    reviews.release("document", holder="reviewer")
    bootstrap.measure_reviews()()


def use_s3() -> None:
    client = presigning_recorded(bootstrap._aws("s3"))
    uploads = bootstrap.presigned_uploads()
    assert uploads.form("document", {"case": "1"}, content_type="image/jpeg").fields
    uploads.store("document", JPEG, {"case": "1"})
    assert uploads.has_arrived("document")

    images = S3Images(client, upload_prefix=settings().upload_prefix, base64_limit=10_000_000, presign=True)
    (version,) = bootstrap.erasure().photo_versions(Document(id="document"))
    upload = Upload(bucket=settings().upload_bucket, key=version.key, version=version.version, etag=None)
    assert images.options(upload)
    image = S3Portraits(client, bucket=settings().upload_bucket).store(
        base64.b64encode(JPEG).decode(), recognition_id="recognition"
    )
    assert image

    stored_images = bootstrap.stored_images()
    stored_images.store("request", JPEG)
    assert stored_images.url(Document(id="request"), seconds=60)
    bootstrap.erasure().delete_versions(bootstrap.erasure().photo_versions(Document(id="request")))

    pages = S3Pages(client, bucket=settings().upload_bucket)
    with TemporaryDirectory() as directory:
        file = Path(directory, "1.jpg")
        metadata = pages.download(upload, file)
        assert file.read_bytes() == JPEG
        stored = pages.store(file, metadata, document_id="document")
    page = Page(upload=upload, number=1, pages=1, image=stored.key, rejection=None)
    assert images.fetch_page(page, Document(id="document")).url
    assert pages.is_there(Upload(bucket=settings().upload_bucket, key=stored.key, version=stored.version, etag=None))
    pages.delete(stored)

    erasure = bootstrap.erasure()
    portraits = erasure.portrait_versions("recognition")
    assert [portrait.key for portrait in portraits] == [image]
    erasure.delete_versions(
        [*portraits, StoredVersion(bucket=settings().upload_bucket, key=version.key, version=version.version)]
    )
    assert not erasure.portrait_versions("recognition")


def use_sqs() -> None:
    bootstrap.event_publisher().publish("{}", event_id="event")
    bootstrap.event_publisher().publish_all([("reminder", "{}")], queue=0)
    intake = bootstrap.queue(settings().intake_queue_url)
    intake.enqueue(RepublishMessage(document_id="document"))
    upload = Upload(bucket=settings().upload_bucket, key="uploads/1.jpg", version=None, etag=None)
    intake.enqueue_all([Page(upload=upload, number=1, pages=1, image="pages/1.jpg", rejection=None)])
    bootstrap.queue(settings().webhook_dead_letter_queue_url).send(
        "{}", message_id="message", reason="Code", document_id="document"
    )
    bootstrap.queue(settings().intake_queue_url).change_visibility({os.environ["RECEIPT_HANDLE"]: 60.0})


def use_secrets_manager() -> None:
    assert from_secrets_manager(bootstrap._aws("secretsmanager"), settings().credentials_secret)(refresh=False).default
    assert bootstrap.webhook_secrets()()


def use_logs() -> None:
    line = AuditLine(caller="arn", action="read_upload", request_id="r", document_id="document")
    bootstrap.audit_trail().record([line])


if __name__ == "__main__":
    record_calls()
    use_dynamodb()
    use_expiries_table()
    use_s3()
    use_sqs()
    use_secrets_manager()
    use_logs()
    sys.stdout.write(json.dumps({"boto3": boto3.__file__, "called": sorted(called)}))
