"""The console has a text in each of its languages for every code and every sentence that it can be sent."""

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from permit_ocr.application.document_status import Stage
from permit_ocr.domain import checks, pair
from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from permit_ocr.domain.card.machine_readable_zone import MachineReadableZone
from permit_ocr.domain.card.normalized import NormalizedFields
from permit_ocr.domain.card.valid_date import ValidityStatus
from permit_ocr.domain.card_warnings import Authenticity, WarningName
from permit_ocr.domain.checks import CheckName, CheckOutcome
from permit_ocr.domain.confidence import _KEY_FIELDS
from permit_ocr.domain.errors import Deleted
from permit_ocr.domain.pair import _OTHER_SIDE_REJECTED, CASE_PATTERN, PairCheckName
from permit_ocr.domain.permits import Kind, PermitType, Sex, Side
from permit_ocr.domain.review.decision import REASONS_OF_ACCEPTANCE, Decision, DecisionReason, OverrideReason
from permit_ocr.domain.verdict import Verdict
from permit_ocr.entrypoints.http_api.requests import RecognitionRequest, UploadRequest
from permit_ocr.entrypoints.http_api.reviews.requests import DecisionBody
from permit_ocr.images.formats import Format
from permit_ocr.images.rejections import CODES, rejection
from permit_ocr.tencent.error_table import ERROR_TABLE, Outcome
from permit_ocr.tencent.response_format import field_names

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "layers" / "permit-ocr" / "permit_ocr"
MODULES = ROOT / "functions" / "console" / "modules"
LANGUAGES = {"en": "page/texts-en.js", "zh-Hant": "page/texts-zh-hant.js", "zh-Hans": "page/texts-zh-hans.js"}
CHINESE = ["zh-Hant", "zh-Hans"]
PROBLEM_CODE = re.compile(r"(Case|Document|Request|Review)\.[A-Z][A-Za-z]+|Internal")
SHOWN_OUTCOMES = {"PASSED", "FAILED"}  # a check that does not apply is not shown
_SENT_FIELDS = {name for body in (RecognitionRequest, UploadRequest, DecisionBody) for name in body.model_fields}
SUSPECTS = set(WarningName) - {WarningName.NOT_ENABLED}  # the page shows that one as "not checked"
TEXTS_BY_PREFIX: dict[str, Iterable[str]] = {
    "authenticity.": Authenticity,
    "because.": Verdict,
    "card.": Verdict,
    "check.": CheckName,
    "in_pair.": Verdict,
    "kind.": {*Kind, *PermitType},
    "outcome.": set(CheckOutcome) - {CheckOutcome.NOT_APPLICABLE},
    "pair.": PairCheckName,
    "problem.": {"document_id", "body", "limit", "cursor", "kind", *_SENT_FIELDS},
    "reason.validity:": set(ValidityStatus) - {ValidityStatus.VALID},
    "reason.suspect:": SUSPECTS,
    "reason.override:": OverrideReason,
    "reason.review:": set(DecisionReason) - REASONS_OF_ACCEPTANCE,
    "review.": {*Decision, *(set(DecisionReason) - REASONS_OF_ACCEPTANCE)},
    "override.": OverrideReason,
    "reason.": {
        _OTHER_SIDE_REJECTED,
        "provider:fallback",
        "low_confidence:document",
        "low_confidence",
        "check_failed",
        "mismatch",
    },
    "sex.": (Sex.MALE, Sex.FEMALE),
    "side.": Side,
    "state.": Stage,
    "validity.": ValidityStatus,
    "verdict.": Verdict,
    "": {
        *(field.name for field in fields(NormalizedFields)),
        *(field.name for field in fields(MachineReadableZone)),
        *(name for names in _KEY_FIELDS.values() for name in names.values()),
    },
}


def table(language: str, name: str) -> dict[str, str]:
    """Return one of the tables of a language."""
    source = (MODULES / LANGUAGES[language]).read_text()
    found = re.search(rf"^  {name}: {{(.*?)}},$", source, re.MULTILINE | re.DOTALL)
    assert found
    pairs = re.findall(r'"((?:[^"\\]|\\.)*)": "((?:[^"\\]|\\.)*)"', found[1])
    assert len(pairs) == len(dict(pairs)), "a text is there twice"
    return dict(pairs)


def check_sentences() -> set[str]:
    """Return every reason of a check that the page shows, from the sources of the checks."""
    return {text for module in (checks, pair) for text in _findings(ast.parse(Path(str(module.__file__)).read_text()))}


def _findings(tree: ast.Module) -> Iterator[str]:
    constants = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    whats = [call.args[1].value for call in calls if ast.unparse(call.func) == "_as_in_zone"]  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        match node:
            case ast.Tuple(elts=[ast.Attribute(value=ast.Name("CheckOutcome"), attr=outcome), sentence]) if (
                outcome in SHOWN_OUTCOMES
            ):
                expression = compile(ast.Expression(sentence), "sentence", "eval")
                for what in whats if "what" in ast.unparse(sentence) else [None]:
                    yield eval(expression, constants | {"what": what})  # noqa: S307  a text of our own


