"""Cold starts: from nothing to the first result, beside the baseline and the least a function can cost.

    .venv/bin/python -m bench.cold_start --rounds 10

Each round starts every function anew, one after the other, each time another one first, and lets it do one document.
One round before them is not counted: it reads what is measured into memory. The provider answers at once, so what is
measured is the start, our own work and the calls to AWS (moto on this machine).
"""

import sys
from collections.abc import Callable

from bench.comparison import Comparison, Rounds
from bench.emulated import Runnable
from bench.measurement import Measurement, run_alone
from bench.stage import Stage, api_event, batch_event, s3_event, stage
from sandbox.lambda_runtime.invocation import Json


async def measure(rounds: int) -> list[Comparison]:
    """Return the comparisons of both functions."""
    taken = Rounds()
    async with stage(parameters={"MainlandPermitRate": "1000", "ResidencePermitRate": "1000"}) as on:
        events = list(_events(on).items())
        for number in range(rounds + 1):
            first = number % len(events)
            for name, event in events[first:] + events[:first]:
                await _start(on, name, on.runnables[name], event(), taken if number else Rounds())
    return [
        _comparison(taken, "UploadsFunction", "uploads", target=0.35),
        _comparison(taken, "ApiFunction", "API", target=0.45),
        *(_parts(taken, "UploadsFunction", "uploads")),
        *(_parts(taken, "ApiFunction", "API")),
        _lean(taken, "UploadsFunction", "uploads"),
        _lean(taken, "ApiFunction", "API"),
    ]


def _events(on: Stage) -> dict[str, Callable[[], Json]]:
    """Return what each function is started with: a document of its own."""
    return {
        "UploadsFunction": lambda: batch_event(on.store(1)),
        "baseline-UploadsFunction": lambda: s3_event(on.store(1)[0]),
        "lean-UploadsFunction": lambda: s3_event(on.store(1)[0]),
        "ApiFunction": api_event,
        "baseline-ApiFunction": api_event,
        "lean-ApiFunction": api_event,
        "floor-empty": dict,
        "floor-get_and_send": lambda: s3_event(on.store(1)[0]),
    }


async def _start(on: Stage, name: str, runnable: Runnable, event: Json, taken: Rounds) -> None:
    async with on.emulator.environment(runnable) as environment:
        first = await environment.invoke(event)
        taken.add(f"{name} init", first.init)
        taken.add(f"{name} first", first.handler)
        taken.add(f"{name} both", first.init + first.handler)
        taken.add(f"{name} processor", environment.processor_ms())


def _comparison(taken: Rounds, function: str, called: str, *, target: float) -> Comparison:
    return Comparison(
        key=f"cold-{function}",
        what=f"Cold init + first document, {called}",
        unit="ms",
        ours=taken[f"{function} both"],
        baseline=taken[f"baseline-{function} both"],
        floor=taken["floor-get_and_send both"],
        floor_is="boto3, one get, one send",
        target=target,
    )


def _parts(taken: Rounds, function: str, called: str) -> list[Comparison]:
    parts = {"init": "init alone", "first": "first document alone", "processor": "processor time of both"}
    return [
        Comparison(
            key=f"cold-{function}-{part}",
            what=f"… {said}, {called}",
            unit="ms",
            ours=taken[f"{function} {part}"],
            baseline=taken[f"baseline-{function} {part}"],
            floor=taken[f"floor-empty {part}"],
            floor_is="empty handler",
        )
        for part, said in parts.items()
    ]


def _lean(taken: Rounds, function: str, called: str) -> Comparison:
    return Comparison(
        key=f"cold-{function}-lean",
        what=f"… both, {called}, against a baseline that leaves boto3 to the runtime",
        unit="ms",
        ours=taken[f"{function} both"],
        baseline=taken[f"lean-{function} both"],
    )


MEASUREMENT = Measurement(title="Cold starts", measure=measure, rounds=10)

if __name__ == "__main__":
    sys.exit(run_alone(MEASUREMENT, __doc__))
