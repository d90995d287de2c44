"""The port ``PresignedUploads`` on S3: forms for uploading files that are too large for an API request."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from permit_ocr.application.ports import FORM_SECONDS, UploadForm
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.identity import direct_upload_key
from permit_ocr.images.rejections import MAX_BYTES
from permit_ocr.trace_context import TRACEPARENT, current_traceparent

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3PresignedUploads:
    """Each photo has one key, which contains its document's id."""

    def __init__(self, client: "S3Client", *, bucket: str, upload_prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = upload_prefix

    def form(self, document_id: str, metadata: Mapping[str, str], *, content_type: str | None) -> UploadForm:
        """Return a form that S3 accepts for this key, type, metadata and size only. This calls nothing.

        Raises ``RetryableError``.
        """
        fields = {f"x-amz-meta-{name}": value for name, value in _with_trace(metadata).items()}
        if content_type:
            fields["Content-Type"] = content_type
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        with translate_aws_errors("S3"):
            form = self._client.generate_presigned_post(
                Bucket=self._bucket,
                Key=direct_upload_key(document_id, upload_prefix=self._prefix),
                Fields=dict(fields),
                Conditions=[*conditions, ["content-length-range", 1, MAX_BYTES]],
                ExpiresIn=FORM_SECONDS,
            )
        return UploadForm(url=form["url"], fields=form["fields"])

    def store(self, document_id: str, content: bytes, metadata: Mapping[str, str]) -> None:
        with translate_aws_errors("S3"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=direct_upload_key(document_id, upload_prefix=self._prefix),
                Body=content,
                Metadata=_with_trace(metadata),
            )

    def has_arrived(self, document_id: str) -> bool:
        key = direct_upload_key(document_id, upload_prefix=self._prefix)
        with translate_aws_errors("S3"):
            listing = self._client.list_object_versions(Bucket=self._bucket, Prefix=key, MaxKeys=1)
        return bool(listing.get("Versions"))


def _with_trace(metadata: Mapping[str, str]) -> dict[str, str]:
    traceparent = current_traceparent()
    return {**metadata, **({TRACEPARENT: traceparent} if traceparent else {})}
