"""Parsers for the formats in which the cards print dates, numbers and names. Each returns None for any other text.

A character is replaced by a similar one if it is impossible at its position (a letter O where the format has a digit),
or hardly exists there, like one surname. What the models read is then less certain: see ``ocr_field.CONVERTED``.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import chain
from typing import Final

from babel import Locale

from permit_ocr.domain.card import chinese_script
from permit_ocr.domain.card.chinese_script import half_width as ascii_width
from permit_ocr.domain.card.permit_number import NON_CHINESE, Edition, editions_of_type, lasts, terms_of
from permit_ocr.domain.card.valid_date import parse_date
from permit_ocr.domain.permits import PermitType
from recognizer.reading.layout.labels import ENGLISH_LABEL_WORDS
from recognizer.reading.ocr.text_lines import BOX_GAP

_DIGIT_LOOKALIKES: Final = str.maketrans("OoQDIl|!]", "000011111")
_DATE: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)\D{0,3}(0\d|1[0-2])\D{0,3}([0-2]\d|3[01])(?!\d{3})")
_CHINESE_DATE: Final = re.compile(r"(?<!\d)((?:18|19|20)\d\d)\D{1,4}(\d{1,2})\D{1,4}(\d{1,2})(?!\d)")
_YEAR_AND_MONTH: Final = re.compile(r"(?<!\d)((?:18|19|20)\d\d)(?=\d{1,2}月\d{1,2}(?!\d))")
_SEPARATORS: Final = re.compile(r"\d\s*[./:-]\s*\d")
_UNPADDED_DATE: Final = re.compile(r"\D?(?:18|19|20)\d\d\D?\d{1,2}\D?\d{1,2}\D?")
_LONG_TERM: Final = "长期"
_PROVINCES: Final = re.compile(
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|"
    "甘肃|青海|内蒙古|广西|西藏|宁夏|新疆"
)
"""Places of issue, as printed."""
_NO_FOREIGN_COUNTRIES: Final = frozenset({"CN", "EU", "EZ", "HK", "MO", "TW", "UN", "XA", "XB", "ZZ"})
"""CLDR's codes of China and its regions, of alliances, and of no place."""
_CJK: Final = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff"
_CHINESE_NAME: Final = re.compile(rf"[{_CJK}](?:[{_CJK}·]*[{_CJK}])")
_LABEL_BEFORE_PROVINCE: Final = re.compile(rf"[{_CJK}]{{1,2}}(?=(?:{_PROVINCES.pattern})(?:[省市]|.{{0,3}}自治区))")
_END_OF_LABEL: Final = re.compile("^(?:姓名|姓(?!名)|名)(?=..)")
"""What is read of 姓名 together with the name. No surname is written like that."""
COMPOUND_SURNAMES: Final = re.compile("欧阳|司马|上官|诸葛|夏侯|皇甫|尉迟|公孙|慕容|令狐|司徒|东方|南宫|端木|张简|范姜")
_MISREAD_SURNAME: Final = re.compile("^洗")
"""On 720 own photos of level 2, all five of these were 冼, which is a usual surname in Guangdong and Hong Kong."""
_TRAILING_LATIN: Final = re.compile(r"\s[A-Z][A-Z ,'’\-]*$")
_NOT_IN_NAMES: Final = re.compile(
    "通行|行证|内地|居民|来往|往来|港澳|共和国|管理局|公安|签发|有效|证件|号码|公司|有限|集团|酒店|银行|医院|电话|邮箱|签名|单位"
)
"""Words of titles, labels, authorities, companies and forms that do not occur in names."""
SPECIMEN_NAMES: Final = frozenset({"证件样本", "样本"})
"""Names of the holders of official specimens."""
SEXES: Final = "男女"
ISSUE_COUNT: Final = re.compile(r"0\d|1[0-2]")
"""How often a permit was issued, which is 00 for the first one."""
_TITLE_WORDS: Final = re.compile(
    r"\b(?:PERMIT|TRAVEL|TRAVELLING|MAINLAND|RESIDENTS?|HONG KONG|MACAO|MACAU|TAIWAN|CHINA|REPUBLIC|EXIT-ENTRY|"
    r"SPECIMEN|SAMPLE)\b"
)
"""Words of titles and watermarks. HONG is also a name, and so are some of the others next to a comma."""
_SIMILAR_TRADITIONAL: Final = "黃廈強呂吳溫別產虛啟顏戶彥晉靜愛齊"
"""Traditional characters that are easily confused with their simplified forms in small print."""
_USED_IN_BOTH_SCRIPTS: Final = "黄厦强温启户彦晋"
"""Simplified forms that are also registered in names with traditional characters: 温 in Hong Kong."""


