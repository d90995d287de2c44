"""What a sender can specify for an upload, in the object's metadata or its key."""

from collections.abc import Iterable, Mapping
from typing import Final

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.pair import CASE_RULE, is_case
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side

AUTO: Final = "auto"
DOCUMENTS: Final = (*Kind, AUTO)
METADATA: Final = frozenset(("document", "card-side", "return-portrait", "case"))
"""The object metadata that is read."""
CASE_SEGMENT: Final = "case-"
"""Prefix of the key segment that names a case."""
_BOOLEANS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


def upload_options(metadata: Mapping[str, str], *, segment: str) -> RecognitionOptions:
    """Return the options in an object's metadata (``document``, ``card-side``, ``return-portrait``; in any case).

    Without ``document``, the key's first ``segment`` after the upload prefix names it if it is a known value; otherwise
    it is *auto*. Raises ``RejectDocument``, which names the metadata and its allowed values.
    """
    options = {name.lower(): value.strip().lower() for name, value in metadata.items()}
    document = options.get("document") or (segment if segment in DOCUMENTS else AUTO)
    if document not in DOCUMENTS:
        raise _unknown("metadata x-amz-meta-document", DOCUMENTS)
    side = options.get("card-side", "")
    if side and side not in set(Side):
        raise _unknown("metadata x-amz-meta-card-side", [side.upper() for side in Side])
    portrait = options.get("return-portrait", "")
    if portrait not in _BOOLEANS:
        raise _unknown("metadata x-amz-meta-return-portrait", ("true", "false"))
    return RecognitionOptions(
        kind=None if document == AUTO else Kind(document),
        side=Side(side) if side else None,
        return_portrait=_BOOLEANS[portrait],
    )


def case_of_upload(metadata: Mapping[str, str], *, segment: str) -> str | None:
    """Return the case in an object's metadata (``case``), else the one in the key's second ``segment``.

    Such a segment starts with ``case-``: ``case-2026-0815`` names the case 2026-0815. Raises ``RejectDocument`` if the
    metadata or the segment is not a valid case name.
    """
    case = {name.lower(): value.strip() for name, value in metadata.items()}.get("case", "")
    if case:
        if not is_case(case):
            raise _unknown("metadata x-amz-meta-case", CASE_RULE)
        return case
    if not segment.startswith(CASE_SEGMENT):
        return None
    named = segment.removeprefix(CASE_SEGMENT)
    if not is_case(named):
        raise _unknown(f"segment {CASE_SEGMENT}… of the key", f"{CASE_SEGMENT} and {CASE_RULE}")
    return named


def _unknown(place: str, allowed: str | Iterable[str]) -> RejectDocument:
    words = allowed if isinstance(allowed, str) else f"one of {', '.join(allowed)}"
    return RejectDocument(
        "Document.UnknownMetadata", f"The {place} is not {words}.", "Fix it and send the photo again, or omit it."
    )
