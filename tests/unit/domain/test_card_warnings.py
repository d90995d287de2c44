import pytest

from permit_ocr.domain.card_warnings import Authenticity, CardWarning, WarningName, judge_authenticity, name_warnings


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (-9102, WarningName.PHOTOCOPY),
        (-9103, WarningName.RECAPTURE),
        (-9104, WarningName.PHOTOSHOPPED),
        (-9109, WarningName.NOT_ENABLED),
        (-9101, WarningName.UNKNOWN),
        (0, WarningName.UNKNOWN),
    ],
)
def test_every_code_has_a_name_and_is_kept(code: int, name: WarningName) -> None:
    assert name_warnings((code,)) == (CardWarning(code=code, name=name),)


def test_warnings_keep_their_order_without_repetitions() -> None:
    assert [warning.code for warning in name_warnings((-9104, -9102, -9104))] == [-9104, -9102]


def test_without_codes_there_are_no_warnings() -> None:
    assert name_warnings(None) == name_warnings(()) == ()


@pytest.mark.parametrize(
    ("codes", "authenticity"),
    [
        (None, Authenticity.NOT_CHECKED),
        ((-9109,), Authenticity.NOT_CHECKED),
        ((-9109, -9109), Authenticity.NOT_CHECKED),
        ((), Authenticity.CLEAR),
        ((-9102,), Authenticity.SUSPECT),
        ((-9103,), Authenticity.SUSPECT),
        ((-9104,), Authenticity.SUSPECT),
        ((-9109, -9102), Authenticity.SUSPECT),
        ((-9102, -9109), Authenticity.SUSPECT),
        ((-1,), Authenticity.SUSPECT),
        ((-9109, -1), Authenticity.SUSPECT),
    ],
)
def test_only_a_checked_photo_can_be_clear(codes: tuple[int, ...] | None, authenticity: Authenticity) -> None:
    assert judge_authenticity(codes) is authenticity
