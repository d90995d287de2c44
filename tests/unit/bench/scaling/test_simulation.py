from dataclasses import replace

import pytest

from bench.scaling.fleet import CALLS_AFTER, CALLS_BEFORE, Fleet, deployed
from bench.scaling.simulation import Capacity, Simulation, mean_backoff, seconds_until_added
from bench.system.aws_calls import CALLS
from permit_ocr.application.process_upload import MAX_CONCURRENT_PREPARATIONS

FLEET = Fleet(quota=20, rate=19, concurrency=3, batch=10, memory=1_769, processor=0.01)


def test_every_document_is_done_once_if_calls_fail() -> None:
    simulation = Simulation(replace(FLEET, faults=0.2), documents=100).run(120)
    assert len(simulation.done) == 100


def test_every_document_is_done_once_if_most_are_retried() -> None:
    simulation = Simulation(replace(FLEET, concurrency=12), documents=600, age=600).run(240)
    assert simulation.counts["retried"] > 100
    assert len(simulation.done) == 600


def test_hidden_messages_become_visible_once() -> None:
    simulation = Simulation(FLEET, documents=0, age=600, hidden=50).run(120)
    assert len(simulation.done) == 50


def test_messages_in_flight_stay_within_the_limit() -> None:
    crowded = replace(FLEET, concurrency=12, in_flight=60)
    simulation = Simulation(crowded, age=3600).run(1)
    for second in range(2, 30):
        simulation.world.run(until=second)
        assert simulation.snapshot()["in flight"] <= 60


def test_hidden_messages_count_as_in_flight() -> None:
    full = Simulation(replace(FLEET, in_flight=100), age=20 * 3600, hidden=100).run(30)
    free = Simulation(replace(FLEET, in_flight=100), age=20 * 3600).run(30)
    assert len(full.done) < len(free.done) / 5


def test_the_backoff_grows_with_the_age_of_the_backlog() -> None:
    minute, hour, day = (mean_backoff(age) for age in (60, 3600, 24 * 3600))
    assert minute < 5
    assert hour > 60
    assert day > 1_000


def test_throughput_is_limited_by_the_part_of_a_processor() -> None:
    alone = replace(FLEET, rate=1_000, quota=1_000, concurrency=1, batch=1, latency=0.0, call=0.0)
    alone = replace(alone, processor=0.1)
    whole, quarter = (Simulation(replace(alone, memory=mb)).run(60) for mb in (1_769, 442))
    assert 8 < len(whole.done) / 60 <= 10
    assert 2 < len(quarter.done) / 60 <= 2.5


def test_a_batch_is_prepared_a_few_documents_at_a_time() -> None:
    ample = replace(FLEET, rate=1_000, quota=1_000, concurrency=1, batch=10, latency=0.0, call=0.0, processor=0.0)
    slow = replace(ample, calls={name: [1.0] for name in CALLS_BEFORE})
    done = Simulation(slow, documents=10).run(60).done
    turns = [round(at - done[0]) // len(CALLS_BEFORE) for at in sorted(done)]
    assert turns == [number // MAX_CONCURRENT_PREPARATIONS for number in range(10)]


def test_two_processors_are_no_faster_than_one() -> None:
    assert replace(FLEET, memory=3_538).cpu_share == 1


def test_a_processor_is_first_come_first_served() -> None:
    processor = Capacity(per_second=0.25)
    assert [processor.take(now, 0.1) for now in (0.0, 0.0, 1.0)] == pytest.approx([0, 0.4, 0])
    assert processor.seconds_until_free(1.1) == pytest.approx(0.3)


def test_measured_call_durations_are_used() -> None:
    slow = replace(FLEET, concurrency=1, batch=1, calls={name: [1.0] for name in CALLS_BEFORE})
    assert len(Simulation(slow).run(60).done) < len(Simulation(replace(slow, calls={})).run(60).done) / 3


def test_a_document_makes_all_expected_calls() -> None:
    assert len(CALLS_BEFORE) + len(CALLS_AFTER) + 2 == len(CALLS)


def test_the_deployed_fleet_comes_from_template_and_benchmarks() -> None:
    fleet = deployed()
    assert fleet.rate <= fleet.quota
    assert fleet.batch <= 10
    assert 0.001 < fleet.processor < 0.5
    assert fleet.cpu_share < 1


def test_environments_are_added_at_lambdas_rate() -> None:
    assert [seconds_until_added(number) for number in (0, 4, 5, 304)] == [0, 0, 0.2, 60]
