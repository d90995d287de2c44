"""The forms in which the cards print dates, numbers and names: a reading that fits none of them is no value.

Nothing here guesses: characters are only taken for others that cannot stand in their place (a letter O where the form
has a digit).
"""

import re
import unicodedata
from datetime import date, timedelta
from typing import Final

from permit_ocr.domain.permits import PermitType

_DIGIT_LOOKALIKES: Final = str.maketrans("OoQDIl|!", "00001111")
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DATE: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)\D{0,3}(0\d|1[0-2])\D{0,3}([0-2]\d|3[01])(?!\d{3})")
_CHINESE_DATE: Final = re.compile(r"(?<!\d)((?:18|19|20)\d\d)\D{1,4}(\d{1,2})\D{1,4}(\d{1,2})(?!\d)")
_LONG_TERM: Final = "长期"
_TERMS: Final = (3, 5, 10)
_LEAP_DAY: Final = (2, 29)
_PROVINCES: Final = re.compile(
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|"
    "甘肃|青海|内蒙古|广西|西藏|宁夏|新疆"
)
"""Places of issue as printed."""
_CJK: Final = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff"
_CHINESE_NAME: Final = re.compile(rf"[{_CJK}](?:[{_CJK}·]*[{_CJK}])")
# fmt: off
_NOT_IN_NAMES: Final = frozenset((
    "PERMIT", "TRAVEL", "MAINLAND", "RESIDENTS", "RESIDENT", "HONG", "MACAO", "MACAU", "TAIWAN", "REPUBLIC",
    "EXIT-ENTRY", "TRAVELLING", "SPECIMEN", "SAMPLE",
))
ENGLISH_LABEL_WORDS: Final = frozenset((
    "NAME", "SURNAME", "GIVEN", "NAMES", "SEX", "GENDER", "DATE", "OF", "BIRTH", "PERIOD", "VALIDITY",
    "VALID", "FROM", "UNTIL", "EXPIRY", "ISSUING", "AUTHORITY", "PLACE", "ISSUE", "ISSUED", "TIMES", "PERMIT",
    "DOCUMENT", "CARD", "NO", "NUMBER", "NATIONALITY", "ENGLISH", "CHINESE", "ADDRESS",
))
# fmt: on
_TRADITIONAL_ALIKE: Final = "黃廈強呂吳溫別產虛啟顏戶彥晉"
_SIMPLIFIED_ALIKE: Final = "黄厦强吕吴温别产虚启颜户彦晋"
"""Characters that differ from their traditional forms in a stroke, which a reader confuses in small print."""
_TRADITIONAL: Final = _TRADITIONAL_ALIKE + (
    "陳張劉楊趙孫馬鄭謝許鄧葉蘇盧蕭嚴顧龍譚關歐陽諸偉麗靜華蘭國軒鳳榮穎樂爾寶齊遠馮蔣賴羅鍾鐘韓龔賈鄒陸魯"
    "錢湯龐紀簡藍連練駱單喬倫俠務勵勳協園圓堅墳壽夢奧婭嫻學實寬將專導崗師帶幫慶憲應戰執擇攝時暉曉曄書東條"
    "棟楓業權歡歲歷殘漢潤濤濱瀾灣燦燈營爲為獎獨玨現瑋瑤環瓊當發監禮禪穩競筆節純紅紋納紹細終結綺維綠緯績總"
    "繼續纓義習聞聰聲職興舊艷藝蓮蔭號衛裝覺觀訓詠詩誠誼談諾謙證識譯議讓貝貞財貴賢賓贊躍軍輝輕轉辭農達運進"
    "過選遷還邊鄉醫釗鈞鈴鉅銀銘銳鋒鋼錦鎮鏡鑽長門開閔間閣閩陰際隊階險雙雜難電霧靈韋韻順頌預領頭題類飛飄養"
    "館馳駿騰驗驕鮮鯉鳴鴻鵬鶴鷺點齡龜區縣樓層廣粵島灘橋濟遼滬貓"
)
_SIMPLIFIED: Final = _SIMPLIFIED_ALIKE + (
    "陈张刘杨赵孙马郑谢许邓叶苏卢萧严顾龙谭关欧阳诸伟丽静华兰国轩凤荣颖乐尔宝齐远冯蒋赖罗钟钟韩龚贾邹陆鲁"
    "钱汤庞纪简蓝连练骆单乔伦侠务励勋协园圆坚坟寿梦奥娅娴学实宽将专导岗师带帮庆宪应战执择摄时晖晓晔书东条"
    "栋枫业权欢岁历残汉润涛滨澜湾灿灯营为为奖独珏现玮瑶环琼当发监礼禅稳竞笔节纯红纹纳绍细终结绮维绿纬绩总"
    "继续缨义习闻聪声职兴旧艳艺莲荫号卫装觉观训咏诗诚谊谈诺谦证识译议让贝贞财贵贤宾赞跃军辉轻转辞农达运进"
    "过选迁还边乡医钊钧铃钜银铭锐锋钢锦镇镜钻长门开闵间阁闽阴际队阶险双杂难电雾灵韦韵顺颂预领头题类飞飘养"
    "馆驰骏腾验骄鲜鲤鸣鸿鹏鹤鹭点龄龟区县楼层广粤岛滩桥济辽沪猫"
)
"""Frequent characters of names and addresses with one traditional form each, and not themselves traditional."""
_PERMIT_NUMBERS: Final = {
    PermitType.HK_MACAO_PERMIT: re.compile(r"(?<![A-Z0-9])(?:[HM]A\d{7}|[HM]\d{10}|[HM]\d{8})(?!\d)"),
    PermitType.TAIWAN_PERMIT: re.compile(r"(?<![A-Z0-9.])(?:\d{10}|\d{8})(?:\([A-Z0-9]\))?(?![\d.])"),
    PermitType.EXIT_ENTRY_PERMIT: re.compile(r"(?<![A-Z0-9])C[A-HJ-NP-Z0-9]\d{7}(?!\d)"),
    PermitType.RESIDENCE_PERMIT: re.compile(r"(?<![A-Z0-9.])(?:[HM]?\d{10}|[HM]?\d{8})(?![\d.])"),
}


