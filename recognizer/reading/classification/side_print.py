"""What each card side prints: its labels, how they are spelled, in which rows they are, and which fields it always has.

The rows are known from a photo of an official specimen (HK/Macao), from the form of the resident identity card
(residence permit) and from vendors' descriptions (Taiwan, exit-entry).
"""

import re
from collections.abc import Mapping
from typing import Final

from recognizer.reading.classification.card_sides import PERMIT_BY_FRONT, CardSide
from recognizer.reading.layout.labels import Label

_TRAVEL_FRONT_ROWS: Final = (
    (Label.NAME,),
    (Label.BIRTH, Label.SEX),
    (Label.VALIDITY,),
    (Label.AUTHORITY, Label.ISSUE_PLACE),
    (Label.PERMIT_NUMBER, Label.ISSUE_COUNT),
)
ROWS: Final[Mapping[CardSide, tuple[tuple[Label, ...], ...]]] = {
    CardSide.RESIDENCE_FRONT: (
        (Label.NAME,),
        (Label.SEX,),
        (Label.BIRTH,),
        (Label.ADDRESS,),
        (Label.RESIDENT_NUMBER,),
    ),
    CardSide.RESIDENCE_BACK: ((Label.AUTHORITY,), (Label.VALIDITY,), (Label.PASS_NUMBER,), (Label.ISSUE_COUNT,)),
    CardSide.HK_MACAO_BACK: ((Label.NAME,), (Label.IDENTITY_NUMBER,)),
} | dict.fromkeys(PERMIT_BY_FRONT, _TRAVEL_FRONT_ROWS)
"""From top to bottom. Labels of one row may also be below each other, in either order."""
SPELLINGS: Final = {
    CardSide.RESIDENCE_FRONT: frozenset({"姓名", "性别", "出生", "住址", "公民身份号码"}),
    CardSide.RESIDENCE_BACK: frozenset({"签发机关", "有效期限", "通行证号码", "签发次数"}),
} | dict.fromkeys(
    PERMIT_BY_FRONT,
    frozenset(
        {"姓名", "出生日期", "性别", "国籍", "有效期限", "签发机关", "签发地点", "证件号码", "换证次数", "签发次数"}
    ),
)
"""The labels that a side prints, in simplified characters; ``WORDS`` also has those of forms and unknown editions."""
_TRAVEL_FRONT: Final = {"Birthday": Label.BIRTH, "ValidDate": Label.VALIDITY, "IssueAuthority": Label.AUTHORITY}
ALWAYS_PRINTED: Final[Mapping[CardSide, Mapping[str, Label | None]]] = {
    CardSide.RESIDENCE_FRONT: {
        "Name": Label.NAME,
        "Birth": Label.BIRTH,
        "Address": Label.ADDRESS,
        "IdCardNo": Label.RESIDENT_NUMBER,
    },
    CardSide.RESIDENCE_BACK: {
        "Authority": Label.AUTHORITY,
        "ValidDate": Label.VALIDITY,
        "PassNo": Label.PASS_NUMBER,
        "VisaNum": Label.ISSUE_COUNT,
    },
    CardSide.HK_MACAO_FRONT: {**_TRAVEL_FRONT, "EnglishName": None, "Number": Label.PERMIT_NUMBER},
    CardSide.TAIWAN_FRONT: {
        **_TRAVEL_FRONT,
        "Name": None,
        "Number": Label.PERMIT_NUMBER,
        "IssueAddress": Label.ISSUE_PLACE,
    },
    CardSide.EXIT_ENTRY_FRONT: {**_TRAVEL_FRONT, "Name": None, "Number": None, "IssueAddress": Label.ISSUE_PLACE},
}
"""Fields of every edition, each with its label if it has one. Detection may miss a sex or a count with its label."""
VISIBLE_PARTS: Final[Mapping[str, re.Pattern[str]]] = {
    "ValidDate": re.compile(r"(?<!\d)\d{1,3}\.\d\d\.\d\d|\d\d\.\d\d\s*[-—–]"),
    "IssueAuthority": re.compile("管理局|公安部|出入境"),
    "Authority": re.compile("公安|分局"),
}
"""What glare leaves of a value shows that it is printed. A whole date may be another person's."""
NEW_NUMBER: Final = 9
"""Characters of the numbers since 2013 and 2015 at most. Nobody knows much of the editions before."""
SAME_ROW: Final = (
    (Label.BIRTH, Label.SEX),
    (Label.AUTHORITY, Label.ISSUE_PLACE),
    (Label.PERMIT_NUMBER, Label.ISSUE_COUNT),
)
"""A travel front's labels that are beside each other where labels are above their values."""
NOT_LABELS: Final = frozenset({Label.TITLE, Label.NOISE})
