"""The port ``Erasure`` on S3: every version of what is stored of a document, and of nothing else."""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Final

from permit_ocr.adapters.s3.images import PAGE_PREFIX, PORTRAIT_PREFIX
from permit_ocr.application.ports import StoredVersion
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.errors import RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import direct_upload_key, document_id_of_direct_upload, document_id_of_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_AT_ONCE: Final = 1000
"""Most versions that one call deletes."""


class S3Erasure:
    """Finds versions by the documents' own keys, so a listing is never longer than what one document left."""

    def __init__(self, client: "S3Client", *, bucket: str, upload_prefix: str) -> None:
        """``bucket`` is the upload bucket, ``upload_prefix`` the start of the keys of photographs."""
        self._client = client
        self._bucket = bucket
        self._prefix = upload_prefix

    def photo_versions(self, document: Document) -> Sequence[StoredVersion]:
        """See the port. The uploaded version, all versions of a ticket, and the copies made to be read."""
        if document.page and document.pages != 1:
            return tuple(self._versions(f"{PAGE_PREFIX}{self._upload_id(document)}/{document.page}."))
        stored = [
            *self._versions(direct_upload_key(document.id, upload_prefix=self._prefix)),
            *self._versions(f"{PAGE_PREFIX}{document.id}/"),
        ]
        if document.bucket and document.key:
            # "null" is the one version of an object in a bucket that keeps none.
            version = document.version or "null"
            stored.append(StoredVersion(bucket=document.bucket, key=document.key, version=version))
        return tuple(dict.fromkeys(stored))

    def portrait_versions(self, recognition_id: str) -> Sequence[StoredVersion]:
        """See the port."""
        return tuple(self._versions(f"{PORTRAIT_PREFIX}{recognition_id}."))

    def delete_versions(self, stored: Sequence[StoredVersion]) -> None:
        """See the port."""
        for bucket in {one.bucket for one in stored}:
            for some in batched((one for one in stored if one.bucket == bucket), _AT_ONCE, strict=False):
                with translate_aws_errors("S3"):
                    failed = self._client.delete_objects(
                        Bucket=bucket,
                        Delete={"Objects": [{"Key": one.key, "VersionId": one.version} for one in some], "Quiet": True},
                    ).get("Errors")
                if failed:
                    raise RetryableError(
                        f"S3.{failed[0].get('Code', 'Unknown')}",
                        "S3 did not do what was asked.",
                        "Nothing: it is tried again by itself.",
                    )

    def _upload_id(self, page: Document) -> str:
        key = page.key or ""
        return document_id_of_direct_upload(key, upload_prefix=self._prefix) or document_id_of_object(
            bucket=page.bucket or "", key=key, version=page.version, etag=page.etag
        )

    def _versions(self, prefix: str) -> Iterator[StoredVersion]:
        """Yield every version and delete marker below ``prefix``."""
        with translate_aws_errors("S3"):
            for listing in self._client.get_paginator("list_object_versions").paginate(
                Bucket=self._bucket, Prefix=prefix
            ):
                for one in (*listing.get("Versions", ()), *listing.get("DeleteMarkers", ())):
                    yield StoredVersion(bucket=self._bucket, key=one["Key"], version=one["VersionId"])
