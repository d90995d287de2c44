"""Photos, and the stores that files are in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from permit_ocr.application.ports import StoredVersion, UploadForm
from permit_ocr.domain.events import Document
from tests.unit.fakes.queues import THROTTLED


def jpeg(data: bytes = b"a photograph") -> bytes:
    """Return a file with the structure of a JPEG of 1000 × 700 pixels; no decoder would accept its image data."""
    frame = b"\xff\xc0\x00\x0b\x08\x02\xbc\x03\xe8\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    return b"\xff\xd8" + frame + scan + data.replace(b"\xff", b"\xff\x00") + b"\xff\xd9"


JPEG = jpeg()


@dataclass
class FakeStoredImages:
    """URLs by document id."""

    urls: dict[str, str] = field(default_factory=dict)

    def store(self, document_id: str, content: bytes) -> None:
        assert content
        self.urls[document_id] = f"https://bucket.example/{document_id}"

    def url(self, document: Document, *, seconds: int) -> str | None:
        url = self.urls.get(document.id)
        return f"{url}?X-Amz-Expires={seconds}" if url else None


@dataclass
class FakePresignedUploads:
    """Forms that were issued, and photos that have arrived."""

    forms: dict[str, Mapping[str, str]] = field(default_factory=dict)
    stored: dict[str, tuple[bytes, Mapping[str, str]]] = field(default_factory=dict)

    def form(self, document_id: str, metadata: Mapping[str, str], *, content_type: str | None) -> UploadForm:
        self.forms[document_id] = metadata
        return UploadForm(
            url="https://bucket.example/", fields={"key": document_id, "Content-Type": content_type or ""}
        )

    def store(self, document_id: str, content: bytes, metadata: Mapping[str, str]) -> None:
        self.stored[document_id] = (content, metadata)

    def has_arrived(self, document_id: str) -> bool:
        return document_id in self.stored


@dataclass
class FakeErasure:
    """Keys of photos by document id, and of portraits."""

    photos: dict[str, list[str]] = field(default_factory=dict)
    portraits: dict[str, str] = field(default_factory=dict)
    erased: list[str] = field(default_factory=list)
    fails: int = 0

    def photo_versions(self, document: Document) -> list[StoredVersion]:
        return [StoredVersion(bucket="uploads", key=key, version="1") for key in self.photos.get(document.id, [])]

    def portrait_versions(self, recognition_id: str) -> list[StoredVersion]:
        key = f"portraits/{recognition_id}.jpg"
        return [StoredVersion(bucket="uploads", key=key, version="1")] if key in self.portraits else []

    def delete_versions(self, versions: Sequence[StoredVersion]) -> None:
        if versions and self.fails:
            self.fails -= 1
            raise THROTTLED
        for one in versions:
            self.erased.append(one.key)
            self.portraits.pop(one.key, None)
            for keys in self.photos.values():
                if one.key in keys:
                    keys.remove(one.key)


@dataclass
class FakePortraits:
    stored: dict[str, str] = field(default_factory=dict)
    fails: bool = False

    def store(self, portrait_base64: str, *, recognition_id: str) -> str | None:
        if self.fails:
            return None
        key = f"portraits/{recognition_id}.jpg"
        self.stored[key] = portrait_base64
        return key