def _is_in(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _unambiguous_simplifications() -> dict[int, str]:
    pairs = ((code, chinese_script.simplified(chr(code))) for code in range(0x4E00, 0xA000))
    return {
        code: form
        for code, form in pairs
        if form != chr(code) and not _is_in(chr(code), "gb2312") and not _is_in(form, "big5")
    }


@cache
def _traditional_forms() -> dict[str, set[str]]:
    """Return the traditional characters of Big5 by the simplified one that replaces them."""
    forms: dict[str, set[str]] = {}
    for code in range(0x4E00, 0xA000):
        if (form := chinese_script.simplified(chr(code))) != chr(code) and _is_in(chr(code), "big5"):
            forms.setdefault(form, set()).add(chr(code))
    return forms


_TO_SIMPLIFIED: Final = _unambiguous_simplifications()
"""Characters that are only traditional, mapped to forms that are only simplified.

The domain's table is larger, because it makes names comparable: it also replaces characters of simplified names
(昇, 堃).
"""

_IN_SIMPLIFIED_NAMES: Final = "昇陞湧綵寀樑淩迺鉅遊汎龢澂榦菴祕"
"""Variants that some simplified names have kept (昇 and others by the table of standard characters of 2013)."""
_ONLY_TRADITIONAL: Final = frozenset(map(chr, _TO_SIMPLIFIED)) | frozenset(
    one
    for one in chain.from_iterable(_traditional_forms().values())
    if not _is_in(one, "gb2312") and one not in _IN_SIMPLIFIED_NAMES
)
"""Characters that no simplified name has, also those whose simplified form is a traditional character, too: 雲."""


def _numbers_of(editions: Iterable[Edition]) -> re.Pattern[str]:
    """Return a pattern for the editions' numbers that does not match within a longer number or a date."""
    forms = "|".join(edition.number.pattern for edition in editions)
    return re.compile(rf"(?<![A-Z0-9])(?<!\d\.)(?:{forms})(?!\d|\.\d)")


_ON_RESIDENCE_PERMITS: Final = editions_of_type([PermitType.HK_MACAO_PERMIT, PermitType.TAIWAN_PERMIT])
"""Permits whose numbers are printed on a residence permit's back. Its holder is a Chinese citizen."""
_PERMIT_NUMBERS: Final = {permit: _numbers_of(editions_of_type([permit])) for permit in PermitType} | {
    PermitType.RESIDENCE_PERMIT: _numbers_of(edition for edition in _ON_RESIDENCE_PERMITS if edition is not NON_CHINESE)
}


def half_width(text: str) -> str:
    """Convert full-width letters, digits, punctuation and spaces to ASCII."""
    return ascii_width(text).replace("\u3000", " ")


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
    """Return the first date in the text as ``1997/6/2``, whether printed as ``1997年6月2日`` or ``1997.06.02``."""
    found = _CHINESE_DATE.search(_YEAR_AND_MONTH.sub(r"\1年", _digits_in_dates(text)))
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups())
    return f"{year}/{month}/{day}" if 1 <= month <= 12 and 1 <= day <= 31 else None  # noqa: PLR2004


def unpadded_date_digits(text: str) -> str:
    """Return the digits of a date like ``1997年6月2日`` of which 年, 月 and 日 were hardly read; else an empty text."""
    plain = re.sub(r"\s", "", half_width(text))
    is_date = _UNPADDED_DATE.fullmatch(plain) and not _SEPARATORS.search(text)
    return re.sub(r"\D", "", plain) if is_date else ""


def unpadded_date(text: str) -> str | None:
    """Return ``1997年6月2日`` as ``1997/6/2`` if 年, 月 and 日 were hardly read and its digits are only one date's."""
    digits = unpadded_date_digits(text)
    month_and_day = digits[4:]
    dates = {
        f"{digits[:4]}/{int(month)}/{int(day)}"
        for month, day in ((month_and_day[:at], month_and_day[at:]) for at in (1, 2))
        if month and day and month[0] != "0" and day[0] != "0" and int(month) <= 12 and int(day) <= 31  # noqa: PLR2004
    }
    return dates.pop() if len(dates) == 1 else None


def period(text: str) -> str | None:
    """Return the period in the text as ``2018.09.06-2023.09.06``; the end may be ``长期`` (no expiry)."""
    plain = _digits_in_dates(text)
    dates = list(_DATE.finditer(plain))
    if len(dates) >= 2:  # noqa: PLR2004
        return "-".join(".".join(date.groups()) for date in dates[:2])
    if dates and _LONG_TERM in plain[dates[0].end() :]:
        return ".".join(dates[0].groups()) + "-" + _LONG_TERM
    return None


