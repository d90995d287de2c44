"""The composition root: builds each adapter and use case from the settings, once, when it is first needed.

What only one function uses is imported when it is built: the others start without it.
"""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import boto3
from botocore.config import Config

from permit_ocr.adapters.dynamodb.case_index import DynamoDbCaseIndex
from permit_ocr.adapters.dynamodb.cases import DynamoDbCases
from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.adapters.dynamodb.failure_counts import DynamoDbFailureCounts
from permit_ocr.adapters.dynamodb.recognition_store import DynamoDbRecognitionStore
from permit_ocr.adapters.dynamodb.reviews import DynamoDbReviews
from permit_ocr.adapters.dynamodb.watched_cards import DynamoDbWatchedCards
from permit_ocr.adapters.logs.audit_trail import CloudWatchAuditTrail
from permit_ocr.adapters.ocr.calls import RateLimiter
from permit_ocr.adapters.ocr.credentials import from_secrets_manager
from permit_ocr.adapters.ocr.endpoints import Endpoint
from permit_ocr.adapters.ocr.tencent_ocr import TencentOcr
from permit_ocr.adapters.s3.erasure import S3Erasure
from permit_ocr.adapters.s3.images import S3Images, S3Portraits
from permit_ocr.adapters.sqs.queues import SqsEventPublisher, SqsQueue
from permit_ocr.application.deletion.delete_document import DeleteDocument, EraseDocument
from permit_ocr.application.pair_sides import PairSides
from permit_ocr.application.process_upload import ProcessUpload
from permit_ocr.application.publish import Publish
from permit_ocr.application.recognize import Recognize
from permit_ocr.application.reminders.watch_expiry import WatchExpiry
from permit_ocr.application.retry_policy import MAXIMUM_ATTEMPTS, RetryPolicy
from permit_ocr.application.review.measure_reviews import MeasureReviews
from permit_ocr.application.review.publish_decision import PublishDecision
from permit_ocr.application.start_document import StartDocument
from permit_ocr.domain.card.notices import parse_notice_days
from permit_ocr.domain.card.valid_date import today_in_shanghai
from permit_ocr.domain.permits import Kind
from permit_ocr.metrics import count_field, count_result, record_metric
from permit_ocr.rate_limit.dynamodb_rate_limiter import DynamoDbRateLimiter, Priority
from permit_ocr.rate_limit.sharded_rate_limiter import ShardedRateLimiter
from permit_ocr.settings import Settings, settings
from permit_ocr.tencent.actions import ACTIONS, SITE_BASE64_LIMIT, SITE_ENDPOINT

if TYPE_CHECKING:
    from permit_ocr.adapters.s3.presigned_uploads import S3PresignedUploads
    from permit_ocr.adapters.s3.stored_images import S3StoredImages
    from permit_ocr.adapters.webhooks import signature as webhook_signature
    from permit_ocr.application.convert_upload import ConvertUpload
    from permit_ocr.application.deletion.delete_case import DeleteCase
    from permit_ocr.application.reminders.send_reminders import SendReminders
    from permit_ocr.application.review.decide_review import DecideReview

now: Final = partial(datetime.now, UTC)
_NONCURRENT_DAYS: Final = 7
"""As in the bucket's lifecycle rules."""


@cache
def _aws(
    service: Literal["dynamodb", "logs", "s3", "secretsmanager", "sqs"],
    *,
    attempts: int = 3,
    connect_timeout: float = 3,
    read_timeout: float = 10,
) -> Any:  # noqa: ANN401  each adapter types its client
    """Return a client. The build trims boto3 to the services named here (``layers/trim_botocore.py``)."""
    # Each retry has one owner: botocore repeats AWS calls, the error table the provider's, SQS redelivers documents.
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        max_pool_connections=20,
        user_agent="permit-ocr",  # botocore's own is composed for each call: a third of a call's processor time
        # In older regions presigned URLs are still SigV2 by default, which S3 refuses for objects under KMS.
        signature_version="s3v4" if service == "s3" else None,
        # A presigned URL must name the bucket's own region: elsewhere S3 redirects, and the signature covers the host.
        s3={"addressing_style": "virtual"} if service == "s3" else None,
    )
    return boto3.client(service, config=config)


def today(*, after_midnight: timedelta = timedelta()) -> date:
    """Return the day in Shanghai, or the sandbox's; it begins so long ``after_midnight``."""
    if settings().today_file and (file := Path(settings().today_file)).exists():
        with suppress(ValueError):  # the sandbox reports a text that is no date
            return date.fromisoformat(file.read_text(encoding="utf-8").strip())
    return today_in_shanghai(now() - after_midnight)


def base64_limit() -> int:
    """Return the bytes of Base64 that the provider's site takes."""
    return SITE_BASE64_LIMIT[settings().ocr_site]


@cache
def documents() -> DynamoDbDocuments:
    """Return the state of the documents."""
    return DynamoDbDocuments(_aws("dynamodb"), table=settings().work_table, keep_days=settings().keep_days)


