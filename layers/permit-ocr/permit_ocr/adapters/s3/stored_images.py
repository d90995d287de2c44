"""The images that were read, in S3: the port ``StoredImages``, presigned URLs, and those that only a request had."""

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from permit_ocr.adapters.s3.erasure import S3Erasure
from permit_ocr.adapters.s3.images import GONE, PAGE_PREFIX
from permit_ocr.application.ports import StoredVersion
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.errors import RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.observability import log_event

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TYPES: Final = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
"""By a file's first bytes. The types that senders name for their uploads are not believed: a browser would show a page
as one."""
_EXTENSIONS: Final = {"image/jpeg": "jpg", "image/png": "png"}
_FIRST_BYTES: Final = "bytes=0-7"


class S3StoredImages:
    """``erasure`` knows where the images of a document are."""

    def __init__(self, client: "S3Client", erasure: S3Erasure, *, bucket: str) -> None:
        self._client = client
        self._erasure = erasure
        self._bucket = bucket

    def store(self, document_id: str, content: bytes) -> None:
        """Store the image of a request, so that a reviewer can look at it. If that fails, the result is not lost."""
        content_type = _type_of(content) or ""
        try:
            with translate_aws_errors("S3"):
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=f"{PAGE_PREFIX}{document_id}/1.{_EXTENSIONS.get(content_type, '')}",
                    Body=content,
                    ContentType=content_type,
                )
        except RetryableError as error:
            log_event("image_not_stored", document_id=document_id, code=error.code)

    def url(self, document: Document, *, seconds: int) -> str | None:
        versions = self._erasure.photo_versions(document)
        # What was made of an upload was read instead of it. The newest version is listed first.
        for version in sorted(versions, key=lambda one: not one.key.startswith(PAGE_PREFIX)):
            if content_type := self._content_type(version):
                return self._client.generate_presigned_url(
                    "get_object",
                    Params={
                        **_version(version),
                        "ResponseContentType": content_type,
                        "ResponseContentDisposition": "inline",
                        "ResponseCacheControl": "no-store",
                    },
                    ExpiresIn=seconds,
                )
        return None

    def _content_type(self, version: StoredVersion) -> str | None:
        """Return the type of an image; None for any other file, and for one that is gone."""
        with translate_aws_errors("S3"):
            try:
                stored = self._client.get_object(**_version(version), Range=_FIRST_BYTES)
                start = stored["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] in {*GONE, "InvalidRange"}:
                    return None
                raise
        return _type_of(start)


def _type_of(start: bytes) -> str | None:
    return next((known for magic, known in _TYPES.items() if start.startswith(magic)), None)


def _version(version: StoredVersion) -> dict[str, Any]:
    # "null" is the only version of an object in a bucket without versioning.
    return {"Bucket": version.bucket, "Key": version.key, "VersionId": version.version}
