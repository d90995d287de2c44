"""Everything that is measured beside the baseline, in one run: ``make bench`` and ``make bench-check``.

    .venv/bin/python -m bench.benchmarks            # prints the tables and writes them to docs/benchmarks.{md,json}
    .venv/bin/python -m bench.benchmarks --check    # compares with docs/benchmarks.json, writes nothing

Exit status of --check: 1 if a figure is worse than the committed one beyond the spread from run to run. Ratios are
compared, never times: they mean the same on another machine.
"""

import argparse
import asyncio
import importlib.metadata
import json
import logging
import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bench import aws_calls, backlog, cold_start, memory, page, processor_time, size, warm
from bench.comparison import Comparison, table
from bench.measurement import Measurement
from bench.rehearsal import ROOT
from bench.stage import BASELINE, build

PAGE: Final = ROOT / "docs" / "benchmarks.md"
COMMITTED: Final = ROOT / "docs" / "benchmarks.json"
MEASUREMENTS: Final = {
    "bench.cold_start": cold_start.MEASUREMENT,
    "bench.warm": warm.MEASUREMENT,
    "bench.memory": memory.MEASUREMENT,
    "bench.size": size.MEASUREMENT,
    "bench.backlog": backlog.MEASUREMENT,
}
_PACKAGES: Final = ("aws-sam-cli", "awslambdaric", "botocore", "moto")
_BASELINE_PACKAGES: Final = ("tencentcloud_sdk_python", "aws_lambda_powertools", "boto3")

type Measured = Mapping[str, Sequence[Comparison]]


def main() -> int:
    """Measure, and write down or compare."""
    arguments = _arguments()
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it waits for somebody to take its metrics
    began, load = time.monotonic(), os.getloadavg()[0]
    build()
    measured = {name: _measured(name, one, share=arguments.share) for name, one in MEASUREMENTS.items()}
    ours, baseline = asyncio.run(aws_calls.calls())
    journey = aws_calls.table(ours, baseline)
    processor = processor_time.table(*asyncio.run(processor_time.shares()))
    seconds = time.monotonic() - began
    sys.stdout.write(f"{journey}\n\n{processor}\n\nmeasured in {seconds:.0f} s\n")
    wrong = [unjustified] if (unjustified := aws_calls.unjustified(ours)) else []
    if arguments.check:
        wrong += _worse([one for group in measured.values() for one in group])
    elif not wrong:
        page.write(
            PAGE, by="make bench", figures=figures_page(measured, journey, processor, load=load, seconds=seconds)
        )
        COMMITTED.write_text(json.dumps(_figures(measured), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for problem in wrong:
        sys.stderr.write(f"bench: {problem}\n")
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed figures instead of writing")
    parser.add_argument("--share", type=float, default=1.0, help="of the usual number of rounds")
    arguments = parser.parse_args()
    if arguments.share != 1 and not arguments.check:
        parser.error("figures that are written down are of all the rounds: --share is for --check")
    return arguments


def _measured(name: str, measurement: Measurement, *, share: float) -> Sequence[Comparison]:
    rounds = max(1, round(measurement.rounds * share))
    sys.stdout.write(f"{measurement.title} ({name}, {rounds} rounds)\n")
    sys.stdout.flush()
    comparisons = measurement.run(rounds)
    sys.stdout.write(f"\n{table(comparisons)}\n\n")
    return comparisons


def _figures(measured: Measured) -> dict[str, Any]:
    return {one.key: {"what": one.what, **one.to_json()} for group in measured.values() for one in group}


def _worse(comparisons: Sequence[Comparison]) -> Iterator[str]:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    for one in comparisons:
        if one.key not in committed:
            yield f"{one.what}: there is no committed figure; run make bench"
        elif worse := one.worse_than(committed[one.key]):
            yield worse
    if gone := committed.keys() - {one.key for one in comparisons}:
        yield f"committed, but measured no more: {', '.join(sorted(gone))}"


def figures_page(measured: Measured, journey: str, processor: str, *, load: float, seconds: float) -> str:
    """Return the part of the page that is figures."""
    parts = [_facts(load=load, seconds=seconds)]
    for name, comparisons in measured.items():
        rounds = MEASUREMENTS[name].rounds
        command = f"`.venv/bin/python -m {name}{f' --rounds {rounds}' if rounds > 1 else ''}`"
        parts.append(f"## {MEASUREMENTS[name].title}\n\n{command}\n\n{table(comparisons)}")
    parts.append(f"## A document's calls\n\n`.venv/bin/python -m bench.aws_calls`\n\n{journey}")
    parts.append(f"## Where the processor time goes\n\n`.venv/bin/python -m bench.processor_time`\n\n{processor}")
    return "\n\n".join(parts)


def _facts(*, load: float, seconds: float) -> str:
    tools = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in _PACKAGES)
    theirs = ", ".join(
        path.name.removesuffix(".dist-info").replace("-", " ")
        for name in _BASELINE_PACKAGES
        for path in sorted((BASELINE / "UploadsFunction").glob(f"{name}-*.dist-info"))
    )
    said = {
        "Versions": f"Python {platform.python_version()}, {tools}",
        "Baseline": theirs,
        "Took": f"{seconds / 60:.0f} minutes",
    }
    return page.facts(page.date_and_machine(load=load) | said)


if __name__ == "__main__":
    sys.exit(main())
