"""Text of a travel permit that the models miss, split, or read together with other text."""

import pytest

from recognizer.reading.fields.travel_permit import front_fields
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine
from tests.unit.recognizer.reading.cards import finder, line
from tests.unit.recognizer.reading.fields.travel_permits import HK, hk_front, read_front


@pytest.mark.parametrize(
    "beside",
    [
        line("舅", 750, 245, 70),  # 男 in one box with its label
        line("微别", 700, 240, 20),  # a label that cannot be read
        line("02", 750, 440),  # text of the same column
    ],
)
def test_a_missed_sex_is_reread_in_the_column_of_other_text(beside: TextLine) -> None:
    def reread(place: BoundingBox, alphabet: str | None) -> str:
        is_narrow = place.right - place.left < 80 and place.top < 250 and place.bottom > 270
        return "男" if alphabet == "男女" and is_narrow and place.left < beside.left else ""

    lines = [one for one in hk_front() if "性别" not in one.text and "次数" not in one.text]
    sex = front_fields(finder(*lines, beside, reread=reread), HK)["Sex"]
    assert (sex.text, sex.confidence) == ("男", 0.7)


def test_a_watermark_close_to_an_authority_is_no_part_of_it() -> None:
    lines = [one for one in hk_front() if "签发机关" not in one.text]
    close = line("SPECIMEN样本", 120, 390), line("公安部出入境管理局", 330, 380)
    assert read_front(finder(*lines, *close), HK).IssueAuthority == "公安部出入境管理局"
