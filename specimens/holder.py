"""Fictitious holders: every name is put together by chance from lists, every number is drawn by chance."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from specimens.chance import happens

# Simplified, traditional, Pinyin, Cantonese, as printed on mainland, Taiwan and Hong Kong documents.
_SURNAMES: Final = (
    ("李", "李", "LI", "LEE"),
    ("王", "王", "WANG", "WONG"),
    ("张", "張", "ZHANG", "CHEUNG"),
    ("刘", "劉", "LIU", "LAU"),
    ("陈", "陳", "CHEN", "CHAN"),
    ("杨", "楊", "YANG", "YEUNG"),
    ("黄", "黃", "HUANG", "WONG"),
    ("赵", "趙", "ZHAO", "CHIU"),
    ("吴", "吳", "WU", "NG"),
    ("周", "周", "ZHOU", "CHOW"),
    ("徐", "徐", "XU", "TSUI"),
    ("孙", "孫", "SUN", "SUEN"),
    ("马", "馬", "MA", "MA"),
    ("郭", "郭", "GUO", "KWOK"),
    ("何", "何", "HE", "HO"),
    ("郑", "鄭", "ZHENG", "CHENG"),
    ("谢", "謝", "XIE", "TSE"),
    ("许", "許", "XU", "HUI"),
    ("邓", "鄧", "DENG", "TANG"),
    ("叶", "葉", "YE", "IP"),
    ("苏", "蘇", "SU", "SO"),
    ("卢", "盧", "LU", "LO"),
    ("蔡", "蔡", "CAI", "CHOI"),
    ("萧", "蕭", "XIAO", "SIU"),
    ("严", "嚴", "YAN", "YIM"),
    ("顾", "顧", "GU", "KOO"),
    ("龙", "龍", "LONG", "LUNG"),
    ("谭", "譚", "TAN", "TAM"),
    ("关", "關", "GUAN", "KWAN"),
    ("温", "溫", "WEN", "WAN"),
)
_COMPOUND_SURNAMES: Final = (
    ("欧阳", "歐陽", "OUYANG", "AU YEUNG"),
    ("司徒", "司徒", "SITU", "SZETO"),
    ("上官", "上官", "SHANGGUAN", "SHEUNG KOON"),
    ("诸葛", "諸葛", "ZHUGE", "CHU KOT"),
    ("司马", "司馬", "SIMA", "SZE MA"),
)
_GIVEN: Final = (
    ("伟", "偉", "WEI", "WAI"),
    ("明", "明", "MING", "MING"),
    ("丽", "麗", "LI", "LAI"),
    ("强", "強", "QIANG", "KEUNG"),
    ("静", "靜", "JING", "CHING"),
    ("华", "華", "HUA", "WAH"),
    ("玉", "玉", "YU", "YUK"),
    ("兰", "蘭", "LAN", "LAN"),
    ("国", "國", "GUO", "KWOK"),
    ("平", "平", "PING", "PING"),
    ("家", "家", "JIA", "KA"),
    ("豪", "豪", "HAO", "HO"),
    ("志", "志", "ZHI", "CHI"),
    ("雅", "雅", "YA", "NGA"),
    ("婷", "婷", "TING", "TING"),
    ("宇", "宇", "YU", "YU"),
    ("轩", "軒", "XUAN", "HIN"),
    ("梓", "梓", "ZI", "TSZ"),
    ("晴", "晴", "QING", "CHING"),
    ("俊", "俊", "JUN", "CHUN"),
    ("杰", "傑", "JIE", "KIT"),
    ("凤", "鳳", "FENG", "FUNG"),
    ("荣", "榮", "RONG", "WING"),
    ("珊", "珊", "SHAN", "SHAN"),
    ("嘉", "嘉", "JIA", "KA"),
    ("颖", "穎", "YING", "WING"),
    ("乐", "樂", "LE", "LOK"),
    ("怡", "怡", "YI", "YI"),
    ("万", "萬", "WAN", "MAN"),
    ("尔", "爾", "ER", "YI"),
    ("宝", "寶", "BAO", "PO"),
    ("慧", "慧", "HUI", "WAI"),
    ("齐", "齊", "QI", "CHAI"),
    ("远", "遠", "YUAN", "YUEN"),
)
_ETHNIC: Final = (
    ("阿不都热西提·买买提", "ABUDUREXITI,MAIMAITI"),
    ("古丽娜尔·艾尼瓦尔", "GULINAER,AINIWAER"),
    ("帕尔哈提·吐尔逊", "PAERHATI,TUERXUN"),
    ("迪丽拜尔·玉素甫江", "DILIBAIER,YUSUFUJIANG"),
    ("次仁·卓玛", "CIREN,ZHUOMA"),
    ("扎西·顿珠", "ZHAXI,DUNZHU"),
)
_FOREIGN: Final = (
    ("MILLER,ANNA MARIE", ""),
    ("TANAKA,YUKI", "田中由纪"),
    ("SINGH,ARJUN", ""),
    ("SILVA,JOAO PEDRO", ""),
    ("SUKARNI", ""),
    ("DELACROIX,LUC", "卢克"),
    ("NGUYEN,MINH ANH", "阮明英"),
    ("WALKER,THOMAS", "沃托马斯"),
)
NATIONALITIES: Final = {
    "加拿大": "CAN",
    "英国": "GBR",
    "美国": "USA",
    "法国": "FRA",
    "日本": "JPN",
    "葡萄牙": "PRT",
    "印度": "IND",
    "菲律宾": "PHL",
    "澳大利亚": "AUS",
    "新加坡": "SGP",
}
"""Nationalities as the edition for non-Chinese citizens prints them, with the codes of ISO 3166-1."""
_STREETS: Final = (
    ("北京市朝阳区", "北京市公安局朝阳分局"),
    ("北京市海淀区", "北京市公安局海淀分局"),
    ("上海市浦东新区", "上海市公安局浦东分局"),
    ("上海市徐汇区", "上海市公安局徐汇分局"),
    ("广东省深圳市南山区", "深圳市公安局南山分局"),
    ("广东省广州市天河区", "广州市公安局天河区分局"),
    ("广东省珠海市香洲区", "珠海市公安局香洲分局"),
    ("福建省厦门市思明区", "厦门市公安局思明分局"),
    ("江苏省苏州市吴中区", "苏州市公安局吴中分局"),
    ("浙江省杭州市西湖区", "杭州市公安局西湖分局"),
    ("四川省成都市武侯区", "成都市公安局武侯区分局"),
    ("广东省东莞市", "东莞市公安局"),
    ("新疆维吾尔自治区乌鲁木齐市天山区", "乌鲁木齐市公安局天山区分局"),
)
_ROADS: Final = ("示范路", "样本大道", "测试街", "虚构东路", "范例中路", "模拟二路", "例示大街", "样张巷")
_ESTATES: Final = ("", "", "样本花园", "示例新村", "虚构公寓", "范本国际城", "海景测试苑")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One fictitious person. ``romanised`` is ``SURNAME,GIVEN``, or one part without a comma."""

    simplified: str
    traditional: str
    romanised: str
    sex: str
    birth: date
    nationality: str = ""
    """Empty for Chinese citizens, on whose permits none is printed."""

    @property
    def nationality_code(self) -> str:
        """The three letters of a machine-readable line."""
        return NATIONALITIES.get(self.nationality, "CHN")


