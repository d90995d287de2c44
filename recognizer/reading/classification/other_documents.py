"""Recognises other documents by their title or machine-readable code, however much they resemble a permit.

Sources: ICAO Doc 9303 for the codes; the titles are printed on the documents themselves.
"""

import re
from typing import Final

from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.mrz.document_codes import DocumentCode, document_code
from recognizer.reading.fields.mrz.machine_lines import are_parts_above, has_parts_of_back, machine_lines
from recognizer.reading.fields.value_parsers import simplified

_IDENTITY_CARD: Final = r"永久性?居民|居民身份证(?![号件])"
_OTHER_TITLES: Final = (
    r"护照|永久居留|身分证|(?<!人)民国|^身份证$|驾驶证|行驶证|旅行证|回乡证|海员证|学生证|工作证|员工证|出入证|访客证|会员卡|社会保障|银行卡|银联|船票|车票|登机牌|"
    r"[往来]台湾|PASSPORT|IDENTITYCARD|IDENTIFICATION|RESIDENCEPERMIT|DRIVING|UnionPay"
)
_TITLES: Final = re.compile(f"{_IDENTITY_CARD}|{_OTHER_TITLES}")
"""Words of other documents' titles. A permit's label 身份证件号码 is none, nor is 中华人民 国 with a part hidden."""
_NOT_ON_A_BACK: Final = re.compile(_OTHER_TITLES)
"""A HK/Macao back names the identity card whose number it prints."""


def is_other_document(finder: FieldFinder) -> bool:
    """Tell whether the text belongs to a passport, another identity card or another kind of permit.

    The code of a HK/Macao back decides against the words around it: its labels and notes may name an identity card.
    """
    code = document_code(machine_lines(finder))
    if code is DocumentCode.HK_MACAO_BACK:
        return False
    if code is DocumentCode.OTHER and not are_parts_above(finder):
        return True
    titles = _NOT_ON_A_BACK if has_parts_of_back(finder) else _TITLES
    lines = [anchor.line for anchor in finder.layout.anchors] + [piece.line for piece in finder.layout.pieces]
    return any(titles.search(simplified(re.sub(r"\s+", "", line.text))) for line in lines)
