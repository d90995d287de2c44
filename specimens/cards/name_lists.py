"""Building blocks of fictitious names: simplified, traditional, Pinyin, Cantonese as romanised in Hong Kong."""

from typing import Final, NamedTuple


class Part(NamedTuple):
    """A surname or one character of a given name."""

    simplified: str
    traditional: str
    pinyin: str
    cantonese: str
    """May be two words: ``AU YEUNG``."""


def _parts(table: str) -> tuple[Part, ...]:
    """Parse parts separated by ``/``, four words each; ``_`` is a space within a word."""
    return tuple(Part(*(word.replace("_", " ") for word in part.split())) for part in table.split("/"))


SURNAMES: Final = _parts("""
    李 李 LI LEE / 王 王 WANG WONG / 张 張 ZHANG CHEUNG / 刘 劉 LIU LAU / 陈 陳 CHEN CHAN / 杨 楊 YANG YEUNG /
    黄 黃 HUANG WONG / 赵 趙 ZHAO CHIU / 吴 吳 WU NG / 周 周 ZHOU CHOW / 徐 徐 XU TSUI / 孙 孫 SUN SUEN /
    马 馬 MA MA / 郭 郭 GUO KWOK / 何 何 HE HO / 郑 鄭 ZHENG CHENG / 谢 謝 XIE TSE / 许 許 XU HUI /
    邓 鄧 DENG TANG / 叶 葉 YE IP / 苏 蘇 SU SO / 卢 盧 LU LO / 蔡 蔡 CAI CHOI / 萧 蕭 XIAO SIU /
    严 嚴 YAN YIM / 顾 顧 GU KOO / 龙 龍 LONG LUNG / 谭 譚 TAN TAM / 关 關 GUAN KWAN / 温 溫 WEN WAN /
    林 林 LIN LAM / 梁 梁 LIANG LEUNG / 罗 羅 LUO LAW / 高 高 GAO KO / 宋 宋 SONG SUNG / 唐 唐 TANG TONG /
    韩 韓 HAN HON / 冯 馮 FENG FUNG / 于 于 YU YU / 董 董 DONG TUNG / 程 程 CHENG CHING / 曹 曹 CAO TSO /
    袁 袁 YUAN YUEN / 傅 傅 FU FU / 沈 沈 SHEN SHUM / 曾 曾 ZENG TSANG / 彭 彭 PENG PANG / 吕 呂 LU LUI /
    丁 丁 DING TING / 任 任 REN YAM / 潘 潘 PAN POON / 钟 鍾 ZHONG CHUNG / 姜 姜 JIANG KEUNG / 崔 崔 CUI CHUI /
    廖 廖 LIAO LIU / 范 范 FAN FAN / 汪 汪 WANG WONG / 陆 陸 LU LUK / 金 金 JIN KAM / 石 石 SHI SHEK /
    戴 戴 DAI TAI / 贾 賈 JIA KA / 韦 韋 WEI WAI / 夏 夏 XIA HA / 邱 邱 QIU YAU / 方 方 FANG FONG /
    侯 侯 HOU HAU / 邹 鄒 ZOU CHAU / 熊 熊 XIONG HUNG / 孟 孟 MENG MANG / 秦 秦 QIN CHUN / 白 白 BAI PAK /
    江 江 JIANG KONG / 阎 閻 YAN YIM / 薛 薛 XUE SIT / 尹 尹 YIN WAN / 段 段 DUAN TUEN / 雷 雷 LEI LUI /
    黎 黎 LI LAI / 史 史 SHI SZE / 陶 陶 TAO TO / 贺 賀 HE HO / 毛 毛 MAO MO / 郝 郝 HAO KOK / 龚 龔 GONG KUNG /
    邵 邵 SHAO SHIU / 万 萬 WAN MAN / 钱 錢 QIAN CHIN / 赖 賴 LAI LAI / 施 施 SHI SZE / 洪 洪 HONG HUNG /
    莫 莫 MO MOK / 甘 甘 GAN KAM / 伍 伍 WU NG / 余 余 YU YU / 岑 岑 CEN SHAM / 冼 冼 XIAN SIN / 麦 麥 MAI MAK
""")
COMPOUND_SURNAMES: Final = _parts("""
    欧阳 歐陽 OUYANG AU_YEUNG / 司徒 司徒 SITU SZETO / 上官 上官 SHANGGUAN SHEUNG_KOON / 诸葛 諸葛 ZHUGE CHU_KOT /
    司马 司馬 SIMA SZE_MA / 东方 東方 DONGFANG TUNG_FONG / 皇甫 皇甫 HUANGFU WONG_PO / 慕容 慕容 MURONG MO_YUNG /
    尉迟 尉遲 YUCHI WAI_CHI / 公孙 公孫 GONGSUN KUNG_SUEN / 令狐 令狐 LINGHU LING_WU / 夏侯 夏侯 XIAHOU HA_HAU /
    端木 端木 DUANMU TUEN_MUK / 张简 張簡 ZHANGJIAN CHEUNG_KAN / 范姜 范姜 FANJIANG FAN_KEUNG
""")
GIVEN: Final = _parts("""
    伟 偉 WEI WAI / 明 明 MING MING / 丽 麗 LI LAI / 强 強 QIANG KEUNG / 静 靜 JING CHING / 华 華 HUA WAH /
    玉 玉 YU YUK / 兰 蘭 LAN LAN / 国 國 GUO KWOK / 平 平 PING PING / 家 家 JIA KA / 豪 豪 HAO HO /
    志 志 ZHI CHI / 雅 雅 YA NGA / 婷 婷 TING TING / 宇 宇 YU YU / 轩 軒 XUAN HIN / 梓 梓 ZI TSZ /
    晴 晴 QING CHING / 俊 俊 JUN CHUN / 杰 傑 JIE KIT / 凤 鳳 FENG FUNG / 荣 榮 RONG WING / 珊 珊 SHAN SHAN /
    嘉 嘉 JIA KA / 颖 穎 YING WING / 乐 樂 LE LOK / 怡 怡 YI YI / 万 萬 WAN MAN / 尔 爾 ER YI / 宝 寶 BAO PO /
    慧 慧 HUI WAI / 齐 齊 QI CHAI / 远 遠 YUAN YUEN / 建 建 JIAN KIN / 文 文 WEN MAN / 德 德 DE TAK /
    美 美 MEI MEI / 秀 秀 XIU SAU / 英 英 YING YING / 芳 芳 FANG FONG / 敏 敏 MIN MAN / 洁 潔 JIE KIT /
    燕 燕 YAN YIN / 红 紅 HONG HUNG / 春 春 CHUN CHUN / 梅 梅 MEI MUI / 霞 霞 XIA HA / 桂 桂 GUI KWAI /
    芬 芬 FEN FAN / 琳 琳 LIN LAM / 雪 雪 XUE SUET / 娟 娟 JUAN KUEN / 莉 莉 LI LEE / 欣 欣 XIN YAN /
    诗 詩 SHI SZE / 琪 琪 QI KEI / 浩 浩 HAO HO / 然 然 RAN YIN / 泽 澤 ZE CHAK / 锋 鋒 FENG FUNG /
    鹏 鵬 PENG PANG / 辉 輝 HUI FAI / 健 健 JIAN KIN / 勇 勇 YONG YUNG / 军 軍 JUN KWAN / 涛 濤 TAO TO /
    超 超 CHAO CHIU / 斌 斌 BIN PAN / 磊 磊 LEI LUI / 刚 剛 GANG KONG / 林 林 LIN LAM / 海 海 HAI HOI /
    波 波 BO PO / 宁 寧 NING NING / 鑫 鑫 XIN KAM / 瑞 瑞 RUI SUI / 阳 陽 YANG YEUNG / 龙 龍 LONG LUNG /
    丹 丹 DAN TAN / 萍 萍 PING PING / 玲 玲 LING LING / 云 雲 YUN WAN / 莲 蓮 LIAN LIN / 真 真 ZHEN CHUN /
    环 環 HUAN WAN / 爱 愛 AI OI / 妹 妹 MEI MUI / 霖 霖 LIN LAM / 瑾 瑾 JIN KAN / 璇 璇 XUAN SUEN /
    熙 熙 XI HEI / 懿 懿 YI YI / 曦 曦 XI HEI / 睿 睿 RUI YUI / 馨 馨 XIN HING / 淑 淑 SHU SHUK /
    惠 惠 HUI WAI / 珠 珠 ZHU CHU / 翠 翠 CUI CHUI / 仪 儀 YI YEE / 君 君 JUN KWAN / 恩 恩 EN YAN /
    贤 賢 XIAN YIN / 义 義 YI YEE / 礼 禮 LI LAI / 智 智 ZHI CHI / 信 信 XIN SHUN / 钰 鈺 YU YUK / 铭 銘 MING MING
""")
ETHNIC: Final = (
    ("阿不都热西提·买买提", "ABUDUREXITI,MAIMAITI"),
    ("古丽娜尔·艾尼瓦尔", "GULINAER,AINIWAER"),
    ("帕尔哈提·吐尔逊", "PAERHATI,TUERXUN"),
    ("迪丽拜尔·玉素甫江", "DILIBAIER,YUSUFUJIANG"),
    ("次仁·卓玛", "CIREN,ZHUOMA"),
    ("扎西·顿珠", "ZHAXI,DUNZHU"),
    ("阿依努尔·阿卜杜热合曼", "AYINUER,ABUDUREHEMAN"),
    ("努尔买买提·阿卜力克木", "NUERMAIMAITI,ABULIKEMU"),
    ("热孜万古丽·伊斯拉木", "REZIWANGULI,YISILAMU"),
    ("加央·曲珍", "JIAYANG,QUZHEN"),
    ("塔依尔江·木合塔尔", "TAYIERJIANG,MUHETAER"),
)
"""Long names with an interpunct, in one script only."""
FOREIGN: Final = (
    ("MILLER,ANNA MARIE", ""),
    ("TANAKA,YUKI", "田中由纪"),
    ("SINGH,ARJUN", ""),
    ("SILVA,JOAO PEDRO", ""),
    ("SUKARNI", ""),
    ("DELACROIX,LUC", "卢克"),
    ("NGUYEN,MINH ANH", "阮明英"),
    ("WALKER,THOMAS", "沃托马斯"),
    ("O BRIEN,MAEVE", ""),
    ("VAN DER BERG,PIETER JAN", ""),
    ("FERNANDES,MARIA TERESA", "范玛丽"),
    ("KIM,SOO JIN", "金秀珍"),
    ("RAHMAN,ABDUL KARIM", ""),
    ("DELA CRUZ,ROSARIO", ""),
    ("WIBOWO", ""),
)
SPECIMEN_NAMES: Final = (
    ("证件样本", "證件樣本", "ZHENG JIAN,YANG BEN"),
    ("样本", "樣本", "YANG,BEN"),
)
"""Names on official specimens: simplified, traditional, romanised."""