@dataclass(frozen=True, slots=True)
class Residence:
    """A mainland address and the police authority that issues permits there."""

    address: str
    authority: str


def chinese_holder(random: Random, *, birth: date, region: str) -> Holder:
    """Draw a holder of Chinese nationality; ``region`` (HK, MO, TW, CN) decides how the name is romanised."""
    sex = random.choice("男女")
    if region == "CN" and happens(random, 0.12):
        name, latin = random.choice(_ETHNIC)
        if happens(random, 0.25):
            latin = latin.replace(",", "")
        return Holder(simplified=name, traditional=name, romanised=latin, sex=sex, birth=birth)
    surname = random.choice(_COMPOUND_SURNAMES if happens(random, 0.15) else _SURNAMES)
    given = random.sample(_GIVEN, random.choice((1, 2, 2, 2)))
    return Holder(
        simplified=surname[0] + "".join(part[0] for part in given),
        traditional=surname[1] + "".join(part[1] for part in given),
        romanised=_romanise(random, surname, given, region),
        sex=sex,
        birth=birth,
    )


def _romanise(random: Random, surname: tuple[str, ...], given: list[tuple[str, str, str, str]], region: str) -> str:
    if region == "CN":
        return f"{surname[2]},{''.join(part[2] for part in given)}"
    if region == "TW":
        return f"{surname[2]},{'-'.join(part[2] for part in given)}"
    joint = random.choice((" ", " ", "-", "-", ""))
    return f"{surname[3]},{joint.join(part[3] for part in given)}"


def foreign_holder(random: Random, *, birth: date) -> Holder:
    """Draw a holder who is not a Chinese citizen: a Latin name, at times a Chinese one beside it."""
    latin, chinese = random.choice(_FOREIGN)
    return Holder(
        simplified=chinese,
        traditional=chinese,
        romanised=latin,
        sex=random.choice("男女"),
        birth=birth,
        nationality=random.choice(tuple(NATIONALITIES)),
    )


def residence(random: Random) -> Residence:
    """Draw a mainland address of one to three printed lines, with roads and estates that do not exist."""
    district, authority = random.choice(_STREETS)
    address = f"{district}{random.choice(_ROADS)}{random.randint(1, 1999)}号"
    estate = random.choice(_ESTATES)
    if estate:
        address += estate
    if happens(random, 0.75):
        address += f"{random.randint(1, 40)}栋"
        if happens(random, 0.4):
            address += f"{random.randint(1, 6)}单元"
        address += f"{random.randint(1, 32)}{random.randint(1, 12):02d}{random.choice(('室', '房', '号', ''))}"
    return Residence(address, authority)


def birth_of(random: Random, *, age: int, on: date) -> date:
    """Return a birth date that makes somebody ``age`` years old on the day, never 29 February."""
    born = date(on.year - age, on.month, 1) - timedelta(days=random.randrange(1, 330))
    return born if (born.month, born.day) != (2, 29) else born - timedelta(days=1)
