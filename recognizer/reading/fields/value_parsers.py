"""The forms in which the cards print dates, numbers and names: a reading that fits none of them is no value.

Nothing here guesses: characters are only taken for others that cannot stand in their place (a letter O where the form
has a digit).
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from permit_ocr.domain.card import chinese_script
from permit_ocr.domain.card.permit_number import NON_CHINESE, Edition, editions_of_type, lasts, terms_of
from permit_ocr.domain.card.valid_date import parse_date
from permit_ocr.domain.card.width import half_width as plain_signs
from permit_ocr.domain.permits import PermitType
from recognizer.reading.layout.labels import ENGLISH_LABEL_WORDS
from recognizer.reading.ocr.text_lines import JOINT

_DIGIT_LOOKALIKES: Final = str.maketrans("OoQDIl|!]", "000011111")
_DATE: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)\D{0,3}(0\d|1[0-2])\D{0,3}([0-2]\d|3[01])(?!\d{3})")
_CHINESE_DATE: Final = re.compile(r"(?<!\d)((?:18|19|20)\d\d)\D{1,4}(\d{1,2})\D{1,4}(\d{1,2})(?!\d)")
_LONG_TERM: Final = "长期"
_PROVINCES: Final = re.compile(
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|"
    "甘肃|青海|内蒙古|广西|西藏|宁夏|新疆"
)
"""Places of issue as printed."""
_CJK: Final = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff"
_CHINESE_NAME: Final = re.compile(rf"[{_CJK}](?:[{_CJK}·]*[{_CJK}])")
_LATIN_BEHIND: Final = re.compile(r"\s[A-Z][A-Z ,'’\-]*$")
_OF_TITLES: Final = re.compile("通行证|居民|来往|往来|港澳|共和国|管理局|公安|签发|有效|证件|号码")
"""Words of titles, labels and authorities that no name has in it."""
_TITLE_WORDS: Final = re.compile(
    r"\b(?:PERMIT|TRAVEL|TRAVELLING|MAINLAND|RESIDENTS?|HONG KONG|MACAO|MACAU|TAIWAN|CHINA|REPUBLIC|EXIT-ENTRY|"
    r"SPECIMEN|SAMPLE)\b"
)
"""Words of titles and watermarks. HONG alone is a name, and so are some of the others beside a comma."""
_TRADITIONAL_ALIKE: Final = "黃廈強呂吳溫別產虛啟顏戶彥晉靜愛齊"
"""Characters that differ little from their simplified forms: a reader confuses them in small print."""
_REGISTERED: Final = "黄厦强吴温启户彦晋"
"""Simplified forms among those that identity registers beside traditional characters have, too: 温 in Hong Kong."""


def _is_in(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _in_one_script_only() -> dict[int, str]:
    pairs = ((code, chinese_script.simplified(chr(code))) for code in range(0x4E00, 0xA000))
    return {
        code: form
        for code, form in pairs
        if form != chr(code) and not _is_in(chr(code), "gb2312") and not _is_in(form, "big5")
    }


_TO_SIMPLIFIED: Final = _in_one_script_only()
"""Characters that are only traditional, with forms that are only simplified.

The domain's table has more: it makes names comparable, and replaces characters of simplified names, too (昇, 堃).
"""


def _numbers_of(editions: Iterable[Edition]) -> re.Pattern[str]:
    """Return what finds a number of one of the editions that is no part of a longer one, nor of a date."""
    forms = "|".join(edition.number.pattern for edition in editions)
    return re.compile(rf"(?<![A-Z0-9])(?<!\d\.)(?:{forms})(?!\d|\.\d)")


_HELD_BESIDE: Final = editions_of_type([PermitType.HK_MACAO_PERMIT, PermitType.TAIWAN_PERMIT])
"""Whose numbers stand on a residence permit's back; its holder is a Chinese citizen."""
_PERMIT_NUMBERS: Final = {permit: _numbers_of(editions_of_type([permit])) for permit in PermitType} | {
    PermitType.RESIDENCE_PERMIT: _numbers_of(edition for edition in _HELD_BESIDE if edition is not NON_CHINESE)
}


def half_width(text: str) -> str:
    """Return the text with full-width letters, digits, signs and spaces as ASCII."""
    return plain_signs(text).replace("\u3000", " ")


