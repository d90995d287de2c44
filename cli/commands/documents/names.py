"""What a command reads or deletes: documents, a case, or both."""

from collections.abc import Sequence

from permit_ocr.domain.identity import is_document_id
from permit_ocr.domain.pair import CASE_RULE, is_case


def check_names(document_ids: Sequence[str], case: str | None) -> None:
    """Check that something is named, and how. Raises ``ValueError``."""
    wrong = [one for one in document_ids if not is_document_id(one)]
    if wrong:
        raise ValueError(f"{wrong[0]} is no document id")
    if not (document_ids or case):
        raise ValueError("name documents or a case")
    if case is not None and not is_case(case):
        raise ValueError(f"a case must have {CASE_RULE}")
