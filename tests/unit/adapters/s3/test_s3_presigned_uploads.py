"""Forms that upload one photo and nothing else, checked as S3 checks them."""

import base64
import json
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from permit_ocr.adapters.s3.presigned_uploads import S3PresignedUploads
from permit_ocr.application.ports import FORM_SECONDS
from permit_ocr.domain.errors import RetryableError
from permit_ocr.images.rejections import MAX_BYTES
from permit_ocr.trace_context import continue_trace
from sandbox.aws.post_policy import PostPolicyError, check_post_policy
from tests.unit.fakes.files import JPEG

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ID = "0123456789abcdef0123456789abcdef"
METADATA = {"document": "mainland-permit", "case": "2026-0815"}


@pytest.fixture
def uploads(s3: "S3Client") -> S3PresignedUploads:
    return S3PresignedUploads(s3, bucket="uploads", upload_prefix="in/")


def form(uploads: S3PresignedUploads) -> dict[str, str]:
    return dict(uploads.form(ID, METADATA, content_type="image/heic").fields)


def send(fields: dict[str, str], *, size: int = 1000, bucket: str = "uploads", seconds: float = 0) -> None:
    check_post_policy(fields, size, bucket=bucket, now=datetime.now(UTC) + timedelta(seconds=seconds))


def test_a_form_is_accepted_as_it_was_issued(uploads: S3PresignedUploads) -> None:
    fields = form(uploads)
    assert fields["key"] == f"in/by-id/{ID}"
    assert fields["Content-Type"] == "image/heic"
    assert fields["x-amz-meta-case"] == "2026-0815"
    send(fields)
    send(fields, size=MAX_BYTES, seconds=FORM_SECONDS - 60)
    send({**fields, "x-ignore-me": "1"})


def test_an_upload_with_a_form_continues_the_trace_of_the_request(uploads: S3PresignedUploads) -> None:
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
    request = copy_context()
    request.run(continue_trace, traceparent)
    fields = request.run(form, uploads)
    assert fields["x-amz-meta-traceparent"] == traceparent
    send(fields)


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "in/by-id/another"},
        {"key": "in/residence-permit/1.jpg"},
        {"Content-Type": "text/html"},
        {"x-amz-meta-document": "residence-permit"},
        {"x-amz-meta-return-portrait": "true"},
        {"acl": "public-read"},
        {"success_action_redirect": "https://elsewhere.example/"},
    ],
)
def test_a_form_with_another_field_or_value_is_refused(uploads: S3PresignedUploads, changes: dict[str, str]) -> None:
    with pytest.raises(PostPolicyError, match=r"Policy Condition failed|Extra input fields"):
        send({**form(uploads), **changes})


@pytest.mark.parametrize("name", ["key", "Content-Type", "x-amz-meta-document", "policy"])
def test_a_form_without_one_of_its_fields_is_refused(uploads: S3PresignedUploads, name: str) -> None:
    fields = form(uploads)
    del fields[name]
    with pytest.raises(PostPolicyError):
        send(fields)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"size": 0}, "EntityTooSmall"),
        ({"size": MAX_BYTES + 1}, "EntityTooLarge"),
        ({"seconds": FORM_SECONDS + 60}, "AccessDenied"),
        ({"bucket": "another"}, "AccessDenied"),
    ],
)
def test_a_form_for_another_size_time_or_bucket_is_refused(
    uploads: S3PresignedUploads, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(PostPolicyError) as caught:
        send(form(uploads), **changes)
    assert caught.value.code == code


def test_a_form_without_a_content_type_accepts_none(uploads: S3PresignedUploads) -> None:
    fields = dict(uploads.form(ID, {}, content_type=None).fields)
    send(fields)
    with pytest.raises(PostPolicyError):
        send({**fields, "Content-Type": "text/html"})


def test_a_form_goes_to_the_buckets_own_region_without_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere S3 redirects, and browsers do not send a form again."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client = boto3.client(
        "s3",
        region_name="ap-southeast-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        aws_session_token="y",
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )
    issued = S3PresignedUploads(client, bucket="uploads", upload_prefix="in/").form(ID, {}, content_type=None)
    assert issued.url == "https://uploads.s3.ap-southeast-1.amazonaws.com/"
    assert issued.fields["x-amz-security-token"] == "y"
    send(dict(issued.fields))
    assert "secret" not in json.dumps(base64.b64decode(issued.fields["policy"]).decode())


def test_a_stored_photo_has_its_metadata_and_has_arrived(s3: "S3Client", uploads: S3PresignedUploads) -> None:
    assert not uploads.has_arrived(ID)
    uploads.store(ID, JPEG, METADATA)
    assert uploads.has_arrived(ID)
    stored = s3.get_object(Bucket="uploads", Key=f"in/by-id/{ID}")
    assert (stored["Body"].read(), stored["Metadata"]) == (JPEG, METADATA)


def test_an_unavailable_bucket_is_retried_later(s3: "S3Client") -> None:
    with pytest.raises(RetryableError, match=r"S3\.NoSuchBucket"):
        S3PresignedUploads(s3, bucket="absent", upload_prefix="in/").store(ID, JPEG, {})
