"""The calls that the function makes for one uploaded document, in order, each with its reason.

    .venv/bin/python -m bench.system.aws_calls

A proxy records them for the second document of an execution environment; the first also reads the provider's secret, as
does one in every five minutes. The poller's receives and deletes are Lambda's calls and not counted. Exit status: 1 if
the calls are not those in ``CALLS``.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bench import markdown
from bench.environment.benchmark_environment import BenchmarkEnvironment, benchmark_environment, s3_event, sqs_event
from bench.environment.build import build
from bench.environment.fault_proxy import FaultProxy
from sandbox.lambda_runtime.invocation import Json

CALLS: Final = (
    ("Logs PutLogEvents", "the audit trail: nothing is read without its line; one call for a batch"),
    ("S3 GET", "the photo; its hash is the key under which a recognition is stored"),
    (
        "DynamoDB UpdateItem document#",
        "starts the document unless it is published or deleted; repeated S3 and SQS deliveries end here",
    ),
    (
        "DynamoDB UpdateItem recognition#",
        "takes the lease, or returns the stored response: the same photo in two environments is paid for once",
    ),
    ("DynamoDB UpdateItem limiter#", "takes a slot: all environments share the account's quota"),
    ("OCR MainlandPermitOCR", "the recognition, which is paid for"),
    (
        "DynamoDB UpdateItem recognition#",
        "stores the response before anything else: a function killed now does not pay again",
    ),
    ("SQS SendMessage", "the result"),
    (
        "DynamoDB UpdateItem document#",
        "marks the event as published: the FIFO queue drops repeats only for five minutes",
    ),
)


@dataclass(slots=True)
class _RecordingProxy(FaultProxy):
    """Records every call, repeated ones, too."""

    all_calls: list[str] = field(default_factory=list)

    def record(self, name: str) -> int:
        """Record a call."""
        self.all_calls.append(name)
        return FaultProxy.record(self, name)


async def measure() -> tuple[list[str], list[str]]:
    """Return the calls for one document in order, the application's and the baseline's."""
    async with benchmark_environment() as bench:
        with _RecordingProxy() as proxy:
            ocr = proxy.in_front_of(bench.provider.endpoint).removeprefix("http://")
            variables = {
                "AWS_ENDPOINT_URL": proxy.in_front_of(bench.cloud.endpoint),
                "MAINLAND_PERMIT_ENDPOINT": ocr,
                "OCR_ENDPOINT": ocr,
            }
            batches = [sqs_event(bench.upload(1)) for _ in range(2)]
            application = await _calls_of_last(bench, "UploadsFunction", batches, proxy, variables)
            events = [s3_event(record) for record in bench.upload(2)]
            return application, await _calls_of_last(bench, "baseline-UploadsFunction", events, proxy, variables)


async def _calls_of_last(
    bench: BenchmarkEnvironment, name: str, events: Sequence[Json], proxy: _RecordingProxy, variables: dict[str, str]
) -> list[str]:
    """Invoke the function with each event; return the calls of the last invocation."""
    function = bench.functions[name]
    overrides = {variable: value for variable, value in variables.items() if variable in function.variables}
    function = replace(function, variables={**function.variables, **overrides})
    async with bench.emulator.environment(function) as environment:
        for event in events:
            proxy.all_calls.clear()
            await environment.invoke(event)
    return list(proxy.all_calls)


def table(application: Sequence[str], baseline: Sequence[str]) -> str:
    """Return a Markdown table of the application's calls, and a sentence with the baseline's."""
    reasons = [reason for _, reason in CALLS] if unexpected(application) is None else ["?"] * len(application)
    rows = [[str(number), *row] for number, row in enumerate(zip(application, reasons, strict=True), 1)]
    return f"{markdown.table(['', 'call', 'reason'], rows)}\n\nThe baseline's: {', '.join(baseline)}."


def unexpected(application: Sequence[str]) -> str | None:
    """Describe how the calls differ from ``CALLS``; None if they do not."""
    expected = [call for call, _ in CALLS]
    return None if list(application) == expected else f"a document makes {list(application)}, expected {expected}"


def main() -> int:
    """Measure, print the table and return the exit status."""
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    build()
    application, baseline = asyncio.run(measure())
    sys.stdout.write(table(application, baseline) + "\n")
    if problem := unexpected(application):
        sys.stderr.write(f"bench.system.aws_calls: {problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