def constructed(name: str) -> Iterator[tuple[str, ...]]:
    """Yield the constant arguments of every call of ``name`` in the package."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name:
                yield tuple(arg.value if isinstance(arg, ast.Constant) else "" for arg in node.args)  # type: ignore[misc]


def rejections() -> dict[str, str]:
    """Return the advice of every code that a document can be rejected with."""
    own = {code: rejection(code).advice for code in CODES}
    of_provider = {row.code: row.advice for row in ERROR_TABLE if row.outcome is Outcome.REJECT}
    elsewhere = {arguments[0]: arguments[2] for arguments in constructed("RejectDocument") if len(arguments) > 2}
    no_key_field = importlib.import_module("permit_ocr.application.recognize")._NO_KEY_FIELD
    return (
        own
        | of_provider
        | {code: advice for code, advice in elsewhere.items() if code}
        | {no_key_field[0]: no_key_field[2]}
    )


def problems() -> set[str]:
    """Return the code of every problem that the API makes itself."""
    sources = [ast.parse(path.read_text()) for path in (PACKAGE / "entrypoints" / "http_api").rglob("*.py")]
    texts = {node.value for tree in sources for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {str(text) for text in texts if PROBLEM_CODE.fullmatch(str(text))} | {Deleted().code, "Case.DeletedInPart"}


@pytest.mark.parametrize("prefix", TEXTS_BY_PREFIX)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_text_in_every_language(prefix: str, language: str) -> None:
    wanted = {f"{prefix}{code}" for code in TEXTS_BY_PREFIX[prefix]}
    assert wanted - table(language, "texts").keys() == set()


def test_every_text_is_in_every_language() -> None:
    english = {name for name in table("en", "texts") if not name.endswith(".one")}  # Chinese has no plural
    assert english == table("zh-Hant", "texts").keys() == table("zh-Hans", "texts").keys()
    for name in ("sentences", "errors"):
        assert table("zh-Hant", name).keys() == table("zh-Hans", name).keys()


@pytest.mark.parametrize("language", CHINESE)
def test_every_reason_of_a_check_is_translated(language: str) -> None:
    sentences = check_sentences()
    assert len(sentences) > 40
    assert sentences - table(language, "sentences").keys() == set()


@pytest.mark.parametrize("language", CHINESE)
def test_every_rejection_and_its_advice_is_translated(language: str) -> None:
    assert {"Document.AnswerTooLarge", "Document.UnknownMetadata"} <= rejections().keys()
    assert rejections().keys() - table(language, "errors").keys() == set()
    assert set(rejections().values()) - table(language, "sentences").keys() == set()


@pytest.mark.parametrize("language", CHINESE)
def test_no_translation_is_left_of_what_is_not_sent_any_more(language: str) -> None:
    assert table(language, "errors").keys() == rejections().keys()
    assert table(language, "sentences").keys() == check_sentences() | set(rejections().values())


def test_english_replaces_only_advice_that_names_a_choice_of_the_api() -> None:
    named = {advice for advice in rejections().values() if re.search(r"\bauto\b", advice)}
    assert table("en", "sentences").keys() == named
    assert not any(re.search(r"\bauto\b", text) for text in table("en", "sentences").values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_of_the_api_has_a_text(language: str) -> None:
    assert len(problems()) > 8
    assert {f"problem.{code}" for code in problems()} - table(language, "texts").keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_the_page_names_exists(language: str) -> None:
    page = "".join(path.read_text() for path in MODULES.rglob("*.js") if not path.name.startswith("texts-"))
    page += (MODULES.parent / "index.html").read_text()
    named = set(re.findall(r'(?:translate|say)\("([^"]+)"', page))
    named |= set(re.findall(r'data-(?:text|label|placeholder)="([^"]+)"', page))
    assert named - table(language, "texts").keys() == set()


@pytest.mark.parametrize("language", CHINESE)
def test_translations_have_the_placeholders_of_the_english_text(language: str) -> None:
    for name, text in table(language, "texts").items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", table("en", "texts")[name])), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_format_is_named(language: str) -> None:
    formats = table(language, "texts")["formats"].lower()
    assert [name for name in Format if name not in formats] == []


def test_the_page_knows_a_case_as_the_domain_does() -> None:
    assert f"/^{CASE_PATTERN}$/" in (MODULES / "main.js").read_text()


def test_every_field_of_a_card_is_shown() -> None:
    source = (MODULES / "reading" / "fields.js").read_text().replace("${BACK}", "MainlandTravelPermitBackInfos")
    shown = dict(re.findall(r"^  (\w+): \[(.*)\],$", source, re.MULTILINE))
    assert shown.keys() == {field.name for field in fields(NormalizedFields)} | {"valid_date"}
    sources = {name for names in shown.values() for name in re.findall(r"[\"`]([\w.]+)[\"`]", names)}
    answers = {*field_names(MainlandPermitAnswer), *field_names(ResidencePermitAnswer)}
    assert sources <= answers
