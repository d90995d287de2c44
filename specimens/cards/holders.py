"""Fictitious holders with random names, birth dates and addresses."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from specimens.cards.name_lists import (
    COMPOUND_SURNAMES,
    ETHNIC,
    FOREIGN,
    GIVEN,
    NATIONALITIES,
    SPECIMEN_NAMES,
    SURNAMES,
    Part,
)

_DISTRICTS: Final = (
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
    ("天津市和平区", "天津市公安局和平分局"),
    ("重庆市渝中区", "重庆市公安局渝中区分局"),
    ("湖北省武汉市洪山区", "武汉市公安局洪山区分局"),
    ("山东省青岛市市南区", "青岛市公安局市南分局"),
    ("云南省大理白族自治州大理市", "大理市公安局"),
    ("海南省三亚市吉阳区", "三亚市公安局吉阳分局"),
    ("福建省平潭县", "平潭县公安局"),
    ("内蒙古自治区呼和浩特市赛罕区", "呼和浩特市公安局赛罕区分局"),
    ("广西壮族自治区南宁市青秀区", "南宁市公安局青秀分局"),
    ("辽宁省大连市沙河口区", "大连市公安局沙河口分局"),
)
_ROADS: Final = (
    "示范路",
    "样本大道",
    "测试街",
    "虚构东路",
    "范例中路",
    "模拟二路",
    "例示大街",
    "样张巷",
    "试用弄",
    "范文里",
    "假定南街",
)
_ESTATES: Final = ("", "", "", "样本花园", "示例新村", "虚构公寓", "范本国际城", "海景测试苑")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One fictitious person. ``romanised`` is ``SURNAME,GIVEN``, or a single name without a comma."""

    simplified: str
    traditional: str
    romanised: str
    sex: str
    birth: date
    nationality: str = ""
    """Empty for Chinese citizens; their permits print none."""

    @property
    def nationality_code(self) -> str:
        """The three-letter code in a machine-readable line."""
        return NATIONALITIES[self.nationality].code if self.nationality else "CHN"


@dataclass(frozen=True, slots=True)
class Residence:
    """A mainland address and the police authority that issues permits there."""

    address: str
    authority: str


def chinese_holder(random: Random, *, birth: date, region: str) -> Holder:
    """Return a Chinese citizen; ``region`` (HK, MO, TW, CN) decides how the name is romanised.

    One in thirty has the name of an official specimen.
    """
    sex = random.choice("男女")
    if random.random() < 0.033:
        simplified, traditional, romanised = random.choice(SPECIMEN_NAMES)
        return Holder(simplified=simplified, traditional=traditional, romanised=romanised, sex=sex, birth=birth)
    if random.random() < (0.12 if region == "CN" else 0.03):
        name, latin = random.choice(ETHNIC)
        if random.random() < 0.25:
            latin = latin.replace(",", "")
        return Holder(simplified=name, traditional=name, romanised=latin, sex=sex, birth=birth)
    surname = random.choice(COMPOUND_SURNAMES if random.random() < 0.15 else SURNAMES)
    given = random.sample(GIVEN, random.choice((1, 2, 2, 2)))
    return Holder(
        simplified=surname.simplified + "".join(part.simplified for part in given),
        traditional=surname.traditional + "".join(part.traditional for part in given),
        romanised=_romanise(random, surname, given, region),
        sex=sex,
        birth=birth,
    )


def _romanise(random: Random, surname: Part, given: list[Part], region: str) -> str:
    if region == "CN":
        return f"{surname.pinyin},{''.join(part.pinyin for part in given)}"
    if region == "TW":
        return f"{surname.pinyin},{'-'.join(part.pinyin for part in given)}"
    separator = random.choice((" ", " ", "-", "-", ""))
    return f"{surname.cantonese},{separator.join(part.cantonese for part in given)}"


def foreign_holder(random: Random, *, birth: date) -> Holder:
    """Return a holder who is not a Chinese citizen: a Latin name, sometimes with a Chinese one."""
    latin, chinese = random.choice(FOREIGN)
    return Holder(
        simplified=chinese,
        traditional=chinese,
        romanised=latin,
        sex=random.choice("男女"),
        birth=birth,
        nationality=random.choice(tuple(NATIONALITIES)),
    )


def residence(random: Random) -> Residence:
    """Return a mainland address of one to three printed lines, with fictitious roads and estates."""
    district, authority = random.choice(_DISTRICTS)
    address = f"{district}{random.choice(_ROADS)}{random.randint(1, 1999)}号"
    estate = random.choice(_ESTATES)
    if estate:
        address += estate
    if random.random() < 0.65:
        address += f"{random.randint(1, 40)}{random.choice(('栋', '栋', '号楼', '座'))}"
        if random.random() < 0.4:
            address += f"{random.randint(1, 6)}单元"
        address += f"{random.randint(1, 32)}{random.randint(1, 12):02d}{random.choice(('室', '房', '号', ''))}"
    return Residence(address, authority)


def birth_date(random: Random, *, age: int, on: date) -> date:
    """Return a birth date, never 29 February, of a person who is ``age`` years old on the given day."""
    born = date(on.year - age, on.month, 1) - timedelta(days=random.randrange(1, 330))
    return born if (born.month, born.day) != (2, 29) else born - timedelta(days=1)
