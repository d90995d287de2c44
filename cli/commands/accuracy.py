"""``permit-ocr accuracy``: how many of the fields that reviewers have checked were read correctly.

A deployed stack's counts are in CloudWatch, those of a sandbox in its functions' logs.
"""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import batched, product
from typing import Annotated, Any, Final, get_args

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from cli.deployment import Deployment, DeploymentNotFound, find_deployment
from cli.messages import MessageConsole
from cli.options import Stack
from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.review.decision import text_fields
from permit_ocr.metrics import Reader
from sandbox.cloudwatch.metrics import Metrics
from sandbox.cloudwatch.recorder import RecordedMetrics

_SECONDS: Final = {"h": 3600, "d": 24 * 3600}
_LONGEST: Final = 455 * 24 * 3600
"""CloudWatch keeps hourly values for 455 days."""
_HOUR: Final = 3600
_QUERIES: Final = 500
"""Queries that one request takes."""
_METRICS: Final = ("FieldsConfirmed", "FieldsCorrected")
_EMPTY: Final = (
    ResidencePermitAnswer(),
    MainlandPermitAnswer(MainlandTravelPermitBackInfos=MainlandPermitBack()),
)
FIELDS: Final = tuple(dict.fromkeys(name for answer in _EMPTY for name in text_fields(answer)))
"""Every field that a reviewer can check. CloudWatch lists only those of the last two weeks."""

type _Counted = tuple[str, str, str]
"""A metric, a field and its reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """What reviewers found about one field, as one reader has read it."""

    field: str
    reader: str
    confirmed: int
    corrected: int

    @property
    def share(self) -> float:
        """The share that was read correctly, from 0 to 1."""
        return self.confirmed / (self.confirmed + self.corrected)


def accuracy(
    since: Annotated[str, typer.Option(metavar="PERIOD", help="From how long ago: 12h, 30d, at most 455d.")] = "30d",
    stack: Stack = None,
) -> None:
    """Print how many of the fields that reviewers have checked were read correctly.

    Only documents that needed a review are counted, and of these only the ones that were decided on in the period: an
    acceptance confirms every field that it does not correct. So fields are misread more often here than in all
    documents.

    Exit status: 0 if it could look, 2 if it could not start.

    Example: permit-ocr accuracy --since 30d --stack permit-ocr
    """
    stderr = MessageConsole("accuracy")
    if (seconds := parse_period(since)) is None:
        stderr.fail("--since must be a number of hours or days, such as 12h or 30d, and at most 455d", status=2)
    try:
        deployment = find_deployment(stack)
        found = measured(deployment, start=time.time() - seconds, end=time.time())
    except (DeploymentNotFound, ClientError, BotoCoreError) as error:
        stderr.fail(str(error), status=2)
    if not found:
        stderr.message(f"no reviewer has checked a field in the last {since}")
        return
    print_accuracy(found)


def parse_period(text: str) -> int | None:
    """Return the seconds of ``12h`` or ``30d``, None for anything else."""
    match = re.fullmatch(r"([1-9][0-9]{0,4})([hd])", text, re.ASCII)
    seconds = int(match[1]) * _SECONDS[match[2]] if match else _LONGEST + 1
    return seconds if seconds <= _LONGEST else None


def measured(deployment: Deployment, *, start: float, end: float) -> list[Accuracy]:
    """Return what was counted between two times, in seconds since 1970: the fields that are misread most come first."""
    counts = _of_stack(deployment, start, end) if deployment.cloudwatch else _of_sandbox(deployment, start, end)
    found = [
        Accuracy(
            field=field,
            reader=reader,
            confirmed=round(counts.get(("FieldsConfirmed", field, reader), 0)),
            corrected=round(counts.get(("FieldsCorrected", field, reader), 0)),
        )
        for field, reader in dict.fromkeys((field, reader) for _, field, reader in counts)
    ]
    return sorted(found, key=lambda one: (one.share, one.field, one.reader))


def print_accuracy(found: list[Accuracy]) -> None:
    """Print one row for each field and reader."""
    console = Console(emoji=False)
    table = Table("field", "reader", box=None, header_style="bold", pad_edge=False)
    for heading in ("checked", "corrected", "correct"):
        table.add_column(heading, justify="right")
    for one in found:
        checked = one.confirmed + one.corrected
        table.add_row(one.field, one.reader, f"{checked:,}", f"{one.corrected:,}", f"{one.share:.1%}")
    if not console.is_terminal:
        console.width = 120
    console.print(table)


def _of_stack(deployment: Deployment, start: float, end: float) -> Mapping[_Counted, float]:
    """Return the sums in CloudWatch."""
    readers: tuple[str, ...] = get_args(Reader.__value__)
    wanted = product(_METRICS, FIELDS, readers)
    counts: dict[_Counted, float] = {}
    for batch in batched(wanted, _QUERIES, strict=False):
        queries = [_query(number, counted, deployment.stack) for number, counted in enumerate(batch)]
        pages = deployment.cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end
        )
        for result in (one for page in pages for one in page["MetricDataResults"]):
            if total := sum(result["Values"]):
                counted = batch[int(result["Id"].removeprefix("m"))]
                counts[counted] = counts.get(counted, 0) + total
    return counts


def _query(number: int, counted: _Counted, stack: str) -> dict[str, Any]:
    name, field, reader = counted
    dimensions = {"service": stack, "field": field, "reader": reader}
    metric = {
        "Namespace": "PermitOcr",
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
    return {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": _HOUR, "Stat": "Sum"}}


def _of_sandbox(deployment: Deployment, start: float, end: float) -> Mapping[_Counted, float]:
    """Return the sums that the sandbox's functions have logged since it was started."""
    if deployment.log_directory is None:
        return {}
    metrics = RecordedMetrics(deployment.log_directory.parent).refresh()
    return dict(_sums(metrics, start, end))


def _sums(metrics: Metrics, start: float, end: float) -> Iterator[tuple[_Counted, float]]:
    for metric in metrics.ids():
        if metric.name in _METRICS and (total := metrics.statistic(metric, "Sum", start=start, end=end)):
            dimensions = dict(metric.dimensions)
            yield (metric.name, dimensions["field"], dimensions["reader"]), total
