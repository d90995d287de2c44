"""The travel permits' fronts and the HK/Macao permit's back: text lines in, the answer of ``MainlandPermitOCR`` out."""

import re
from dataclasses import replace
from typing import Final

from permit_ocr.domain.answers import MainlandPermitAnswer, MainlandPermitBack
from permit_ocr.domain.permits import PermitType
from recognizer.reading import printed_forms
from recognizer.reading.labels import TITLES, Anchor, Label
from recognizer.reading.layout import Layout, Piece
from recognizer.reading.mrz import exit_entry_line, machine_lines, put_right
from recognizer.reading.page import Page
from recognizer.reading.residence_permit import NOT_ENABLED

_TYPE_NAMES: Final[dict[PermitType, str]] = {
    permit: title for title, permit in TITLES.items() if permit is not PermitType.RESIDENCE_PERMIT
}
_NON_CHINESE: Final = "（非中国籍）"
"""Printed after the title of the edition for permanent residents who are not Chinese citizens (since July 2024)."""
_OFFICE: Final = re.compile(r"^.*?(?:分局|管理局|[局厅处队署](?!.*(?:分局|管理局)))")
_NAME_BLOCK: Final = 6.0
"""The name's label and both names stand within so many text heights."""
_TWO_LINES: Final = 4.0
"""The second date of a period is at most this many text heights from the label."""
_NAME_LINES: Final = 3.2
"""The Latin name is at most this many text heights below the Chinese one."""


def read_front(page: Page, permit: PermitType) -> MainlandPermitAnswer:
    """Read the side with the portrait."""
    latin = _latin_name(page)
    authority, place = _authority_and_place(page)
    title = type_name(page.layout, permit)
    name = _chinese_name(page, latin) or ""
    answer = MainlandPermitAnswer(
        Name=printed_forms.simplified(name) if permit is PermitType.EXIT_ENTRY_PERMIT else name,
        EnglishName=_whole_latin_name(page.layout, latin) if latin else "",
        Sex=page.value(Label.SEX, printed_forms.sex, alphabet="男女") or _lone_sex(page.layout),
        Birthday=page.value(Label.BIRTH, _birth, alphabet="0123456789.") or "",
        IssueAuthority=printed_forms.simplified(authority),
        ValidDate=_period(page),
        Number=_number(page, permit),
        IssueAddress=printed_forms.simplified(place),
        IssueNumber=page.value(Label.ISSUE_COUNT, printed_forms.count, alphabet="0123456789") or "",
        Type=title,
        Nationality=page.value(Label.NATIONALITY, _nationality) or "",
        MainlandTravelPermitBackInfos=MainlandPermitBack(Type=title),
        WarnCardInfos=NOT_ENABLED,
    )
    return _agree_with_machine_line(page, answer) if permit is PermitType.EXIT_ENTRY_PERMIT else answer


def read_back(page: Page) -> MainlandPermitAnswer:
    """Read the HK/Macao permit's side without the portrait."""
    title = type_name(page.layout, PermitType.HK_MACAO_PERMIT)
    return MainlandPermitAnswer(
        Type=title,
        MainlandTravelPermitBackInfos=MainlandPermitBack(
            Type=title,
            Name=page.value(Label.NAME, printed_forms.chinese_name)
            or page.value(Label.NAME, printed_forms.latin_name)
            or "",
            IDNumber=page.value(Label.IDENTITY_NUMBER, printed_forms.identity_card_number)
            or page.value(Label.PERMIT_NUMBER, printed_forms.identity_card_number)
            or "",
            HistoryNumber=page.value(Label.HISTORY_NUMBER, printed_forms.permits_before) or "",
        ),
        WarnCardInfos=NOT_ENABLED,
    )


def type_name(layout: Layout, permit: PermitType) -> str:
    """Return the document's name as printed, with the mark of the edition for holders who are not Chinese citizens."""
    marked = any(anchor.word == _NON_CHINESE.strip("（）") for anchor in layout.anchors)
    return _TYPE_NAMES[permit] + (_NON_CHINESE if marked and permit is PermitType.HK_MACAO_PERMIT else "")


def _latin_name(page: Page) -> Piece | None:
    """Return the romanised name.

    The nearest to the label or to the top; a comma marks a name more surely than anything else.
    """
    layout = page.layout
    found = [piece for piece in layout.pieces if printed_forms.latin_name(piece.text) and _may_be_name(piece)]
    label = layout.anchor(Label.NAME)
    if label:
        found = [piece for piece in found if _drop(label, piece, layout) < _NAME_BLOCK] or found
    return min(
        found, key=lambda piece: ("," not in (printed_forms.latin_name(piece.text) or ""), piece.row), default=None
    )