@cache
def recognitions() -> DynamoDbRecognitionStore:
    """Return the paid recognitions."""
    return DynamoDbRecognitionStore(
        _aws("dynamodb"),
        table=settings().work_table,
        references_table=settings().references_table,
        keep_days=settings().keep_days,
    )


@cache
def cases() -> DynamoDbCases:
    """Return the cases."""
    return DynamoDbCases(_aws("dynamodb"), table=settings().work_table, keep_days=settings().keep_days)


@cache
def watched_cards() -> DynamoDbWatchedCards | None:
    """Return the cards of which reminders are sent, None if reminders are off."""
    table = settings().expiries_table
    return DynamoDbWatchedCards(_aws("dynamodb"), table=table) if table else None


@cache
def watch_expiry() -> WatchExpiry | None:
    """Return the use case, None if reminders are off."""
    cards = watched_cards()
    return WatchExpiry(cards=cards) if cards else None


@cache
def send_reminders() -> "SendReminders":
    """Return the use case, of a deployment with reminders."""
    from permit_ocr.adapters.dynamodb.reminder_progress import DynamoDbReminderProgress
    from permit_ocr.application.reminders.send_reminders import SendReminders

    client, table = _aws("dynamodb"), settings().expiries_table
    return SendReminders(
        cards=DynamoDbWatchedCards(client, table=table),
        progress=DynamoDbReminderProgress(client, table=table),
        publisher=event_publisher(),
        notices=parse_notice_days(settings().expiry_notice_days),
        event_source=settings().event_source,
        now=now,
    )


@cache
def audit_trail() -> CloudWatchAuditTrail:
    """Return the record of who has seen and deleted what."""
    client = _aws("logs", connect_timeout=1, read_timeout=3)
    return CloudWatchAuditTrail(client, group=settings().audit_log_group, stream=settings().aws_lambda_function_name)


@cache
def case_index() -> DynamoDbCaseIndex:
    """Return the documents of each case."""
    # A photo is deleted after its retention, and its earlier versions a week later.
    keep_days = max(settings().keep_days, settings().upload_retention_days) + _NONCURRENT_DAYS
    return DynamoDbCaseIndex(
        _aws("dynamodb"),
        table=settings().work_table,
        references_table=settings().references_table,
        keep_days=keep_days,
    )


@cache
def start_document() -> StartDocument:
    """Return the use case."""
    return StartDocument(documents=documents(), case_index=case_index(), now=now)


@cache
def delete_case() -> "DeleteCase":
    """Return the use case."""
    from permit_ocr.application.deletion.delete_case import DeleteCase

    return DeleteCase(
        case_index=case_index(), cases=cases(), delete=delete_document(), watched_cards=watched_cards(), now=now
    )


@cache
def erasure() -> S3Erasure:
    """Return the erasure of stored objects."""
    return S3Erasure(_aws("s3"), bucket=settings().upload_bucket, upload_prefix=settings().upload_prefix)


@cache
def event_publisher() -> SqsEventPublisher:
    """Return the results queue and, where webhooks are configured, the webhook queue."""
    return SqsEventPublisher(
        _aws("sqs"), queue_url=settings().results_queue_url, webhook_queue_url=settings().webhook_queue_url
    )


@cache
def _erase_document() -> EraseDocument:
    return EraseDocument(
        erasure=erasure(),
        recognitions=recognitions(),
        cases=cases(),
        case_index=case_index(),
        watched_cards=watched_cards(),
        reviews=listed_reviews(),
    )


@cache
def delete_document() -> DeleteDocument:
    """Return the use case."""
    return DeleteDocument(documents=documents(), erase=_erase_document())


def _has_reviews() -> bool:
    return settings().reviews == "enabled"


@cache
def listed_reviews() -> DynamoDbReviews | None:
    """Return the reviews of documents, None if there is no list of them."""
    return reviews() if _has_reviews() else None


@cache
def _pair_sides() -> PairSides:
    return PairSides(
        cases=cases(),
        publisher=event_publisher(),
        expiring_within_days=settings().expiring_within_days,
        event_source=settings().event_source,
        now=now,
        today=today,
        reviews=listed_reviews(),
    )


@cache
def _publish() -> Publish:
    return Publish(
        publisher=event_publisher(),
        documents=documents(),
        pair_sides=_pair_sides(),
        watch_expiry=watch_expiry(),
        erase=_erase_document(),
        reviews=_has_reviews(),
        count_result=count_result,
    )


@cache
def reviews() -> DynamoDbReviews:
    """Return the reviews of documents."""
    return DynamoDbReviews(_aws("dynamodb"), table=settings().work_table, keep_days=settings().keep_days)


@cache
def _publish_decision() -> PublishDecision:
    return PublishDecision(
        reviews=reviews(),
        publisher=event_publisher(),
        pair_sides=_pair_sides(),
        watch_expiry=watch_expiry(),
        count_field=count_field,
    )


@cache
def measure_reviews() -> MeasureReviews:
    """Return the use case."""
    return MeasureReviews(reviews=reviews(), record_seconds=partial(record_metric, "OldestReviewSeconds"), now=now)


