"""The composition root: builds each adapter and use case from the settings, once, when it is first needed."""

from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final, Literal

import boto3
from botocore.config import Config

from permit_ocr import observability
from permit_ocr.adapters.dynamodb.cases import DynamoDbCases
from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.adapters.dynamodb.failure_counts import DynamoDbFailureCounts
from permit_ocr.adapters.dynamodb.recognition_store import DynamoDbRecognitionStore
from permit_ocr.adapters.ocr.calls import RateLimiter
from permit_ocr.adapters.ocr.credentials import from_environment, from_secrets_manager
from permit_ocr.adapters.ocr.endpoints import Endpoint
from permit_ocr.adapters.ocr.tencent_ocr import TencentOcr
from permit_ocr.adapters.s3.erasure import S3Erasure
from permit_ocr.adapters.s3.images import S3Images, S3Portraits
from permit_ocr.adapters.s3.pages import S3Pages
from permit_ocr.adapters.s3.presigned_uploads import S3PresignedUploads
from permit_ocr.adapters.sqs.queues import (
    SqsConsumedQueue,
    SqsDeadLetterQueue,
    SqsEventPublisher,
    SqsImagesQueue,
    SqsIntakeQueue,
)
from permit_ocr.adapters.webhooks import signature as webhook_signature
from permit_ocr.application.ports import Policy, Services
from permit_ocr.application.process_upload import ProcessUpload
from permit_ocr.application.retry_policy import RetryPolicy
from permit_ocr.domain.permits import Kind
from permit_ocr.rate_limit.dynamodb_rate_limiter import DynamoDbRateLimiter, Priority
from permit_ocr.rate_limit.sharded_rate_limiter import ShardedRateLimiter
from permit_ocr.settings import Settings, settings
from permit_ocr.tencent.actions import ACTIONS, SITE_BASE64_LIMIT, SITE_ENDPOINT

_USER_AGENT: Final = "permit-ocr"
"""botocore composes its own user agent for each call, which is a third of a call's processor time."""


@cache
def _aws(service: Literal["dynamodb", "s3", "secretsmanager", "sqs"]) -> Any:  # noqa: ANN401  each adapter types its client
    """Return a client. The build trims boto3 to the services named here (``layers/trim_botocore.py``)."""
    # One layer retries: botocore retries AWS's calls, the error table the provider's, and SQS documents.
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=3,
        read_timeout=10,
        max_pool_connections=20,
        user_agent=_USER_AGENT,
        # In older regions presigned URLs are still SigV2 by default, which S3 refuses for objects under KMS.
        signature_version="s3v4" if service == "s3" else None,
        # A presigned URL must name the bucket's own region: elsewhere S3 redirects, and the signature covers the host.
        s3={"addressing_style": "virtual"} if service == "s3" else None,
    )
    return boto3.client(service, config=config)


def base64_limit() -> int:
    """Return the bytes of Base64 that the provider's site takes."""
    return SITE_BASE64_LIMIT[settings().ocr_site]


@cache
def services(priority: Priority) -> Services:
    """Return everything outside that a recognition uses; ``priority`` is whose calls these are."""
    said = settings()
    credentials = (
        from_secrets_manager(_aws("secretsmanager"), said.credentials_secret)
        if said.credentials_secret
        else from_environment()
    )
    ocr = TencentOcr(
        site=said.ocr_site,
        endpoints=endpoints(said),
        timeout_seconds=said.ocr_timeout_seconds,
        credentials=credentials,
        line=_line(said, priority),
    )
    return Services(
        ocr=ocr,
        work=DynamoDbRecognitionStore(_aws("dynamodb"), table=said.work_table, keep_days=said.keep_days),
        documents=DynamoDbDocuments(_aws("dynamodb"), table=said.work_table, keep_days=said.keep_days),
        erasure=S3Erasure(_aws("s3"), bucket=said.upload_bucket, upload_prefix=said.upload_prefix),
        cases=DynamoDbCases(_aws("dynamodb"), table=said.work_table, keep_days=said.keep_days),
        results=SqsEventPublisher(
            _aws("sqs"), queue_url=said.results_queue_url, webhook_queue_url=said.webhook_queue_url
        ),
        portraits=S3Portraits(_aws("s3"), bucket=said.upload_bucket),
        policy=Policy(
            expiring_within_days=said.expiring_within_days,
            base64_limit=base64_limit(),
            event_source=said.event_source,
        ),
        count_rejection=partial(observability.count_metric, "DocumentRejected"),
        now=lambda: datetime.now(UTC),
    )


