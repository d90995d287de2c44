"""The port ``Erasure`` on S3: finds the object versions that belong to one document only, and deletes them.

- an upload under a key that its sender chose: the one version that became this document; other versions are others
- a direct upload, whose key is the document's id: all versions and delete markers
- the provider-ready images made of it, under ``pages/``: all versions. Of a page of several only its own image, since
  the pages share the upload
- a recognition's portrait, under ``portraits/``: all versions
"""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Final

from permit_ocr.adapters.s3.images import PAGE_PREFIX, PORTRAIT_PREFIX
from permit_ocr.application.ports import StoredVersion
from permit_ocr.aws_errors import refused, translate_aws_errors
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import direct_upload_key, document_id_of_upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DELETE_LIMIT: Final = 1000
"""Versions that one call deletes at most."""


class S3Erasure:
    """Lists by document or recognition id, so no listing is longer than what one document has left."""

    def __init__(self, client: "S3Client", *, bucket: str, upload_prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = upload_prefix

    def photo_versions(self, document: Document) -> Sequence[StoredVersion]:
        if document.page and document.pages != 1:
            return tuple(self._versions(f"{PAGE_PREFIX}{self._upload_id(document)}/{document.page}."))
        versions = [
            *self._versions(direct_upload_key(document.id, upload_prefix=self._prefix)),
            *self._versions(f"{PAGE_PREFIX}{document.id}/"),
        ]
        if document.bucket and document.key:
            # "null" is the only version of an object in a bucket without versioning.
            version = document.version or "null"
            versions.append(StoredVersion(bucket=document.bucket, key=document.key, version=version))
        return tuple(dict.fromkeys(versions))

    def portrait_versions(self, recognition_id: str) -> Sequence[StoredVersion]:
        return tuple(self._versions(f"{PORTRAIT_PREFIX}{recognition_id}."))

    def delete_versions(self, versions: Sequence[StoredVersion]) -> None:
        for bucket in {one.bucket for one in versions}:
            for batch in batched((one for one in versions if one.bucket == bucket), _DELETE_LIMIT, strict=False):
                with translate_aws_errors("S3"):
                    failed = self._client.delete_objects(
                        Bucket=bucket,
                        Delete={
                            "Objects": [{"Key": one.key, "VersionId": one.version} for one in batch],
                            "Quiet": True,
                        },
                    ).get("Errors")
                if failed:
                    raise refused("S3", failed[0].get("Code", "Unknown"))

    def _upload_id(self, page: Document) -> str:
        return document_id_of_upload(
            bucket=page.bucket or "",
            key=page.key or "",
            version=page.version,
            etag=page.etag,
            upload_prefix=self._prefix,
        )

    def _versions(self, prefix: str) -> Iterator[StoredVersion]:
        with translate_aws_errors("S3"):
            for listing in self._client.get_paginator("list_object_versions").paginate(
                Bucket=self._bucket, Prefix=prefix
            ):
                for one in (*listing.get("Versions", ()), *listing.get("DeleteMarkers", ())):
                    yield StoredVersion(bucket=self._bucket, key=one["Key"], version=one["VersionId"])
