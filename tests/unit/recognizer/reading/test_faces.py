import pytest

from recognizer.reading.faces import Face, face_of
from tests.unit.recognizer.reading.pages import line, page


@pytest.mark.parametrize(
    ("texts", "face"),
    [
        (["姓名", "性别", "出生", "住址", "公民身份号码"], Face.RESIDENCE_FRONT),
        (["中华人民共和国", "港澳台居民居住证", "签发机关", "有效期限"], Face.RESIDENCE_BACK),
        (["签发机关", "有效期限", "通行证号码 H12345678"], Face.RESIDENCE_BACK),
        (["港澳居民来往内地通行证", "出生日期", "有效期限"], Face.HK_MACAO_FRONT),
        (["港澳居民来往内地通行证", "身份证件号码", "曾持证件号码"], Face.HK_MACAO_BACK),
        (["CRCHNH444927506O4<<<<<<<<<<<<<", "4303086M2811073CHN<<<<<<<<<<<6"], Face.HK_MACAO_BACK),
        (["台湾居民来往大陆通行证", "性别", "有效期限"], Face.TAIWAN_FRONT),
        (["臺灣居民來往大陸通行證", "性别", "有效期限"], Face.TAIWAN_FRONT),
        (["台湾居民来往大陆", "性别", "有效期限"], Face.TAIWAN_FRONT),
        (["往来港", "出生日期"], Face.EXIT_ENTRY_FRONT),
        (["有效期限", "证件号码 83636547"], Face.TAIWAN_FRONT),
        (["有效期限", "证件号码"], None),
        (["中华人民共和国往来港澳通行证", "出生日期"], Face.EXIT_ENTRY_FRONT),
        (["出生日期", "有效期限", "CU8412490"], Face.EXIT_ENTRY_FRONT),
        (["发票", "合计 12345678"], None),
        (["姓名 陈小明", "出生 1997年6月2日", "住址 民族大道"], Face.RESIDENCE_FRONT),
        (["姓名 陈小明", "住址 上海市示范路8号", "830000199706020042"], Face.RESIDENCE_FRONT),
        (["姓名 陈小明", "1997年6月2日", "住址 上海市示范路8号"], Face.RESIDENCE_FRONT),
        (["港澳居民来往内地通行证", "姓名", "出生日期", "住址"], Face.HK_MACAO_FRONT),
        (["姓名 陈小明", "住址 上海市示范路8号"], None),
        (["姓名 王小明", "性别 男 民族 汉", "出生", "住址", "公民身份号码"], None),
        (["姓名 王小明", "民族汉", "住址", "公民身份号码"], None),
        (["姓名", "性别", "出生", "住址", "公民身份号码 110105199706020024"], None),
        (["姓名", "性别", "国籍", "住址", "出生日期", "准驾车型"], None),
        (["驾驶证", "姓名", "性别"], None),
        ([], None),
    ],
)
def test_a_face_is_told_by_its_title_or_by_labels_of_its_own(texts: list[str], face: Face | None) -> None:
    lines = [line(text, 100, 100 + 70 * number) for number, text in enumerate(texts)]
    assert face_of(page(*lines)) is face
