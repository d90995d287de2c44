"""Finds text that a card side does not print: what is left after its title, labels, values and known notes.

All that a front prints in Chinese is known, so a line of anything else shows another document, whatever it says. Only
text between and near the labels and values counts: a card may lie on other papers.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from recognizer.reading.classification.card_area import IsOnCard, texts_in_area
from recognizer.reading.classification.card_sides import LABELS_BY_SIDE, PERMIT_BY_SIDE, CardSide
from recognizer.reading.classification.side_print import ALWAYS_PRINTED, NOT_LABELS
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.ocr_field import Fields
from recognizer.reading.fields.value_parsers import simplified
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.layout.labels import STATE_NAME, TITLES, WORDS, Label
from recognizer.reading.ocr.text_lines import TextLine

_MIN_CHINESE: Final = 2
"""A single character may be a piece of a picture or of a pattern."""
_NAME_BELOW_TITLE: Final = 4.0
"""Heights of the title by which a name is below it, at most."""
_LONGEST_NAME: Final = 4
"""Characters of a compound surname with a given name."""
_MIN_CONFIDENCE: Final = 0.4
"""Text with a less confident character is hardly legible: under glare, a value may be read as anything."""
_EXPLAINED: Final = 0.6
"""The part of a text that is in a field's value; the rest may be misread or of a label."""
_SIMILAR: Final = 0.5
"""The same for labels and other print, of which small characters are misread."""
_PART: Final = 3
"""Characters of a known text that glare leaves visible; two are enough at a title's or label's ends."""
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_WATERMARK: Final = re.compile("SPECIMEN.*|样本|樣本")
_UNITS: Final = re.compile(r"(?<=\d)[年月日]")
_SEX: Final = re.compile("[男女]")
_ADDRESS: Final = re.compile(r"[省市区县州]|[路街巷里道村弄]\d|\d[号栋幢座楼室房单组]|[座栋幢]\d")
_LOCAL_AUTHORITY: Final = re.compile(r".{0,12}(?:公安局?|分局)")
"""All or a part of one, also of its end."""
_AUTHORITIES: Final = ("公安部出入境管理局", "中华人民共和国出入境管理局", "国家移民管理局", "公安局")
_BIRTH_DATE: Final = re.compile(r"(?=.*\d)[\d年月日]+")
"""What is left of 1963 年 11 月 10 日, whose small characters are misread."""
_MARKS: Final = ("非中国籍", "证件样本", "香港永久性居民身份证", "澳门居民身份证")
"""What some side prints besides its labels."""


def unexplained_texts(
    layout: Layout, card_side: CardSide, fields: Fields, is_on_card: IsOnCard | None = None
) -> list[str]:
    """Return the Chinese texts in the area of labels and values that are neither, nor known print of this side."""
    values = [_plain(field.text) for field in fields.values() if field.text]
    labels = [word for label in LABELS_BY_SIDE[card_side] for word in WORDS[label]]
    missing = [label for label in LABELS_BY_SIDE[card_side] if layout.anchor(label) is None]
    unread = [word for label in missing for word in WORDS[label]]
    words = (*labels, *_AUTHORITIES, *_MARKS)
    titles = (STATE_NAME, *(title for title, permit in TITLES.items() if permit is PERMIT_BY_SIDE[card_side]))
    unread_titles = () if layout.anchor(Label.TITLE) else titles[1:]
    printed = ALWAYS_PRINTED.get(card_side, {}).values()
    misread = (*unread_titles, *(WORDS[label][0] for label in missing if label in printed))
    texts = [
        (line, _plain(_WATERMARK.sub("", line.text)))
        for line in texts_in_area(layout, is_on_card)
        if line.confidence >= _MIN_CONFIDENCE
    ]
    unexplained = [
        (line, text)
        for line, text in texts
        if not (card_side is CardSide.RESIDENCE_FRONT and (_ADDRESS.search(text) or _BIRTH_DATE.fullmatch(text)))
        and not (card_side is CardSide.RESIDENCE_BACK and _LOCAL_AUTHORITY.fullmatch(text))
        and value_parsers.chinese_name(text) not in values
        and not any(_is_explained(part, values, words, titles) for part in (text, "".join(_CHINESE.findall(text))))
        and not (len(text) == _MIN_CHINESE and _is_part_of_print(text, labels, unread, misread))
        and not any(_is_behind_label(text, value, unread) for value in values)
    ]
    name = None
    if "Name" in fields and not fields["Name"].text:
        name = next((text for line, text in unexplained if _may_be_name(line, text, layout)), None)
    return [text for _, text in unexplained if text is not name]


def _may_be_name(line: TextLine, text: str, layout: Layout) -> bool:
    """Tell whether a text may be a name of which glare hides a part: above all labels, or else close to the title."""
    if len(text) > _LONGEST_NAME or value_parsers.chinese_name(text) is None:
        return False
    labels = [anchor.line.middle for anchor in layout.anchors if anchor.label not in NOT_LABELS | {Label.NAME}]
    title = layout.anchor(Label.TITLE)
    lowest = [*labels, title.line.middle + _NAME_BELOW_TITLE * title.line.height] if title else labels
    return bool(lowest) and line.middle < min(lowest)


def _is_part_of_print(text: str, labels: Sequence[str], unread: Sequence[str], misread: Sequence[str]) -> bool:
    """Tell whether two characters begin a label, end one that was not read or an authority, or may be misread print.

    ``misread``: the titles and the usual labels of which the first character may be right, and the second misread.
    """
    return (
        any(label.startswith(text) for label in labels)
        or any(label.endswith(text) for label in unread)
        or any(authority.endswith(text) for authority in _AUTHORITIES)
        or any(word[0] == text[0] for word in misread)
    )


def _is_behind_label(text: str, value: str, unread: Sequence[str]) -> bool:
    """Tell whether a text is a value after a label that was not read, of which a character is right."""
    label = text.removesuffix(value)
    return 0 < len(label) < len(text) and any(
        len(label) <= len(word) and (label[0] == word[0] or label[-1] == word[-1]) for word in unread
    )


def _is_explained(text: str, values: Sequence[str], words: Sequence[str], titles: Sequence[str]) -> bool:
    """Tell whether a text, or its Chinese characters without the translation beside them, is known or too short."""
    return (
        len(_CHINESE.findall(_SEX.sub("", text))) < _MIN_CHINESE
        or _is_part_of_title(text, titles)
        or any(_in_common(text, value) >= _EXPLAINED * len(text) for value in values)
        or any(_is_similar(text, word) for word in words)
    )


def _is_part_of_title(text: str, titles: Sequence[str]) -> bool:
    """Tell whether a text is what glare leaves of a title or of the state's name, or all of it, partly misread."""
    return any(
        _is_similar(text, title)
        or text in (title[: len(text)], title[-len(text) :])
        or text[:_PART] in title
        or (len(text) == _PART and (text[1:] in title or text[:2] in title))
        for title in titles
    )


def _is_similar(text: str, word: str) -> bool:
    """Tell whether a text may be a known word, or most of it, with some characters misread."""
    common = _in_common(text, word)
    is_part = len(text) >= _PART and text in word
    is_most = common > _SIMILAR * len(word) or len(word) == _MIN_CHINESE == len(text)
    return is_part or (common >= _SIMILAR * len(text) and is_most)


def _in_common(text: str, other: str) -> int:
    """Return how many characters two texts have in common, in the same order."""
    blocks = SequenceMatcher(None, text, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def _plain(text: str) -> str:
    """Return a text in simplified characters, without punctuation and units of dates."""
    return "".join(character for character in _UNITS.sub("", simplified(text)) if character.isalnum())
