"""What a sender says of a photograph, in the words of metadata, keys and API requests.

``document``, ``card_side``, ``return_portrait``, ``case``.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.pair import CASE_RULE, is_case
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side

AUTO: Final = "auto"
DOCUMENTS: Final = (*Kind, AUTO)
METADATA: Final = frozenset(("document", "card-side", "return-portrait", "case"))
"""Names of what we read of an object's metadata."""
CASE_SEGMENT: Final = "case-"
"""Beginning of the segment of a key that names a case."""
_BOOLEANS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


def upload_options(metadata: Mapping[str, str], *, segment: str) -> RecognitionOptions:
    """Return the options in an object's metadata (``document``, ``card-side``, ``return-portrait``; any case).

    Without ``document`` the key's ``segment`` after the upload prefix says it, if it is one of the known words;
    else it is *auto*.
    Raises ``RejectDocument`` that names the metadata and the values it may have.
    """
    said = {name.lower(): value.strip().lower() for name, value in metadata.items()}
    document = said.get("document") or (segment if segment in DOCUMENTS else AUTO)
    if document not in DOCUMENTS:
        raise _unknown("metadata x-amz-meta-document", DOCUMENTS)
    side = said.get("card-side", "")
    if side and side not in set(Side):
        raise _unknown("metadata x-amz-meta-card-side", [side.upper() for side in Side])
    portrait = said.get("return-portrait", "")
    if portrait not in _BOOLEANS:
        raise _unknown("metadata x-amz-meta-return-portrait", ("true", "false"))
    return RecognitionOptions(
        kind=None if document == AUTO else Kind(document),
        side=Side(side) if side else None,
        return_portrait=_BOOLEANS[portrait],
    )


def case_of_upload(metadata: Mapping[str, str], *, segment: str) -> str | None:
    """Return the case in an object's metadata (``case``), else the one that the key's second ``segment`` names.

    That is one that begins with ``case-``, such as ``case-2026-0815``, which names 2026-0815; any other segment is
    none. Raises ``RejectDocument`` for metadata or such a segment that cannot name a case.
    """
    said = {name.lower(): value.strip() for name, value in metadata.items()}.get("case", "")
    if said:
        if not is_case(said):
            raise _unknown("metadata x-amz-meta-case", CASE_RULE)
        return said
    if not segment.startswith(CASE_SEGMENT):
        return None
    named = segment.removeprefix(CASE_SEGMENT)
    if not is_case(named):
        raise _unknown(f"segment {CASE_SEGMENT}… of the key", f"{CASE_SEGMENT} and {CASE_RULE}")
    return named


def _unknown(place: str, allowed: str | Iterable[str]) -> RejectDocument:
    words = allowed if isinstance(allowed, str) else f"one of {', '.join(allowed)}"
    return RejectDocument(
        "Document.UnknownMetadata",
        f"The {place} is not {words}.",
        "Mend it and send the photograph again, or leave it out.",
    )
