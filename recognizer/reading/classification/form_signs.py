"""Counts signs that text is a form, a letter or a screen that quotes a permit, rather than the permit itself.

Permits print their labels without colons, their title alone in its row and no sentences. The words are a selection from
the drawn forms and from what hotels, banks and applications ask for; no real form was used.
"""

import re
from statistics import median
from typing import Final

from recognizer.reading.classification.card_area import IsOnCard, texts_in_area
from recognizer.reading.fields.value_parsers import chinese_text, simplified
from recognizer.reading.layout.card_layout import Layout, Piece
from recognizer.reading.layout.labels import Anchor, Label
from recognizer.reading.ocr.text_lines import TextLine

_COLON: Final = re.compile(r"^\W?[\"'”]?\s*[:：]")
_MIN_COLONS: Final = 2
"""One may be a speck after a label."""
_FORM_WORDS: Final = re.compile(
    r"证件(?:类型|种类|名称)|英文姓名|英文名|拼音|电话|手机|邮箱|房号|房间|入住|离店|抵店|登记|申请|填写|备注|签名|签字|单位名|职业|"
    r"主题|发件|收件|附件|委托|兹证|证明|开户|实名|认证|下一步|提交|资料|信息|[Ee]nglish ?[Nn]ame|Surname|Room|Arrival"
)
"""Words that no permit prints."""
_TITLE_GAP: Final = 2.5
"""Text at most this many text heights beside a title belongs to it."""
_BESIDE_TITLE: Final = re.compile(r"[\u4e00-\u9fff]{2}|[:：《》“”\"{]")
_ALLOWED_BESIDE_TITLE: Final = re.compile(r"非中国籍|中华人民共和国|样本|SPECIMEN")
_SENTENCE: Final = re.compile(r"[，,。；;]")
_MIN_SENTENCE: Final = 16
"""Characters of the shortest running text; the longest authority has 13, and an address has no punctuation."""
_SMALL_PRINT: Final = 0.85
"""Notes on a card are printed smaller than its values."""


def form_signs(layout: Layout, is_on_card: IsOnCard | None = None) -> int:
    """Return how many signs of a form there are within the text of the labels and their values.

    ``is_on_card`` tells whether a line is within the card's outline, if that is known.
    """
    inside = texts_in_area(layout, is_on_card)
    titles = [anchor for anchor in layout.anchors if anchor.label is Label.TITLE]
    colons = _colons(layout, titles)
    words = len({found for line in inside for found in _FORM_WORDS.findall(simplified(line.text))})
    quoted = len(titles) > 1 or any(_is_quoted(title, layout) for title in titles)
    return 2 * (colons >= _MIN_COLONS) + min(words, 3) + 2 * quoted + any(_is_sentence(line, layout) for line in inside)


def _colons(layout: Layout, titles: list[Anchor]) -> int:
    """Count labels with a colon, also one far from the value, and texts beside a title that begin with one."""
    labels = {id(piece.owner) for piece in layout.pieces if piece.owner and _COLON.match(piece.line.text)}
    labels |= {id(one) for one in layout.anchors if one not in titles and _COLON.match(layout.text_after(one))}
    beside = sum(
        bool(_COLON.match(piece.line.text))
        for piece in layout.pieces
        if piece.owner is None and _is_after(piece, titles)
    )
    return len(labels) + beside


def _is_after(piece: Piece, titles: list[Anchor]) -> bool:
    return any(piece.line.left - title.line.left > 0 and _is_same_row(piece.line, title.line) for title in titles)


def _is_same_row(one: TextLine, other: TextLine) -> bool:
    return abs(one.middle - other.middle) < 0.5 * min(one.height, other.height)


def _is_quoted(title: Anchor, layout: Layout) -> bool:
    """Tell whether words directly before or after a title are not the title's."""
    reach = _TITLE_GAP * title.line.height
    return any(
        max(title.line.left - piece.line.right, piece.line.left - title.line.right) < reach
        and _is_same_row(piece.line, title.line)
        and _BESIDE_TITLE.search(piece.line.text)
        and not _ALLOWED_BESIDE_TITLE.search(simplified(piece.text))
        for piece in layout.pieces
    )


def _is_sentence(line: TextLine, layout: Layout) -> bool:
    height = median([one.line.height for one in layout.pieces if one.owner] or [layout.height])
    is_long = len(chinese_text(line.text) or "") >= _MIN_SENTENCE
    return is_long and line.height > _SMALL_PRINT * height and bool(_SENTENCE.search(line.text))
