"""How many documents of a batch are prepared at a time, and when the next one may start."""

import time

import pytest

from permit_ocr.application.process_upload import PreparationSlots
from permit_ocr.application.retry_policy import NotStarted
from permit_ocr.domain.errors import PermitOcrError
from tests.unit.fakes.ocr import MAINLAND_FRONT, OTHER_CARD, RESIDENCE_FRONT
from tests.unit.fakes.queues import THROTTLED
from tests.unit.fakes.world import submission, world

LATER = time.monotonic() + 3600


def is_free(slots: PreparationSlots) -> bool:
    try:
        slots.acquire(deadline=0).close()
    except NotStarted:
        return False
    return True


@pytest.mark.parametrize("answer", [MAINLAND_FRONT, THROTTLED])
def test_a_slot_is_released_right_before_the_ocr_call(answer: PermitOcrError) -> None:
    slots, here, free = PreparationSlots(1), world(answer), []
    here.ocr.before_call = lambda: free.append(is_free(slots))
    with slots.acquire(deadline=LATER) as slot:
        assert not is_free(slots)
        try:
            here.recognize(submission(), deadline=LATER, before_call=slot.close)
        except type(THROTTLED):
            assert answer is THROTTLED
    assert free == [True]


def test_a_document_that_needs_several_calls_releases_its_slot_once() -> None:
    slots, here = PreparationSlots(1), world(OTHER_CARD, OTHER_CARD, RESIDENCE_FRONT)
    with slots.acquire(deadline=LATER) as slot:
        here.recognize(submission(), deadline=LATER, before_call=slot.close)
    assert len(here.ocr.requests) == 3
    with slots.acquire(deadline=LATER):
        assert not is_free(slots)


def test_a_slot_ends_with_a_document_that_makes_no_call_or_fails() -> None:
    slots = PreparationSlots(1)
    with slots.acquire(deadline=LATER):
        pass
    with pytest.raises(ValueError, match="fails"), slots.acquire(deadline=LATER):
        raise ValueError("fails")
    assert is_free(slots)


def test_a_document_without_a_slot_by_its_deadline_is_not_started() -> None:
    slots = PreparationSlots(1)
    with slots.acquire(deadline=LATER):
        with pytest.raises(NotStarted):
            slots.acquire(deadline=time.monotonic() + 0.01)
        with pytest.raises(NotStarted):
            slots.acquire(deadline=time.monotonic() - 1)
    assert is_free(slots)
