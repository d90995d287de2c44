"""The console has a text in each of its languages for every code that a result or an answer can contain."""

import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import pytest

from permit_ocr.application.document_status import Stage
from permit_ocr.domain.card.normalized import NormalizedFields
from permit_ocr.domain.card.valid_date import ValidityStatus
from permit_ocr.domain.card_warnings import Authenticity, WarningName
from permit_ocr.domain.checks import CheckName, CheckOutcome
from permit_ocr.domain.pair import PairCheckName
from permit_ocr.domain.permits import Kind, PermitType, Sex, Side
from permit_ocr.domain.verdict import Verdict
from permit_ocr.images.rejections import CODES

PAGE = Path(__file__).parents[2] / "functions" / "console" / "index.html"
TEXTS_BY_PREFIX: dict[str, Iterable[str]] = {
    "warning.": set(WarningName) - {WarningName.NOT_ENABLED},  # the page shows it as "not checked"
    "authenticity.": Authenticity,
    "check.": CheckName,
    "outcome.": CheckOutcome,
    "pair.": PairCheckName,
    "validity.": ValidityStatus,
    "verdict.": Verdict,
    "kind.": {*Kind, *PermitType},
    "side.": Side,
    "sex.": (Sex.MALE, Sex.FEMALE),
    "state.": Stage,
    "": [field.name for field in fields(NormalizedFields)],
}


def texts(table: str) -> dict[str, set[str]]:
    """Return the keys of one of the page's tables, by language."""
    (body,) = re.findall(rf"^const {table} = {{$(.*?)^}};$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    languages = re.findall(r'^  "([\w-]+)": {$(.*?)^  },$', body, re.MULTILINE | re.DOTALL)
    return {language: set(re.findall(r'"([\w.-]+)": "', entries)) for language, entries in languages}


@pytest.mark.parametrize("prefix", TEXTS_BY_PREFIX)
@pytest.mark.parametrize("language", ["en", "zh-Hant", "zh-Hans"])
def test_every_code_has_a_text_in_every_language(prefix: str, language: str) -> None:
    wanted = {f"{prefix}{code}" for code in TEXTS_BY_PREFIX[prefix]}
    assert wanted - texts("TEXTS")[language] == set()


@pytest.mark.parametrize("language", ["zh-Hant", "zh-Hans"])
def test_every_rejection_has_a_chinese_text(language: str) -> None:
    assert texts("REJECTIONS")[language] == CODES
