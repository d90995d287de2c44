"""Uploaded photographs and stored portraits in S3."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from permit_ocr.adapters.aws_errors import retry_later_on_aws_errors
from permit_ocr.adapters.journal import note
from permit_ocr.adapters.upload_events import Upload
from permit_ocr.domain.errors import RejectDocument, RetryLater
from permit_ocr.domain.identity import document_id_of_object, document_id_of_ticket
from permit_ocr.domain.image_format import refuse_too_large
from permit_ocr.domain.permits import RecognitionOptions
from permit_ocr.domain.results import Document
from permit_ocr.domain.senders_words import case_said, options_said
from permit_ocr.workflow.ports import Photograph

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, GetObjectRequestTypeDef

PORTRAIT_PREFIX: Final = "portraits/"
_URL_SECONDS: Final = 120
"""Lifetime of a presigned URL: the provider downloads at once, or not at all."""


def document_of(upload: Upload, *, upload_prefix: str) -> Document:
    """Return the identity of an upload; nothing is read for it. The API's tickets have theirs in the key."""
    object_id = document_id_of_object(bucket=upload.bucket, key=upload.key, version=upload.version, etag=upload.etag)
    return Document(
        id=document_id_of_ticket(upload.key, upload_prefix=upload_prefix) or object_id,
        bucket=upload.bucket,
        key=upload.key,
        version=upload.version,
        etag=upload.etag,
    )


class S3Images:
    """Reads uploads."""

    def __init__(self, client: "S3Client", *, upload_prefix: str, base64_limit: int, presign: bool) -> None:
        """``presign`` makes the provider download the image by itself, from a short-lived address."""
        self._client = client
        self._prefix = upload_prefix
        self._limit = base64_limit
        self._presign = presign

    def fetch(self, upload: Upload) -> Photograph:
        """Return the photograph with what its sender said of it. Raises ``RejectDocument`` or ``RetryLater``."""
        stored = self._get(upload)
        options = self._options(upload, stored["Metadata"])
        case = self._case(upload, stored)
        refuse_too_large(stored["ContentLength"], base64_limit=self._limit)
        with retry_later_on_aws_errors("S3"):
            content = stored["Body"].read()
        url = self._presigned(upload) if self._presign else None
        document = replace(document_of(upload, upload_prefix=self._prefix), case=case, received=stored["LastModified"])
        return Photograph(document=document, options=options, content=content, url=url)

    def options(self, upload: Upload) -> RecognitionOptions | None:
        """Return what the sender said, without the photograph; None where ``fetch`` has to tell what is wrong."""
        try:
            with retry_later_on_aws_errors("S3"):
                stored = self._client.head_object(**_place(upload))
            return self._options(upload, stored["Metadata"])
        except (RetryLater, RejectDocument):
            return None

    def _get(self, upload: Upload) -> "GetObjectOutputTypeDef":
        with retry_later_on_aws_errors("S3"):
            try:
                return self._client.get_object(**_place(upload))
            except ClientError as error:
                if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"}:
                    raise RejectDocument(
                        "Document.Gone", "The uploaded object is no longer there.", "Upload the photograph again."
                    ) from None
                raise

    def _options(self, upload: Upload, metadata: Mapping[str, str]) -> RecognitionOptions:
        return options_said(metadata, segment=upload.key.removeprefix(self._prefix).partition("/")[0])

    def _case(self, upload: Upload, stored: "GetObjectOutputTypeDef") -> str | None:
        folders = upload.key.removeprefix(self._prefix).split("/")[:-1]
        return case_said(stored["Metadata"], segment=folders[1] if len(folders) > 1 else "")

    def _presigned(self, upload: Upload) -> str:
        return self._client.generate_presigned_url("get_object", Params=dict(_place(upload)), ExpiresIn=_URL_SECONDS)


def _place(upload: Upload) -> "GetObjectRequestTypeDef":
    place: GetObjectRequestTypeDef = {"Bucket": upload.bucket, "Key": upload.key}
    if upload.version:
        place["VersionId"] = upload.version
    return place


class S3Portraits:
    """The port ``Portraits``: beside the uploads, under a prefix that triggers nothing."""

    def __init__(self, client: "S3Client", *, bucket: str) -> None:
        """``bucket`` is the upload bucket."""
        self._client = client
        self._bucket = bucket

    def store(self, portrait_base64: str, *, recognition_id: str) -> str | None:
        """See the port."""
        key = f"{PORTRAIT_PREFIX}{recognition_id}.jpg"
        try:
            content = base64.b64decode(portrait_base64)
            with retry_later_on_aws_errors("S3"):
                self._client.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType="image/jpeg")
        except RetryLater as error:
            note("portrait_not_stored", code=error.code)
            return None
        except binascii.Error:
            note("portrait_not_stored", code="Portrait.NotBase64")
            return None
        return key
