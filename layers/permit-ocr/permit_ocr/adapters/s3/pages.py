"""What the images function reads and writes in the upload bucket: files as they were sent, and plain images of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from permit_ocr.adapters.s3.images import IS_GONE, PAGE_PREFIX, RECEIVED, place_of
from permit_ocr.application.intake_messages import Upload
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.upload_options import METADATA
from permit_ocr.images.rejections import MOST_BYTES, rejection

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONTENT_TYPES: Final = {".jpg": "image/jpeg", ".png": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """One image that was stored, in the version that was made of it."""

    key: str
    version: str | None


class S3Pages:
    """Stores the pages of uploads beside them, under a prefix that triggers nothing."""

    def __init__(self, client: "S3Client", *, bucket: str) -> None:
        """``bucket`` is the upload bucket."""
        self._client = client
        self._bucket = bucket

    def download(self, upload: Upload, file: Path) -> Mapping[str, str]:
        """Write an upload to ``file`` and return the metadata of its pages.

        Raises ``RejectDocument`` if it is too large or there no more, and ``RetryableError``.
        """
        with translate_aws_errors("S3"):
            try:
                stored = self._client.get_object(**place_of(upload))
            except ClientError as error:
                if error.response["Error"]["Code"] in IS_GONE:
                    raise rejection("Document.Gone") from None
                raise
            if stored["ContentLength"] > MOST_BYTES:
                stored["Body"].close()
                raise rejection("Document.TooManyBytes")
            with file.open("wb") as opened:
                for part in stored["Body"].iter_chunks(1 << 20):
                    opened.write(part)
        said = {name: value for name, value in stored["Metadata"].items() if name.lower() in METADATA}
        return said | {RECEIVED: stored["LastModified"].isoformat()}

    def store(self, image: Path, metadata: Mapping[str, str], *, document_id: str) -> StoredPage:
        """Store the image of a page, whose number is its file's name, under the same key at every try.

        Raises ``RetryableError``.
        """
        key = f"{PAGE_PREFIX}{document_id}/{image.name}"
        with translate_aws_errors("S3"):
            stored = self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=image.read_bytes(),
                ContentType=_CONTENT_TYPES[image.suffix],
                Metadata=dict(metadata),
            )
        return StoredPage(key=key, version=stored.get("VersionId"))

    def is_there(self, upload: Upload) -> bool:
        """Tell whether an upload is still there. Raises ``RetryableError``."""
        with translate_aws_errors("S3"):
            try:
                self._client.head_object(**place_of(upload))
            except ClientError as error:
                if error.response["Error"]["Code"] in IS_GONE:
                    return False
                raise
        return True

    def erase(self, stored: StoredPage) -> None:
        """Delete what was stored. Raises ``RetryableError``."""
        with translate_aws_errors("S3"):
            # "null" is the one version of an object in a bucket that keeps none.
            self._client.delete_object(Bucket=self._bucket, Key=stored.key, VersionId=stored.version or "null")
