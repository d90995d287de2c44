"""What a sender says of a photograph, in the words of metadata, keys and API requests.

``document``, ``card_side``, ``return_portrait``.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side

AUTO: Final = "auto"
DOCUMENTS: Final = (*Kind, AUTO)
_BOOLEANS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


def options_said(metadata: Mapping[str, str], *, segment: str) -> RecognitionOptions:
    """Return the options in an object's metadata (``document``, ``card-side``, ``return-portrait``; any case).

    Without ``document`` the key's ``segment`` after the upload prefix says it, if it is one of the known words;
    else it is *auto*.
    Raises ``RejectDocument`` that names the metadata and the values it may have.
    """
    said = {name.lower(): value.strip().lower() for name, value in metadata.items()}
    document = said.get("document") or (segment if segment in DOCUMENTS else AUTO)
    if document not in DOCUMENTS:
        raise _unknown("document", DOCUMENTS)
    side = said.get("card-side", "")
    if side and side not in set(Side):
        raise _unknown("card-side", [side.upper() for side in Side])
    portrait = said.get("return-portrait", "")
    if portrait not in _BOOLEANS:
        raise _unknown("return-portrait", ("true", "false"))
    return RecognitionOptions(
        kind=None if document == AUTO else Kind(document),
        side=Side(side) if side else None,
        return_portrait=_BOOLEANS[portrait],
    )


def _unknown(name: str, allowed: Iterable[str]) -> RejectDocument:
    words = ", ".join(allowed)
    return RejectDocument(
        "Document.UnknownMetadata",
        f"The metadata x-amz-meta-{name} has a value that is not known.",
        f"Set x-amz-meta-{name} to one of {words}, or leave it out.",
    )
