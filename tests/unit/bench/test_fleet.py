"""The fleet's model keeps the rules it is a model of."""

from dataclasses import replace

import pytest

from bench.aws_calls import JOURNEY
from bench.fleet import AFTER, BEFORE, Capacity, Fleet, Simulation, deployed, seconds_hidden, seconds_until_added
from permit_ocr.entrypoints.uploads import PREPARED_AT_ONCE

FLEET = Fleet(quota=20, rate=19, concurrency=3, batch=10, memory=1_769, processor=0.01)


def test_every_document_of_a_backlog_is_done_once_also_where_calls_fail() -> None:
    simulation = Simulation(replace(FLEET, faults=0.2), documents=100).run(120)
    assert len(simulation.done) == 100


def test_every_document_is_done_once_where_most_find_no_slot_at_first() -> None:
    simulation = Simulation(replace(FLEET, concurrency=12), documents=600, age=600).run(240)
    assert simulation.counts["given back"] > 100
    assert len(simulation.done) == 600


def test_messages_that_are_hidden_come_back_once() -> None:
    simulation = Simulation(FLEET, documents=0, age=600, hidden=50).run(120)
    assert len(simulation.done) == 50


def test_no_more_is_received_than_may_be_in_flight() -> None:
    crowded = replace(FLEET, concurrency=12, in_flight=60)
    simulation = Simulation(crowded, age=3600).run(1)
    for second in range(2, 30):
        simulation.world.run(until=second)
        assert simulation.snapshot()["in flight"] <= 60


def test_hidden_messages_take_up_what_may_be_in_flight() -> None:
    full = Simulation(replace(FLEET, in_flight=100), age=20 * 3600, hidden=100).run(30)
    free = Simulation(replace(FLEET, in_flight=100), age=20 * 3600).run(30)
    assert len(full.done) < len(free.done) / 5


def test_the_older_a_backlog_the_longer_what_found_no_slot_is_hidden() -> None:
    minute, hour, day = (seconds_hidden(age) for age in (60, 3600, 24 * 3600))
    assert minute < 5
    assert hour > 60
    assert day > 1_000


def test_a_document_waits_for_its_share_of_a_processor() -> None:
    alone = replace(FLEET, rate=1_000, quota=1_000, concurrency=1, batch=1, latency=0.0, call=0.0)
    alone = replace(alone, processor=0.1)
    whole, quarter = (Simulation(replace(alone, memory=mb)).run(60) for mb in (1_769, 442))
    assert 8 < len(whole.done) / 60 <= 10
    assert 2 < len(quarter.done) / 60 <= 2.5


def test_a_batch_is_prepared_a_few_documents_at_a_time() -> None:
    ample = replace(FLEET, rate=1_000, quota=1_000, concurrency=1, batch=10, latency=0.0, call=0.0, processor=0.0)
    slow = replace(ample, calls={name: [1.0] for name in BEFORE})
    done = Simulation(slow, documents=10).run(60).done
    turns = [round(at - done[0]) // len(BEFORE) for at in sorted(done)]
    assert turns == [number // PREPARED_AT_ONCE for number in range(10)]


def test_two_processors_are_no_faster_than_one() -> None:
    assert replace(FLEET, memory=3_538).share == 1


def test_the_processor_is_taken_in_the_order_it_is_asked_for() -> None:
    processor = Capacity(a_second=0.25)
    assert [processor.wait(now, 0.1) for now in (0.0, 0.0, 1.0)] == pytest.approx([0, 0.4, 0])
    assert processor.seconds_until_free(1.1) == pytest.approx(0.3)


def test_calls_that_were_measured_take_as_long_as_they_did() -> None:
    slow = replace(FLEET, concurrency=1, batch=1, calls={name: [1.0] for name in BEFORE})
    assert len(Simulation(slow).run(60).done) < len(Simulation(replace(slow, calls={})).run(60).done) / 3


def test_a_document_calls_what_the_journey_says() -> None:
    assert len(BEFORE) + len(AFTER) + 2 == len(JOURNEY)


def test_what_is_deployed_is_read_from_the_template_and_from_what_was_measured() -> None:
    fleet = deployed()
    assert fleet.rate <= fleet.quota
    assert fleet.batch <= 10
    assert 0.001 < fleet.processor < 0.5
    assert fleet.share < 1


def test_environments_are_added_as_lambda_adds_them() -> None:
    assert [seconds_until_added(number) for number in (0, 4, 5, 304)] == [0, 0, 0.2, 60]
