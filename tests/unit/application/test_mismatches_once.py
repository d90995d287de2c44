"""A mismatch is on the list of open reviews exactly while it is true, in any interleaving of three photos."""

from dataclasses import replace
from itertools import permutations

import pytest

from permit_ocr.application.ports import OcrRequest, OcrResponse
from tests.unit.application.test_pairing_once import DOCUMENTS, SidedOcr
from tests.unit.application.test_review_once import MismatchingOcr, Schedule
from tests.unit.fakes.ocr import MAINLAND_FRONT


class MismatchingLaterOcr(SidedOcr):
    """Reads a name on the newer front that is not the back's."""

    def recognize(self, request: OcrRequest, *, deadline: float) -> OcrResponse:
        response = super().recognize(request, deadline=deadline)
        is_newer = request.content == DOCUMENTS["newer"].content
        return replace(response, answer=replace(MAINLAND_FRONT, Name="别人")) if is_newer else response


def interleave(ocr: SidedOcr, outer: str, inner: str, *, step: int) -> Schedule:
    """Deliver the third photo, then ``inner`` at a step of ``outer``, and both again."""
    schedule = Schedule(happens=[], ocr=ocr)
    (third,) = DOCUMENTS.keys() - {outer, inner}
    schedule.run(third)
    schedule.happens = [*["go on"] * step, inner]
    schedule.run(outer)
    schedule.happens.clear()
    for act in (outer, inner):
        schedule.run(act)
    return schedule


ORDERS = [*permutations(DOCUMENTS, 2)]


@pytest.mark.parametrize("step", range(30))
@pytest.mark.parametrize(("outer", "inner"), ORDERS)
def test_no_mismatch_with_a_replaced_photo_is_on_the_list(outer: str, inner: str, step: int) -> None:
    assert interleave(MismatchingOcr(), outer, inner, step=step).listed() == set()


@pytest.mark.parametrize("step", range(30))
@pytest.mark.parametrize(("outer", "inner"), ORDERS)
def test_a_mismatch_of_the_newest_photos_is_on_the_list(outer: str, inner: str, step: int) -> None:
    assert interleave(MismatchingLaterOcr(), outer, inner, step=step).listed() == {"newer", "back"}


@pytest.mark.parametrize("step", range(30))
def test_no_mismatch_with_a_deleted_side_is_on_the_list(step: int) -> None:
    schedule = Schedule(happens=[], ocr=MismatchingOcr())
    schedule.run("front")
    schedule.happens = [*["go on"] * step, "delete"]
    schedule.run("back")
    schedule.happens.clear()
    schedule.run("delete")
    assert schedule.deleted
    assert schedule.listed() == set()


@pytest.mark.parametrize("kill_at", range(40))
def test_a_kill_leaves_no_mismatch_with_a_replaced_photo_on_the_list(kill_at: int) -> None:
    schedule = Schedule(happens=[], ocr=MismatchingOcr())
    for act in ("front", "back"):
        schedule.run(act)
    assert schedule.listed() == {"front", "back"}
    schedule.happens = [*["go on"] * kill_at, "kill"]
    schedule.run("newer")
    schedule.happens.clear()
    schedule.run("newer")
    assert schedule.listed() == set()
    assert len(schedule.of_type("permit.completed.v1")) == 2


@pytest.mark.parametrize("kill_at", range(20))
def test_a_kill_leaves_no_mismatch_with_a_deleted_side_on_the_list(kill_at: int) -> None:
    schedule = Schedule(happens=[], ocr=MismatchingOcr())
    for act in ("front", "back"):
        schedule.run(act)
    schedule.happens = [*["go on"] * kill_at, "kill"]
    schedule.run("delete")
    schedule.happens.clear()
    schedule.run("delete")
    assert schedule.deleted
    assert schedule.listed() == set()