def dotted_date(text: str) -> str | None:
    """Return the first date in the text as ``1981.08.03``."""
    plain = _digits_in_dates(text)
    if found := _DATE.search(plain):
        return ".".join(found.groups())
    if (unpadded := slashed_date(plain)) is None:
        return None
    year, month, day = unpadded.split("/")
    return f"{year}.{month:0>2}.{day:0>2}"


def slashed_date(text: str) -> str | None:
    """Return the first date in the text as ``1997/6/2``, however it is printed (``1997年6月2日``, ``1997.06.02``)."""
    found = _CHINESE_DATE.search(_digits_in_dates(text))
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups())
    return f"{year}/{month}/{day}" if 1 <= month <= 12 and 1 <= day <= 31 else None  # noqa: PLR2004


def period(text: str) -> str | None:
    """Return the period in the text as ``2018.09.06-2023.09.06``; its end may be ``长期``."""
    plain = _digits_in_dates(text)
    dates = list(_DATE.finditer(plain))
    if len(dates) >= 2:  # noqa: PLR2004
        return "-".join(".".join(date.groups()) for date in dates[:2])
    if dates and _LONG_TERM in plain[dates[0].end() :]:
        return ".".join(dates[0].groups()) + "-" + _LONG_TERM
    return None


def days_exist(text: str) -> bool:
    """Tell whether a date or a period names only days that there are: not 30 February."""
    return all(day == _LONG_TERM or parse_date(day) for day in text.split("-"))


def is_term(text: str, permit: PermitType) -> bool:
    """Tell whether a period runs for a term that such permits are issued for, or without an end."""
    start, _, end = text.partition("-")
    first, last = parse_date(start), parse_date(end)
    if first is None or last is None:
        return first is not None and end == _LONG_TERM
    return any(lasts(first, last, years=years) for years in terms_of(editions_of_type([permit]), age=None))


def _digits_in_dates(text: str) -> str:
    """Return the text with letters beside digits as the digits they look like, and no spaces inside dates."""
    plain = half_width(text)
    plain = re.sub(
        r"(?<=[\d.])[OoQDIl|!]+|[OoQDIl|!]+(?=[\d.])", lambda found: found[0].translate(_DIGIT_LOOKALIKES), plain
    )
    plain = re.sub(r"(?<=[\d.]) +(?=\.)|(?<=\.) +(?=\d)", "", plain)
    return re.sub(r"(\d{4}\.\d\d\.\d\d)(?=\d{4}\.)", r"\1-", plain)


def permit_number(text: str, permit: PermitType) -> str | None:
    """Return the first number in the text that has the permit's form.

    A residence permit's is the travel permit's printed on its back.
    """
    plain = re.sub(r"(?<=[A-Z0-9]) +(?=[\d(])", "", half_width(text).upper())
    pattern = _PERMIT_NUMBERS[permit]
    found = pattern.search(plain) or pattern.search(_digits_after_letter(plain))
    return found[0] if found else None


def _digits_after_letter(text: str) -> str:
    """Return each run of letters and digits with look-alikes as digits, but for a letter that begins it."""
    return re.sub(
        r"[A-Z0-9]{8,12}",
        lambda found: (
            found[0][0] + found[0][1:].translate(_DIGIT_LOOKALIKES)
            if found[0][0] in "HMC"
            else found[0].translate(_DIGIT_LOOKALIKES)
        ),
        text,
    )


def count(text: str) -> str | None:
    """Return a count of one or two digits that stands alone."""
    found = re.fullmatch(r"\D{0,2}?(\d{1,2})\D{0,2}", half_width(text).strip().translate(_DIGIT_LOOKALIKES))
    return found[1] if found else None


def sex(text: str) -> str | None:
    """Return 男 or 女; a letter beside it (``男/M``) is a translation."""
    found = re.search(r"[男女]", text)
    return found[0] if found else None


def chinese_name(text: str) -> str | None:
    """Return a name in Chinese characters, two at least, parts joined by ``·``.

    A romanised name may stand behind it, a misread label before it.
    """
    plain = re.sub(r"\s+", "", _LATIN_BEHIND.sub("", _chinese_parts(text)))
    plain = re.sub(r"[•・‧∙⋅．.·]+", "·", plain).strip("·")
    if not _CHINESE_NAME.fullmatch(plain) or _OF_TITLES.search(simplified(plain)):
        return None
    return one_script(plain)


def _chinese_parts(text: str) -> str:
    """Return those of the parts with gaps between them that have Chinese characters; there are others seldom."""
    return "".join(part for part in text.split(JOINT) if re.search(rf"[{_CJK}]", part))


