"""What one uploaded document calls on its way, in order, and why each call is made.

    .venv/bin/python -m bench.aws_calls

Something in between writes down what passes. The document is the second of its environment: the first reads the
provider's secret as well, as does one in every five minutes. What Lambda's poller calls (receive and delete, ten
messages at a time) is not the function's and not counted. Exit status: 1 if a call is made that nobody has justified.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bench.checkpoint import Checkpoint
from bench.stage import Stage, batch_event, build, s3_event, stage
from sandbox.lambda_runtime.invocation import Json

JOURNEY: Final = (
    ("S3 GET", "the photograph: what it is, and its content, by which it is paid for once"),
    (
        "DynamoDB UpdateItem document#",
        "the document is begun, unless it is published or deleted: what S3 and SQS deliver twice ends here",
    ),
    (
        "DynamoDB UpdateItem recognition#",
        "the reading is claimed, or its kept answer comes back: two environments with the same photograph pay once",
    ),
    (
        "DynamoDB UpdateItem line#",
        "the call's slot: the quota is the account's, and every environment draws on it",
    ),
    ("OCR MainlandPermitOCR", "the reading itself, which is what is paid for"),
    (
        "DynamoDB UpdateItem recognition#",
        "the answer is kept before anything is done with it: a function killed now does not pay again",
    ),
    ("SQS SendMessage", "the result"),
    (
        "DynamoDB UpdateItem document#",
        "the event is kept as published: the queue forgets after five minutes what it has seen",
    ),
)


@dataclass(slots=True)
class _Every(Checkpoint):
    """Notes every call, the same again at once as well."""

    every: list[str] = field(default_factory=list)

    def arrived(self, name: str) -> int:
        """Note a call."""
        self.every.append(name)
        return Checkpoint.arrived(self, name)


async def calls() -> tuple[list[str], list[str]]:
    """Return what a document calls in order, ours and the baseline's."""
    async with stage() as on:
        with _Every() as checkpoint:
            aws, ocr = checkpoint.before(on.cloud.endpoint), checkpoint.before(on.provider.endpoint)
            between = {"AWS_ENDPOINT_URL": aws, "MAINLAND_PERMIT_ENDPOINT": ocr, "OCR_ENDPOINT": ocr}
            batches = [batch_event(on.store(1)) for _ in range(2)]
            ours = await _second(on, "UploadsFunction", batches, checkpoint, between)
            singles = [s3_event(record) for record in on.store(2)]
            return ours, await _second(on, "baseline-UploadsFunction", singles, checkpoint, between)


async def _second(
    on: Stage, name: str, events: Sequence[Json], checkpoint: _Every, between: dict[str, str]
) -> list[str]:
    runnable = on.runnables[name]
    replaced = {
        variable: address if variable.startswith("AWS_") else address.removeprefix("http://")
        for variable, address in between.items()
        if variable in runnable.variables
    }
    async with on.emulator.environment(replace(runnable, variables={**runnable.variables, **replaced})) as environment:
        for event in events:
            checkpoint.every.clear()
            await environment.invoke(event)
    return list(checkpoint.every)


def table(ours: Sequence[str], baseline: Sequence[str]) -> str:
    """Return a Markdown table of the journey, and how many calls each makes."""
    why = [reason for _, reason in JOURNEY] if unjustified(ours) is None else ["?"] * len(ours)
    rows = [f"| {number} | {call} | {reason} |" for number, (call, reason) in enumerate(zip(ours, why, strict=True), 1)]
    return "\n".join(["| | call | why |", "|---|---|---|", *rows, "", f"The baseline's: {', '.join(baseline)}."])


def unjustified(ours: Sequence[str]) -> str | None:
    """Say how the calls differ from those that are justified, if they do."""
    expected = [call for call, _ in JOURNEY]
    return None if list(ours) == expected else f"a document calls {list(ours)}; justified is {expected}"


def main() -> int:
    """Count, print and return the exit status."""
    build()
    ours, baseline = asyncio.run(calls())
    sys.stdout.write(table(ours, baseline) + "\n")
    if wrong := unjustified(ours):
        sys.stderr.write(f"bench.aws_calls: {wrong}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
