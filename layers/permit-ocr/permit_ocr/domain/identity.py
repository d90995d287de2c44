"""The ids of documents, pairs, reminders and recognitions. They are opaque: they show no key, name or number.

A *document* is what a sender submitted: one object version, one page of it, or one API request. Its id is also the id
of its event and the message group id, so it is the same on every retry. A *recognition* is what is paid for: the image,
the action, the side and the options.
"""

import re
from datetime import date
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from permit_ocr.domain.permits import Kind, Side

_DIRECT_UPLOADS: Final = "by-id/"
DOCUMENT_ID_PATTERN: Final = "[0-9a-f]{32}"
"""Regular expression of a complete document id."""
_DEFAULT_PORTS: Final = {"https": ":443", "http": ":80"}
_SIGNATURE_PREFIXES: Final = ("x-amz-", "x-cos-", "x-oss-", "x-goog-")
_SIGNATURE_NAMES: Final = frozenset(
    (
        *("signature", "expires", "awsaccesskeyid", "ossaccesskeyid", "googleaccessid", "security-token"),
        *("q-sign-algorithm", "q-ak", "q-sign-time", "q-key-time", "q-header-list", "q-url-param-list", "q-signature"),
    )
)


def document_id_of_upload(*, bucket: str, key: str, version: str | None, etag: str | None, upload_prefix: str) -> str:
    """Return the id of an uploaded object: the one in its key for a direct upload, else that of the object."""
    name = key.removeprefix(f"{upload_prefix}{_DIRECT_UPLOADS}")
    if name != key and is_document_id(name):
        return name
    return document_id_of_object(bucket=bucket, key=key, version=version, etag=etag)


def document_id_of_object(*, bucket: str, key: str, version: str | None, etag: str | None) -> str:
    """Return the id of a stored object: by its version if the bucket is versioned, else by its ETag."""
    return _digest("object", bucket, key, version or f"etag:{(etag or '').strip('"')}")


def document_id_of_page(document_id: str, page: int) -> str:
    """Return the id of one page of a multi-page document; ``page`` counts from 1."""
    return _digest("page", document_id, str(page))


def direct_upload_key(document_id: str, *, upload_prefix: str) -> str:
    """Return the object key of a document whose id is assigned before it is uploaded."""
    return f"{upload_prefix}{_DIRECT_UPLOADS}{document_id}"


def is_document_id(text: str) -> bool:
    """Tell whether ``text`` has the form of an id."""
    return re.fullmatch(DOCUMENT_ID_PATTERN, text, re.ASCII) is not None


def document_id_of_request(*parts: str) -> str:
    """Return the id of a document submitted by an API request: its idempotency key or request id, image and options."""
    return _digest("request", *parts)


def pair_id(*, case: str, front: str, back: str) -> str:
    """Return the id of a pair's event; ``front`` and ``back`` are the ids of its documents, or of their reviews."""
    return _digest("pair", case, front, back)


def review_id(*, document_id: str, since: float, supersedes: str | None) -> str:
    """Return the id of a decision's event; ``since`` is when the document was put on the list of reviews."""
    return _digest("review", document_id, f"{since:.3f}", supersedes or "")


def review_tag(*, document_id: str, since: float, decision_id: str | None) -> str:
    """Return what changes with each decision on a document."""
    return _digest("review-tag", document_id, f"{since:.3f}", decision_id or "")[:16]


def reminder_id(*, document: str, valid_until: date, notice: int) -> str:
    """Return the id of a reminder's event; ``document`` is the id of the document that showed the card.

    It has the date, because a review may correct that, and the reminders of the right date are other ones.
    """
    return _digest("reminder", document, valid_until.isoformat(), str(notice))


def case_digest(case: str) -> str:
    """Return an id of a case that does not show its name. Anyone who knows the name can compute it."""
    return _digest("case", case)


def recognition_id(*, image: str, kind: Kind, side: Side | None, return_portrait: bool) -> str:
    """Return the id of one recognition. ``image`` is the content's SHA-256 in hex, or a URL without its signature."""
    return _digest("recognition", image, kind, side or "", str(return_portrait))


def without_signature(url: str) -> str:
    """Return ``url`` without its signature parameters: they differ for every presigned URL of the same image.

    The host is in small letters and has no default port (RFC 3986, section 6.2.3).
    """
    parts = urlsplit(url)
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not (name.lower() in _SIGNATURE_NAMES or name.lower().startswith(_SIGNATURE_PREFIXES))
    ]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(kept), ""))


def _digest(*parts: str) -> str:
    # The lengths make ("ab", "c") and ("a", "bc") different. 128 bits are plenty and fit every id field.
    return sha256("".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