class Nationality(NamedTuple):
    """A nationality's ISO 3166-1 code and English name."""

    code: str
    english: str


NATIONALITIES: Final = {
    "加拿大": Nationality("CAN", "CANADA"),
    "英国": Nationality("GBR", "UNITED KINGDOM"),
    "美国": Nationality("USA", "UNITED STATES"),
    "法国": Nationality("FRA", "FRANCE"),
    "日本": Nationality("JPN", "JAPAN"),
    "葡萄牙": Nationality("PRT", "PORTUGAL"),
    "印度": Nationality("IND", "INDIA"),
    "菲律宾": Nationality("PHL", "PHILIPPINES"),
    "澳大利亚": Nationality("AUS", "AUSTRALIA"),
    "新加坡": Nationality("SGP", "SINGAPORE"),
    "韩国": Nationality("KOR", "KOREA"),
    "德国": Nationality("DEU", "GERMANY"),
    "新西兰": Nationality("NZL", "NEW ZEALAND"),
    "印度尼西亚": Nationality("IDN", "INDONESIA"),
    "泰国": Nationality("THA", "THAILAND"),
    "巴基斯坦": Nationality("PAK", "PAKISTAN"),
    "越南": Nationality("VNM", "VIET NAM"),
    "荷兰": Nationality("NLD", "NETHERLANDS"),
}
"""Nationalities on the non-Chinese edition, by their Chinese name."""
