"""All comparisons with the baseline in one run: ``make bench`` and ``make bench-check``.

    .venv/bin/python -m bench.system            # prints the tables and writes them to docs/benchmarks.{md,json}
    .venv/bin/python -m bench.system --check    # compares with docs/benchmarks.json and writes nothing

Exit status of --check: 1 if a figure is worse than the committed one beyond the tolerance, or misses a threshold that
the committed one met. Figures with a baseline are compared as ratios, which do not depend on the machine.
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
from typing import Final

from bench import markdown
from bench.environment.build import BASELINE_BUILD, ROOT, build
from bench.system import aws_calls, backlog, cold_start, memory, size, warm
from bench.system.comparison import COMMITTED, Benchmark, Comparison, table

PAGE: Final = ROOT / "docs" / "benchmarks.md"
BENCHMARKS: Final = {
    "bench.system.cold_start": cold_start.BENCHMARK,
    "bench.system.warm": warm.BENCHMARK,
    "bench.system.memory": memory.BENCHMARK,
    "bench.system.size": size.BENCHMARK,
    "bench.system.backlog": backlog.BENCHMARK,
}
_PACKAGES: Final = ("aws-sam-cli", "awslambdaric", "botocore", "moto")
_BASELINE_PACKAGES: Final = ("tencentcloud_sdk_python", "aws_lambda_powertools", "boto3")

type Results = Mapping[str, Sequence[Comparison]]


def main() -> int:
    """Run all benchmarks; write their figures or compare them with the committed ones."""
    arguments = _parse_arguments()
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns that nobody collects its metrics
    started, load = time.monotonic(), os.getloadavg()[0]
    build()
    results = {name: _run(name, one, share=arguments.share) for name, one in BENCHMARKS.items()}
    application, baseline = asyncio.run(aws_calls.measure())
    calls_table = aws_calls.table(application, baseline)
    seconds = time.monotonic() - started
    sys.stdout.write(f"{calls_table}\n\nmeasured in {seconds:.0f} s\n")
    problems = [unexpected] if (unexpected := aws_calls.unexpected(application)) else []
    if arguments.check:
        problems += _regressions([one for comparisons in results.values() for one in comparisons])
    elif not problems:
        figures = _figures(results, calls_table, load=load, seconds=seconds)
        markdown.write_figures(PAGE, command="make bench", figures=figures)
        committed = {one.key: {"label": one.label, **one.to_json()} for group in results.values() for one in group}
        COMMITTED.write_text(json.dumps(committed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for problem in problems:
        sys.stderr.write(f"bench.system: {problem}\n")
    return 1 if problems else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.system", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed figures instead of writing")
    parser.add_argument("--share", type=float, default=1.0, help="share of the usual number of rounds")
    arguments = parser.parse_args()
    if arguments.share != 1 and not arguments.check:
        parser.error("written figures need all rounds: --share is only for --check")
    return arguments


def _run(name: str, benchmark: Benchmark, *, share: float) -> Sequence[Comparison]:
    rounds = max(1, round(benchmark.rounds * share))
    sys.stdout.write(f"{benchmark.title} ({name}, {rounds} rounds)\n")
    sys.stdout.flush()
    comparisons = benchmark.run(rounds)
    sys.stdout.write(f"\n{table(comparisons)}\n\n")
    return comparisons


def _regressions(comparisons: Sequence[Comparison]) -> Iterator[str]:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    for one in comparisons:
        if one.key not in committed:
            yield f"{one.label}: no committed figure; run make bench"
        elif regression := one.regression(committed[one.key]):
            yield regression
    if removed := committed.keys() - {one.key for one in comparisons}:
        yield f"committed, but no longer measured: {', '.join(sorted(removed))}"


def _figures(results: Results, calls_table: str, *, load: float, seconds: float) -> str:
    """Return the generated part of the page."""
    parts = [_run_description(load=load, seconds=seconds)]
    for name, comparisons in results.items():
        rounds = BENCHMARKS[name].rounds
        command = f"`.venv/bin/python -m {name}{f' --rounds {rounds}' if rounds > 1 else ''}`"
        parts.append(f"## {BENCHMARKS[name].title}\n\n{command}\n\n{table(comparisons)}")
    parts.append(f"## Calls per document\n\n`.venv/bin/python -m bench.system.aws_calls`\n\n{calls_table}")
    return "\n\n".join(parts)


def _run_description(*, load: float, seconds: float) -> str:
    tools = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in _PACKAGES)
    baseline = ", ".join(
        path.name.removesuffix(".dist-info").replace("-", " ")
        for name in _BASELINE_PACKAGES
        for path in sorted((BASELINE_BUILD / "UploadsFunction").glob(f"{name}-*.dist-info"))
    )
    versions = {
        "Versions": f"Python {platform.python_version()}, {tools}",
        "Baseline": baseline,
        "Duration": f"{seconds / 60:.0f} minutes",
    }
    return markdown.key_value_table(markdown.date_and_machine(load=load) | versions)


if __name__ == "__main__":
    sys.exit(main())
