"""Text lines of a front, and what is read from the lines of either side."""

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.hk_macao_back import back_answer, back_fields
from recognizer.reading.fields.travel_permit import front_answer, front_fields
from recognizer.reading.ocr.text_lines import TextLine
from tests.unit.recognizer.reading.cards import line

HK = PermitType.HK_MACAO_PERMIT
TW = PermitType.TAIWAN_PERMIT
EXIT = PermitType.EXIT_ENTRY_PERMIT


def read_front(finder: FieldFinder, permit: PermitType) -> MainlandPermitAnswer:
    return front_answer(front_fields(finder, permit))


def read_back(finder: FieldFinder) -> MainlandPermitAnswer:
    return back_answer(back_fields(finder))


def hk_front(**changed: TextLine) -> list[TextLine]:
    lines = {
        "title": line("港澳居民来往内地通行证", 200, 60, 60),
        "name": line("姓名 陈大文", 330, 150),
        "latin": line("CHAN, TAI MAN", 420, 200),
        "birth": line("出生日期 1981.08.03", 330, 260),
        "sex": line("性别男", 750, 260),
        "validity": line("有效期限 2018.10.09-2028.10.08", 330, 320),
        "authority": line("签发机关公安部出入境管理局", 330, 380),
        "number": line("证件号码 H12345678", 330, 440),
        "count": line("换证次数 02", 750, 440),
    }
    return list((lines | changed).values())
