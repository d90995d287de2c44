"""The port ``Pages`` on S3: uploads as they were sent, and provider-ready images of their pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from permit_ocr.adapters.s3.images import PAGE_PREFIX, RECEIVED, object_version
from permit_ocr.application.intake_messages import Upload
from permit_ocr.application.ports import StoredVersion
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.upload_options import METADATA
from permit_ocr.images.rejections import MAX_BYTES, rejection

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONTENT_TYPES: Final = {".jpg": "image/jpeg", ".png": "image/png"}


class S3Pages:
    """Stores the images in the upload bucket, under a prefix without notifications."""

    def __init__(self, client: "S3Client", *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def download(self, upload: Upload, file: Path) -> Mapping[str, str]:
        with object_version(upload) as version:
            stored = self._client.get_object(**version)
            if stored["ContentLength"] > MAX_BYTES:
                stored["Body"].close()
                raise rejection("Document.TooManyBytes")
            with file.open("wb") as opened:
                for part in stored["Body"].iter_chunks(1 << 20):
                    opened.write(part)
        metadata = {name: value for name, value in stored["Metadata"].items() if name.lower() in METADATA}
        return metadata | {RECEIVED: stored["LastModified"].isoformat()}

    def store(self, image: Path, metadata: Mapping[str, str], *, document_id: str) -> StoredVersion:
        key = f"{PAGE_PREFIX}{document_id}/{image.name}"
        with translate_aws_errors("S3"):
            stored = self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=image.read_bytes(),
                ContentType=_CONTENT_TYPES[image.suffix],
                Metadata=dict(metadata),
            )
        # "null" is the only version of an object in an unversioned bucket.
        return StoredVersion(bucket=self._bucket, key=key, version=stored.get("VersionId", "null"))

    def is_there(self, upload: Upload) -> bool:
        try:
            with object_version(upload) as version:
                self._client.head_object(**version)
        except RejectDocument:
            return False
        return True

    def delete(self, image: StoredVersion) -> None:
        with translate_aws_errors("S3"):
            self._client.delete_object(Bucket=image.bucket, Key=image.key, VersionId=image.version)