def latin_name(text: str) -> str | None:
    """Return a romanised name as ``CHAN,TAI MAN``: one to several parts in capitals, no space beside the comma."""
    decomposed = unicodedata.normalize("NFKD", half_width(text).replace("、", ",").strip())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    words = [word for word in plain.split() if not re.search(r"[a-z]", word)]
    while words and words[0].strip(".:/") in ENGLISH_LABEL_WORDS:
        del words[0]
    plain = " ".join(words)
    if not re.fullmatch(r"[A-Z][A-Z ,.'’\-]*[A-Z]\.?", plain):
        return None
    if "," not in plain:
        plain = re.sub(r"(?<=[A-Z])\.\s*(?=[A-Z])", ",", plain, count=1)
    if len(_TITLE_WORDS.findall(plain)) > ("," in plain):
        return None
    return re.sub(r"\s*([,\-])\s*", r"\1", plain).replace("’", "'")


def chinese_text(text: str) -> str | None:
    """Return text without spaces if there is a Chinese character in it: an authority, a place, a nationality."""
    plain = re.sub(r"\s+", "", text).strip("·.,，。:：-")
    return plain if re.search(rf"[{_CJK}]", plain) else None


def province(text: str) -> str | None:
    """Return the province that a text names and nothing besides."""
    plain = simplified(re.sub(r"\s+", "", text))
    return plain if _PROVINCES.fullmatch(plain) else None


def chinese_words(text: str) -> str | None:
    """Return the longest run of Chinese characters, without spaces."""
    return max(re.findall(rf"[{_CJK}]+", re.sub(r"\s+", "", text)), key=len, default=None)


def simplified(text: str) -> str:
    """Return simplified characters for traditional ones: what mainland authorities print has no others."""
    return text.translate(_TO_SIMPLIFIED)


def one_script(name: str) -> str:
    """Return a name with each look-alike in the script of the other characters, if those are of one script.

    A look-alike that could have been registered beside traditional characters stays as it was read.
    """
    others = "".join(character for character in name if character not in _ALIKE)
    if is_traditional(others) and not is_simplified(others):
        return name.translate(_ALIKE_TO_TRADITIONAL)
    if is_simplified(others) and not is_traditional(others):
        return name.translate(_ALIKE_TO_SIMPLIFIED)
    return name


def is_mixed(name: str) -> bool:
    """Tell whether a name has characters of both scripts: few do, but readers mix them."""
    return is_traditional(name) and is_simplified(name)


def is_traditional(text: str) -> bool:
    """Tell whether a character of the text is only traditional."""
    return any(ord(character) in _TO_SIMPLIFIED for character in text)


def is_simplified(text: str) -> bool:
    """Tell whether a character of the text is only simplified."""
    return any(_is_in(character, "gb2312") and not _is_in(character, "big5") for character in text)


_ALIKE_TO_SIMPLIFIED: Final = {ord(one): _TO_SIMPLIFIED[ord(one)] for one in _TRADITIONAL_ALIKE}
_ALIKE_TO_TRADITIONAL: Final = {
    ord(simplified): chr(one) for one, simplified in _ALIKE_TO_SIMPLIFIED.items() if simplified not in _REGISTERED
}
_ALIKE: Final = frozenset(_TRADITIONAL_ALIKE).union(_ALIKE_TO_SIMPLIFIED.values())


def identity_card_number(text: str) -> str | None:
    """Return a Hong Kong number as ``A123456(7)`` or a Macao number as ``1234567(8)``."""
    plain = re.sub(r"\s+", "", half_width(text).upper()).replace("[", "(").replace("]", ")")
    found = re.search(r"(?<![A-Z0-9])([A-Z]{1,2}\d{6}|\d{7})\(?([0-9A])\)?(?![A-Z0-9])", plain)
    if found:
        return f"{found[1]}({found[2]})"
    found = re.search(r"(?<!\d)(\d)/(\d{6})/(\d)(?!\d)", plain)
    return found[0] if found else None


def permits_before(text: str) -> str | None:
    """Return the numbers of permits held before, several separated by commas, as printed."""
    found = re.findall(
        r"(?<![A-Z0-9])[A-Z]{0,2}\d{7,11}(?!\d)", re.sub(r"(?<=[A-Z0-9]) +(?=\d)", "", half_width(text).upper())
    )
    return ",".join(found) if found else None