@cache
def images() -> S3Images:
    """Return the reader of uploads."""
    said = settings()
    return S3Images(
        _aws("s3"),
        upload_prefix=said.upload_prefix,
        base64_limit=base64_limit(),
        presign=said.image_source == "presigned-url",
    )


@cache
def pages() -> S3Pages:
    """Return the store of plain images."""
    return S3Pages(_aws("s3"), bucket=settings().upload_bucket)


@cache
def tickets() -> S3PresignedUploads:
    """Return the uploads whose documents are known before them."""
    said = settings()
    return S3PresignedUploads(_aws("s3"), bucket=said.upload_bucket, upload_prefix=said.upload_prefix)


@cache
def intake() -> SqsIntakeQueue:
    """Return the intake queue."""
    return SqsIntakeQueue(_aws("sqs"), queue_url=settings().intake_queue_url)


@cache
def images_queue() -> SqsImagesQueue:
    """Return the images queue."""
    return SqsImagesQueue(_aws("sqs"), queue_url=settings().images_queue_url)


def consumed_queue(queue_url: str) -> SqsConsumedQueue:
    """Return a queue that the function consumes."""
    return SqsConsumedQueue(_aws("sqs"), queue_url=queue_url)


def dead_letter_queue(queue_url: str) -> SqsDeadLetterQueue:
    """Return a dead-letter queue."""
    return SqsDeadLetterQueue(_aws("sqs"), queue_url=queue_url)


@cache
def webhook_secrets() -> webhook_signature.SecretSource:
    """Return where the keys are that webhooks are signed with."""
    return webhook_signature.from_secrets_manager(_aws("secretsmanager"), settings().webhook_secret)


@cache
def retry_policy() -> RetryPolicy:
    """Return the retry policy of the intake queue."""
    return RetryPolicy(
        failures=DynamoDbFailureCounts(_aws("dynamodb"), table=settings().work_table),
        maximum_attempts=settings().maximum_attempts,
    )


@cache
def process_upload() -> ProcessUpload:
    """Return the use case of the uploads function."""
    return ProcessUpload(
        images=images(),
        images_queue=images_queue(),
        services=services(Priority.UPLOADS),
        upload_prefix=settings().upload_prefix,
    )


def _line(said: Settings, priority: Priority) -> RateLimiter:
    # A client of its own, which gives up early: a slot that comes seconds late is of no use.
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 2},
        connect_timeout=1,
        read_timeout=2,
        user_agent=_USER_AGENT,
    )
    rates = {Kind.RESIDENCE_PERMIT: said.residence_permit_rate, Kind.MAINLAND_PERMIT: said.mainland_permit_rate}
    client, count = boto3.client("dynamodb", config=config), said.limiter_shards
    shards = [
        DynamoDbRateLimiter(
            client,
            table=said.limiter_table,
            priority=priority,
            rates={ACTIONS[kind].name: rate / count for kind, rate in rates.items()},
            shard=f"#{number}" if count > 1 else "",
        )
        for number in range(count)
    ]
    return ShardedRateLimiter(shards) if count > 1 else shards[0]


def endpoints(said: Settings) -> dict[Kind, tuple[Endpoint, ...]]:
    """Return where each kind is read, the preferred endpoint first."""
    hosts = {Kind.RESIDENCE_PERMIT: said.residence_permit_endpoint, Kind.MAINLAND_PERMIT: said.mainland_permit_endpoint}
    regions = {Kind.RESIDENCE_PERMIT: said.residence_permit_region, Kind.MAINLAND_PERMIT: said.mainland_permit_region}
    return {
        kind: tuple(
            Endpoint(host=host, region=regions[kind], scheme=said.ocr_scheme)
            for host in (hosts[kind] or SITE_ENDPOINT[said.ocr_site]).split(",")
        )
        for kind in Kind
    }