def _whole_latin_name(layout: Layout, first: Piece) -> str:
    """Return the name with the line below it, if it breaks after its comma."""
    text = first.line.text.strip()
    following = layout.line_after(first.line, first.line) if text.endswith((",", "，")) else None
    both = printed_forms.latin_name(text + following.text) if following else None
    return both or printed_forms.latin_name(first.text) or ""


def _drop(anchor: Anchor, piece: Piece, layout: Layout) -> float:
    """Return how many text heights above or below a label a piece stands."""
    return abs(piece.line.middle - anchor.line.middle) / layout.height


def _may_be_name(piece: Piece) -> bool:
    return piece.owner is None or piece.owner.label is Label.NAME


def _chinese_name(page: Page, latin: Piece | None) -> str | None:
    """Return the name beside or below its label, else the line above the Latin name: some cards print no label."""
    if labelled := page.value(Label.NAME, printed_forms.chinese_name):
        return labelled
    if latin is None or page.layout.anchor(Label.NAME):
        return None
    above = [
        piece
        for piece in page.layout.pieces
        if _may_be_name(piece)
        and 0.5 * latin.line.height < latin.line.middle - piece.line.middle < _NAME_LINES * latin.line.height
        and piece.line.left < latin.line.right
        and piece.line.right > latin.line.left
        and printed_forms.chinese_name(piece.text)
    ]
    nearest = max(above, key=lambda piece: piece.line.middle, default=None)
    return printed_forms.chinese_name(nearest.text) if nearest else None


def _lone_sex(layout: Layout) -> str:
    return next((piece.text for piece in layout.pieces if piece.text in {"男", "女"}), "")


def _birth(text: str) -> str | None:
    """Return a lone date: the one with another behind it begins the period of validity."""
    return None if printed_forms.period(text) else printed_forms.dotted_date(text)


def _period(page: Page) -> str:
    """Return the validity period; its two dates may stand in two lines."""
    if found := page.value(Label.VALIDITY, printed_forms.period) or page.anywhere(printed_forms.period):
        return found
    anchor = page.layout.anchor(Label.VALIDITY)
    if anchor is None:
        return ""
    dates = [
        piece
        for piece in page.layout.pieces
        if piece.owner in {None, anchor}
        and _drop(anchor, piece, page.layout) < _TWO_LINES
        and printed_forms.dotted_date(piece.text)
    ]
    return printed_forms.period(" ".join(piece.text for piece in dates[:2])) or ""


def _number(page: Page, permit: PermitType) -> str:
    def take(text: str) -> str | None:
        return printed_forms.permit_number(text, permit)

    labelled = page.value(Label.PERMIT_NUMBER, take) or page.value(Label.PASS_NUMBER, take)
    others = frozenset(Label) - {Label.PERMIT_NUMBER, Label.PASS_NUMBER, Label.NAME}
    return labelled or page.anywhere(take, not_beside=others) or ""


def _authority_and_place(page: Page) -> tuple[str, str]:
    """Return authority and place of issue, parted where the reader glued them.

    An authority ends in the word for its office.
    """
    authority = page.value(Label.AUTHORITY, printed_forms.chinese_text) or ""
    place = page.value(Label.ISSUE_PLACE, _place) or ""
    office = _OFFICE.match(authority)
    if office and not place and page.layout.anchor(Label.ISSUE_PLACE):
        return office[0], authority[office.end() :]
    if authority and not office:
        authority += _rest_of_authority(page, authority)
    return (office[0] if office and place and authority == office[0] + place else authority), place


def _rest_of_authority(page: Page, read: str) -> str:
    """Return what the line below says, if it ends the authority's name."""
    first = next((piece for piece in page.layout.pieces if printed_forms.chinese_text(piece.text) == read), None)
    following = page.layout.line_after(first.line, first.line) if first else None
    text = printed_forms.chinese_text(following.text) if following else None
    return text if text and _OFFICE.fullmatch(read + text) else ""


def _place(text: str) -> str | None:
    found = printed_forms.chinese_text(text)
    return None if found is None or _OFFICE.match(found) else found


def _nationality(text: str) -> str | None:
    """Return a country's name in Chinese, else its code of three letters."""
    return printed_forms.chinese_words(text) or (text if re.fullmatch(r"[A-Z]{3}", text) else None)


def _agree_with_machine_line(page: Page, answer: MainlandPermitAnswer) -> MainlandPermitAnswer:
    """Put one confused character right where the machine-readable line proves it."""
    proven = exit_entry_line(machine_lines([piece.text for piece in page.layout.pieces]))
    if proven is None:
        return answer
    return replace(
        answer,
        Number=put_right(answer.Number, proven.number) or proven.number,
        Birthday=put_right(answer.Birthday, proven.birth, slice(2, None)),
        ValidDate=put_right(answer.ValidDate, proven.expiry, slice(-6, None)),
    )