def half_width(text: str) -> str:
    """Return the text with full-width letters, digits and signs as ASCII."""
    return text.translate(_FULL_WIDTH).replace("\u3000", " ")


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


def is_term(text: str) -> bool:
    """Tell whether a period runs for a term that permits are issued for: 3, 5 or 10 years, or without an end.

    It ends on the day of the year it began on (residence permits) or a day before (travel permits).
    """
    if text.endswith(_LONG_TERM):
        return True
    try:
        start, end = (date(*map(int, day.split("."))) for day in text.split("-"))
    except (ValueError, TypeError):
        return False
    same_day = any(_day(last) in {_day(start), _LEAP_DAY} for last in (end, end + timedelta(days=1)))
    return (same_day or _day(start) == _LEAP_DAY) and (end + timedelta(days=1)).year - start.year in _TERMS


def _day(day: date) -> tuple[int, int]:
    return day.month, day.day


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
    """Return a name in Chinese characters, two at least, parts joined by ``·``."""
    plain = re.sub(r"\s+", "", text)
    plain = re.sub(r"[•・‧∙⋅．.·]+", "·", plain).strip("·")
    return one_script(plain) if _CHINESE_NAME.fullmatch(plain) else None


def latin_name(text: str) -> str | None:
    """Return a romanised name as ``CHAN,TAI MAN``: one to several parts in capitals, no space beside the comma."""
    decomposed = unicodedata.normalize("NFKD", half_width(text).replace("、", ",").strip())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    words = [word for word in plain.split() if not re.search(r"[a-z]", word)]
    while words and words[0].strip(".:/") in ENGLISH_LABEL_WORDS:
        del words[0]
    plain = " ".join(words)
    if not re.fullmatch(r"[A-Z][A-Z ,.'’\-]*[A-Z]\.?", plain) or _NOT_IN_NAMES & set(re.split(r"[ ,]+", plain)):
        return None
    if "," not in plain:
        plain = re.sub(r"(?<=[A-Z])\.\s*(?=[A-Z])", ",", plain, count=1)
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
    return text.translate(str.maketrans(_TRADITIONAL, _SIMPLIFIED))


def one_script(name: str) -> str:
    """Return a name in one script: no card mixes them, but a reader does.

    Models learn from simplified text, so a traditional character that is no look-alike was printed. A character of
    GB 2312 that Big5 lacks is a simplified one; what neither shows may be both.
    """
    plain = [character for character in name if character not in _TRADITIONAL_ALIKE + _SIMPLIFIED_ALIKE]
    mixed = any(one in name for one in _TRADITIONAL_ALIKE) and any(one in name for one in _SIMPLIFIED_ALIKE)
    if any(character in _TRADITIONAL for character in plain):
        return name.translate(str.maketrans(_SIMPLIFIED, _TRADITIONAL))
    if any(_is_in(character, "gb2312") and not _is_in(character, "big5") for character in plain):
        return simplified(name)
    return name.translate(str.maketrans(_SIMPLIFIED, _TRADITIONAL)) if mixed else name


def _is_in(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


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
