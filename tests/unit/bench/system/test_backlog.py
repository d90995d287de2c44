import pytest

from bench.environment.load import ApiResponse
from bench.system.backlog import Backlog


def backlog(*responses: ApiResponse) -> Backlog:
    return Backlog(
        documents=1,
        ceiling=12.0,
        quota=6,
        rate=5.7,
        concurrency=2,
        sustained=5.7,
        busiest_second=6,
        refused=0,
        dead_letters=0,
        responses=responses,
    )


def test_the_slowest_api_response_is_printed_with_its_number_and_parts() -> None:
    responses = (
        ApiResponse(seconds=1.4, status=200),
        ApiResponse(seconds=3.6, status=200, provider_seconds=2.8, attempts=2),
    )
    assert backlog(*responses).rows()["slowest of them"] == (
        "no. 2: 3.6 s, 2.8 s of it for slots and the provider, 2 attempts"
    )


@pytest.mark.parametrize(
    ("responses", "passed"),
    [
        ([ApiResponse(seconds=3.0, status=200)], True),
        ([ApiResponse(seconds=1.0, status=200), ApiResponse(seconds=3.1, status=200)], False),
        ([ApiResponse(seconds=1.0, status=200), ApiResponse(seconds=0.1, status=429)], False),
        ([], False),
    ],
)
def test_every_api_response_must_be_a_result_within_three_seconds(
    responses: list[ApiResponse], *, passed: bool
) -> None:
    assert backlog(*responses).checks["API results within 3 s"] is passed