def days_exist(text: str) -> bool:
    """Tell whether the days of a date or a period exist (30 February does not)."""
    return all(day == _LONG_TERM or parse_date(day) for day in text.split("-"))


def is_term(text: str, permit: PermitType) -> bool:
    """Tell whether a period has a term for which such permits are issued, or no end."""
    start, _, end = text.partition("-")
    first, last = parse_date(start), parse_date(end)
    if first is None or last is None:
        return first is not None and end == _LONG_TERM
    return any(lasts(first, last, years=years) for years in terms_of(editions_of_type([permit]), age=None))


def _digits_in_dates(text: str) -> str:
    """Replace letters next to digits by the digits they look like, and remove spaces within dates."""
    plain = half_width(text)
    plain = re.sub(
        r"(?<=[\d.])[OoQDIl|!]+|[OoQDIl|!]+(?=[\d.])", lambda found: found[0].translate(_DIGIT_LOOKALIKES), plain
    )
    plain = re.sub(r"(?<=[\d.]) +(?=\.)|(?<=\.) +(?=\d)", "", plain)
    return re.sub(r"(\d{4}\.\d\d\.\d\d)(?=\d{4}\.)", r"\1-", plain)


def permit_number(text: str, permit: PermitType) -> str | None:
    """Return the first number in the text with the permit's format.

    For a residence permit, this is the travel permit number printed on its back.
    """
    plain = re.sub(r"(?<=[A-Z0-9]) +(?=[\d(])", "", half_width(text).upper())
    pattern = _PERMIT_NUMBERS[permit]
    found = pattern.search(plain) or pattern.search(_digits_after_letter(plain))
    return found[0] if found else None


def _digits_after_letter(text: str) -> str:
    """Replace look-alikes by digits in each run of letters and digits, except for a leading letter."""
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
    """Return a count of one or two digits if the text has nothing else."""
    found = re.fullmatch(r"\D{0,2}?(\d{1,2})\D{0,2}", half_width(text).strip().translate(_DIGIT_LOOKALIKES))
    return found[1] if found else None


def sex(text: str) -> str | None:
    """Return 男 or 女; a letter next to it (``男/M``) is a translation."""
    found = re.search(r"[男女]", text)
    return found[0] if found else None


def chinese_name(text: str) -> str | None:
    """Return a name of at least two Chinese characters, its parts joined by ``·``.

    A romanised name may follow it, and a misread label may precede it.
    """
    plain = re.sub(r"\s+", "", _TRAILING_LATIN.sub("", _chinese_parts(text)))
    plain = re.sub(r"[•・‧∙⋅．.·]+", "·", plain).strip("·")
    plain = _END_OF_LABEL.sub("", plain)
    if chinese_script.simplified(plain) in SPECIMEN_NAMES:
        return plain
    if not _CHINESE_NAME.fullmatch(plain) or _NOT_IN_NAMES.search(simplified(plain)):
        return None
    return in_one_script(_MISREAD_SURNAME.sub("冼", plain))


def _chinese_parts(text: str) -> str:
    """Join the parts, as separated by box gaps, that contain Chinese characters; other parts are rare."""
    return "".join(part for part in text.split(BOX_GAP) if re.search(rf"[{_CJK}]", part))


def has_title_words(text: str) -> bool:
    """Tell whether a Latin text has words of permits' titles or of the watermark."""
    return _TITLE_WORDS.search(half_width(text).upper()) is not None


def latin_name(text: str) -> str | None:
    """Return a romanised name as ``CHAN,TAI MAN``: one or more parts in capitals, no space next to the comma."""
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
    return re.sub(r"[\s.]*([,\-])\s*", r"\1", plain).replace("’", "'")


def chinese_text(text: str) -> str | None:
    """Return a text with at least one Chinese character, without spaces: an authority, a place, a nationality."""
    plain = re.sub(r"\s+", "", text).strip("·.,，。:：-")
    return plain if re.search(rf"[{_CJK}]", plain) else None


def province(text: str) -> str | None:
    """Return the province if the text is nothing else."""
    plain = simplified(re.sub(r"\s+", "", text))
    return plain if _PROVINCES.fullmatch(plain) else None


def province_at_end(text: str) -> str | None:
    """Return the province with which a text ends."""
    found = re.search(rf"(?:{_PROVINCES.pattern})$", simplified(text))
    return found[0] if found else None


def begins_province(text: str) -> bool:
    """Tell whether the text is the beginning of a province."""
    return bool(text) and any(one.startswith(simplified(text)) for one in _PROVINCES.pattern.split("|"))


