"""Uploaded photos and stored portraits in S3."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from permit_ocr.application.intake_messages import Page, Upload
from permit_ocr.application.ports import Submission, Unready
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.errors import RejectDocument, RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import RecognitionOptions
from permit_ocr.domain.upload_options import case_of_upload, upload_options
from permit_ocr.images.formats import base64_length, is_provider_ready
from permit_ocr.images.rejections import MAX_BYTES, rejection
from permit_ocr.observability import log_event
from permit_ocr.trace_context import TRACEPARENT, continue_trace

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

PORTRAIT_PREFIX: Final = "portraits/"
PAGE_PREFIX: Final = "pages/"
RECEIVED: Final = "received"
"""Metadata of a page: when its upload was received."""
GONE: Final = frozenset(("NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "404", "405"))
"""S3's codes for an object or version that does not exist; the numbers are of responses without a body."""
_URL_SECONDS: Final = 120
"""Lifetime of a presigned URL: the provider downloads immediately or not at all."""


@contextmanager
def object_version(upload: Upload) -> "Iterator[GetObjectRequestTypeDef]":
    """Yield the parameters to read an object version with.

    Raises ``RejectDocument`` if it does not exist, and ``RetryableError``.
    """
    version: GetObjectRequestTypeDef = {"Bucket": upload.bucket, "Key": upload.key}
    if upload.version:
        version["VersionId"] = upload.version
    with translate_aws_errors("S3"):
        try:
            yield version
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                raise rejection("Document.Gone") from None
            raise


class S3Images:
    """The port ``UploadedImages``."""

    def __init__(self, client: "S3Client", *, upload_prefix: str, base64_limit: int, presign: bool) -> None:
        """With ``presign`` the provider downloads the image itself, from a presigned URL."""
        self._client = client
        self._prefix = upload_prefix
        self._limit = base64_limit
        self._presign = presign

    def fetch(self, upload: Upload, document: Document) -> Submission | Unready:
        with object_version(upload) as version:
            stored = self._client.get_object(**version)
        continue_trace(stored["Metadata"].get(TRACEPARENT))
        document = self._with_case(upload, document, stored["Metadata"], received=stored["LastModified"])
        try:
            options = self._options(upload, stored["Metadata"])
            if stored["ContentLength"] > MAX_BYTES:
                raise rejection("Document.TooManyBytes")
        except RejectDocument as error:
            return Unready(document=document, rejection=error)
        if base64_length(stored["ContentLength"]) > self._limit:
            stored["Body"].close()
            return Unready(document=document)
        with translate_aws_errors("S3"):
            content = stored["Body"].read()
        if not is_provider_ready(content, base64_limit=self._limit):
            return Unready(document=document)
        return Submission(document=document, options=options, content=content, url=self._presigned(upload))

    def fetch_page(self, page: Page, document: Document) -> Submission:
        if page.image is None:
            raise rejection(page.rejection or "Document.Damaged")
        image = Upload(bucket=page.upload.bucket, key=page.image, version=None, etag=None)
        with object_version(image) as version:
            stored = self._client.get_object(**version)
            content = stored["Body"].read()
        received = datetime.fromisoformat(stored["Metadata"][RECEIVED])
        return Submission(
            document=self._with_case(page.upload, document, stored["Metadata"], received=received),
            options=self._options(page.upload, stored["Metadata"]),
            content=content,
            url=self._presigned(image),
        )

    def options(self, upload: Upload) -> RecognitionOptions | None:
        try:
            with object_version(upload) as version:
                stored = self._client.head_object(**version)
            return self._options(upload, stored["Metadata"])
        except (RetryableError, RejectDocument):
            return None

    def _options(self, upload: Upload, metadata: Mapping[str, str]) -> RecognitionOptions:
        return upload_options(metadata, segment=upload.key.removeprefix(self._prefix).partition("/")[0])

    def _with_case(
        self, upload: Upload, document: Document, metadata: Mapping[str, str], *, received: datetime
    ) -> Document:
        folders = upload.key.removeprefix(self._prefix).split("/")[:-1]
        case = case_of_upload(metadata, segment=folders[1] if len(folders) > 1 else "")
        return replace(document, case=case, received=received)

    def _presigned(self, upload: Upload) -> str | None:
        if not self._presign:
            return None
        with object_version(upload) as version:
            return self._client.generate_presigned_url("get_object", Params=dict(version), ExpiresIn=_URL_SECONDS)


class S3Portraits:
    """The port ``Portraits``: in the upload bucket, under a prefix without notifications."""

    def __init__(self, client: "S3Client", *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def store(self, portrait_base64: str, *, recognition_id: str) -> str | None:
        key = f"{PORTRAIT_PREFIX}{recognition_id}.jpg"
        try:
            content = base64.b64decode(portrait_base64)
            with translate_aws_errors("S3"):
                self._client.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType="image/jpeg")
        except RetryableError as error:
            log_event("portrait_not_stored", code=error.code)
            return None
        except binascii.Error:
            log_event("portrait_not_stored", code="Portrait.NotBase64")
            return None
        return key