@cache
def decide_review() -> "DecideReview":
    """Return the use case."""
    from permit_ocr.application.review.decide_review import DecideReview

    return DecideReview(
        reviews=reviews(),
        queue=queue(settings().intake_queue_url),
        publish=_publish_decision(),
        pair_sides=_pair_sides(),
        expiring_within_days=settings().expiring_within_days,
        event_source=settings().event_source,
        now=now,
        today=today,
    )


@cache
def _ocr(priority: Priority) -> TencentOcr:
    return TencentOcr(
        site=settings().ocr_site,
        endpoints=endpoints(settings()),
        timeout_seconds=settings().ocr_timeout_seconds,
        credentials=from_secrets_manager(_aws("secretsmanager"), settings().credentials_secret),
        limiter=_rate_limiter(priority),
    )


def _keep_nothing(_document_id: str, _content: bytes) -> None:
    """Do nothing: uploads are in the bucket."""


@cache
def recognize(priority: Priority) -> Recognize:
    """Return the use case; ``priority`` tells who calls the provider."""
    return Recognize(
        ocr=_ocr(priority),
        recognitions=recognitions(),
        start=start_document(),
        portraits=S3Portraits(_aws("s3"), bucket=settings().upload_bucket),
        keep_image=stored_images().store if priority is Priority.API else _keep_nothing,
        publish=_publish(),
        erase=_erase_document(),
        expiring_within_days=settings().expiring_within_days,
        event_source=settings().event_source,
        now=now,
        today=today,
    )


@cache
def process_upload() -> ProcessUpload:
    """Return the use case."""
    return ProcessUpload(
        images=S3Images(
            _aws("s3"),
            upload_prefix=settings().upload_prefix,
            base64_limit=base64_limit(),
            presign=settings().image_source == "presigned-url",
        ),
        images_queue=queue(settings().images_queue_url),
        documents=documents(),
        start=start_document(),
        open_circuits=_ocr(Priority.UPLOADS).open_circuits,
        recognize=recognize(Priority.UPLOADS),
        publish=_publish(),
        publish_decision=_publish_decision(),
        erase=_erase_document(),
        upload_prefix=settings().upload_prefix,
    )


@cache
def retry_policy() -> RetryPolicy:
    """Return the retry policy of the intake queue."""
    return RetryPolicy(
        failures=DynamoDbFailureCounts(_aws("dynamodb"), table=settings().work_table),
        maximum_attempts=MAXIMUM_ATTEMPTS,
    )


@cache
def convert_upload() -> "ConvertUpload":
    """Return the use case."""
    from permit_ocr.adapters.s3.pages import S3Pages
    from permit_ocr.application.convert_upload import ConvertUpload

    pages = S3Pages(_aws("s3"), bucket=settings().upload_bucket)
    return ConvertUpload(pages=pages, queue=queue(settings().intake_queue_url), base64_limit=base64_limit())


@cache
def presigned_uploads() -> "S3PresignedUploads":
    """Return the uploads whose document ids are known beforehand."""
    from permit_ocr.adapters.s3.presigned_uploads import S3PresignedUploads

    return S3PresignedUploads(_aws("s3"), bucket=settings().upload_bucket, upload_prefix=settings().upload_prefix)


@cache
def stored_images() -> "S3StoredImages":
    """Return the images that were read."""
    from permit_ocr.adapters.s3.stored_images import S3StoredImages

    return S3StoredImages(_aws("s3"), erasure(), bucket=settings().upload_bucket)


def queue(url: str) -> SqsQueue:
    """Return a queue."""
    return SqsQueue(_aws("sqs"), queue_url=url)


@cache
def webhook_secrets() -> "webhook_signature.SecretSource":
    """Return the source of the keys that webhooks are signed with."""
    from permit_ocr.adapters.webhooks import signature as webhook_signature

    return webhook_signature.from_secrets_manager(_aws("secretsmanager"), settings().webhook_secret)


def _rate_limiter(priority: Priority) -> RateLimiter:
    # A separate client with short timeouts: a slot that is granted seconds late is useless.
    client = _aws("dynamodb", attempts=2, connect_timeout=1, read_timeout=2)
    rates = {
        Kind.RESIDENCE_PERMIT: settings().residence_permit_rate,
        Kind.MAINLAND_PERMIT: settings().mainland_permit_rate,
    }
    count = settings().limiter_shards
    shards = [
        DynamoDbRateLimiter(
            client,
            table=settings().limiter_table,
            priority=priority,
            rates={ACTIONS[kind].name: rate / count for kind, rate in rates.items()},
            shard=f"#{number}" if count > 1 else "",
        )
        for number in range(count)
    ]
    return ShardedRateLimiter(shards) if count > 1 else shards[0]


def endpoints(values: Settings) -> dict[Kind, tuple[Endpoint, ...]]:
    """Return the endpoints of each kind, the preferred one first."""
    configured = {
        Kind.RESIDENCE_PERMIT: values.residence_permit_endpoint,
        Kind.MAINLAND_PERMIT: values.mainland_permit_endpoint,
    }
    return {
        kind: tuple(
            Endpoint(host=host, scheme=values.ocr_scheme)
            for host in (hosts or SITE_ENDPOINT[values.ocr_site]).split(",")
        )
        for kind, hosts in configured.items()
    }