def without_label_before_province(address: str) -> str:
    """Return an address without one or two characters before its province: what was read of the label 住址."""
    found = _LABEL_BEFORE_PROVINCE.match(address)
    return address[found.end() :] if found and not _PROVINCES.match(address) else address


def chinese_words(text: str) -> str | None:
    """Return the longest run of Chinese characters, without spaces."""
    return max(re.findall(rf"[{_CJK}]+", re.sub(r"\s+", "", text)), key=len, default=None)


def country(text: str) -> str | None:
    """Return a foreign country's name in Chinese, on its own or beside its translation or a broken label."""
    return next((word for word in re.findall(rf"[{_CJK}]+", text) if simplified(word) in _countries()), None)


@cache
def _countries() -> frozenset[str]:
    """Return the Chinese names of foreign countries, from CLDR."""
    names = {str(code): name for code, name in Locale("zh").territories.items()}
    return frozenset(names[code] for code in names if code.isalpha() and code not in _NO_FOREIGN_COUNTRIES)


def simplified(text: str) -> str:
    """Convert traditional characters to simplified ones, because mainland authorities print only those."""
    return text.translate(_TO_SIMPLIFIED)


def in_one_script(name: str) -> str:
    """Convert characters to the script of the others, where that is more likely than a name of both scripts.

    The models read many traditional characters as their simplified forms, but none the other way round, except easily
    confused ones. Simplified forms that are registered in traditional names are left as read.
    """
    others = "".join(character for character in name if character not in _SIMILAR)
    if is_traditional(others):
        return "".join(map(_in_traditional_name, name))
    return name.translate(_SIMILAR_TO_SIMPLIFIED) if is_simplified(others) else name


def _in_traditional_name(character: str) -> str:
    """Return the only traditional form of a character that is only simplified; else the character."""
    if character in _USED_IN_BOTH_SCRIPTS or not is_simplified(character):
        return character
    form = traditional_form(character)
    return form if form and simplified(form) == character else character


def script_is_unclear(name: str) -> bool:
    """Tell whether only easily confused simplified forms show that a name is not a traditional one."""
    return is_simplified(name) and not is_simplified("".join(one for one in name if one not in _SIMILAR))


def is_mixed(name: str) -> bool:
    """Tell whether a name has characters of both scripts. This is rare in names, but common in misreadings."""
    return is_traditional(name) and is_simplified(name)


def is_traditional(text: str) -> bool:
    """Tell whether the text has a character that is only traditional."""
    return any(character in _ONLY_TRADITIONAL for character in text)


def traditional_form(character: str) -> str | None:
    """Return how a traditional name writes a simplified character; None if there are several ways."""
    forms = _traditional_forms().get(character, set()) | ({character} if _is_in(character, "big5") else set())
    return next(iter(forms)) if len(forms) == 1 else None


def written_forms(text: str) -> str:
    """Return the characters of a name in simplified form, and all their traditional forms."""
    return "".join(one + "".join(sorted(_traditional_forms().get(one, ()))) for one in simplified(text))


def is_simplified(text: str) -> bool:
    """Tell whether the text has a character that is only simplified."""
    return any(_is_in(character, "gb2312") and not _is_in(character, "big5") for character in text)


_SIMILAR_TO_SIMPLIFIED: Final = {ord(one): _TO_SIMPLIFIED[ord(one)] for one in _SIMILAR_TRADITIONAL}
_SIMILAR: Final = frozenset(_SIMILAR_TRADITIONAL).union(_SIMILAR_TO_SIMPLIFIED.values())


def identity_card_number(text: str) -> str | None:
    """Return a Hong Kong number as ``A123456(7)`` or a Macao number as ``1234567(8)``."""
    plain = re.sub(r"\s+", "", half_width(text).upper()).replace("[", "(").replace("]", ")")
    found = re.search(r"(?<![A-Z0-9])([A-Z]{1,2}\d{6}|\d{7})\(?([0-9A])\)?(?![A-Z0-9])", plain)
    if found:
        return f"{found[1]}({found[2]})"
    found = re.search(r"(?<!\d)(\d)/(\d{6})/(\d)(?!\d)", plain)
    return found[0] if found else None


def previous_permit_numbers(text: str) -> str | None:
    """Return the numbers of previous permits as printed, separated by commas."""
    found = re.findall(
        r"(?<![A-Z0-9])[A-Z]{0,2}\d{7,11}(?!\d)", re.sub(r"(?<=[A-Z0-9]) +(?=\d)", "", half_width(text).upper())
    )
    return ",".join(found) if found else None
