"""Draws the template's dashboard as SVG, from the metrics and logs of a run."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from sandbox.cloudwatch.expressions import evaluate
from sandbox.cloudwatch.metrics import MetricId, Metrics

_COLUMN: Final = 50
"""Width of a grid column; a row of the grid is as high."""
_COLOURS: Final = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f")
_LEGEND_LINE: Final = 15
_STEPS: Final = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: a value for each step of time, None where there is no data."""

    label: str
    values: Sequence[float | None]


def draw(dashboard: Mapping[str, Any], metrics: Metrics, logs: Iterable[str], *, start: float, end: float) -> str:
    """Return the dashboard as SVG, with the data from ``start`` to ``end`` in 30 steps, whatever its periods are."""
    widgets = dashboard["widgets"]
    width, height = (
        _COLUMN * max(widget[at] + widget[size] for widget in widgets) for at, size in (("x", "width"), ("y", "height"))
    )
    rows = [row for row in map(_log_row, logs) if row]
    drawn = (_widget(widget, metrics, rows, start, end) for widget in widgets)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="12"><rect width="100%" height="100%" fill="#fff"/>{"".join(drawn)}</svg>\n'
    )


def lines_of(properties: Mapping[str, Any], metrics: Metrics, *, start: float, end: float) -> list[Line]:
    """Return the visible lines of a widget."""
    seconds = (end - start) / _STEPS
    queries, expressions = _read(properties)
    steps = [start + number * seconds for number in range(_STEPS)]
    values: dict[str, list[float | None]] = {
        one: [metrics.statistic(metric, stat, start=step, end=step + seconds) for step in steps]
        for one, metric, stat, _ in queries
    }
    lines = [Line(label, values[one]) for one, _, _, label in queries if label]
    for expression, label in expressions:
        columns = ({one: known[number] for one, known in values.items()} for number in range(_STEPS))
        lines.append(Line(label, [evaluate(expression, column, period=seconds) for column in columns]))
    return lines


def metrics_of(properties: Mapping[str, Any]) -> set[MetricId]:
    """Return the metrics that a widget shows."""
    return {metric for _, metric, _, _ in _read(properties)[0]}


def _read(properties: Mapping[str, Any]) -> tuple[list[tuple[str, MetricId, str, str]], list[tuple[str, str]]]:
    """Return the metrics of a widget (id, metric, statistic, label), and its expressions with their labels."""
    queries, expressions = [], []
    for number, (*parts, options) in enumerate(properties["metrics"]):
        if "expression" in options:
            expressions.append((options["expression"], options["label"]))
        else:
            namespace, name, *dimensions = parts
            metric = MetricId(namespace, name, frozenset(zip(dimensions[::2], dimensions[1::2], strict=True)))
            label = options.get("label", name) if options.get("visible", True) else ""
            queries.append((options.get("id", f"m{number}"), metric, options.get("stat", properties["stat"]), label))
    return queries, expressions


def _widget(
    widget: Mapping[str, Any], metrics: Metrics, rows: Sequence[Mapping[str, Any]], start: float, end: float
) -> str:
    properties = widget["properties"]
    x, y, width, height = (_COLUMN * widget[name] for name in ("x", "y", "width", "height"))
    if widget["type"] == "log":
        inside = _table(properties["query"], rows, width)
    else:
        lines = lines_of(properties, metrics, start=start, end=end)
        marks = [one["value"] for one in properties.get("annotations", {}).get("horizontal", [])]
        inside = "".join(_chart(lines, marks, width, height, stacked=bool(properties.get("stacked"))))
    return (
        f'<g transform="translate({x} {y})"><rect x="4" y="4" width="{width - 8}" height="{height - 8}" fill="none" '
        f'stroke="#ccc"/><text x="14" y="24" font-weight="bold">{escape(properties["title"])}</text>{inside}</g>'
    )


def _chart(lines: Sequence[Line], marks: Sequence[float], width: int, height: int, *, stacked: bool) -> Iterator[str]:
    left, top, bottom = 60, 40, height - 24 - _LEGEND_LINE * ((len(lines) + 2) // 3)
    drawn = _stacked(lines) if stacked else lines
    most = max([value for line in drawn for value in line.values if value is not None] + list(marks), default=0) or 1

    def point(number: int, value: float) -> str:
        return f"{left + number * (width - left - 24) / (_STEPS - 1):.1f},{bottom - value / most * (bottom - top):.1f}"

    yield f'<path d="M{left} {top}V{bottom}H{width - 20}" fill="none" stroke="#888"/>'
    yield f'<text x="{left - 6}" y="{top + 8}" text-anchor="end">{most:,.4g}</text>'
    yield f'<text x="{left - 6}" y="{bottom}" text-anchor="end">0</text>'
    for mark in marks:
        yield f'<polyline points="{point(0, mark)} {point(_STEPS - 1, mark)}" stroke="#888" stroke-dasharray="4"/>'
    for number, line in reversed(list(enumerate(drawn))):  # the lowest of a stack in front
        colour = _COLOURS[number % len(_COLOURS)]
        known = [(step, value) for step, value in enumerate(line.values) if value is not None]
        points = " ".join(point(step, value) for step, value in known)
        if stacked:
            yield f'<polygon points="{point(0, 0)} {points} {point(_STEPS - 1, 0)}" fill="{colour}"/>'
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for step, value in known:
            place = point(step, value).split(",")
            yield f'<circle cx="{place[0]}" cy="{place[1]}" r="2" fill="{colour}"/>'
        x, y = left + number % 3 * (width - left) // 3, bottom + 18 + number // 3 * _LEGEND_LINE
        yield f'<text x="{x}" y="{y}" fill="{colour}">{escape(line.label)}</text>'


def _stacked(lines: Sequence[Line]) -> list[Line]:
    total = [0.0] * _STEPS
    stacked = []
    for line in lines:
        total = [before + (value or 0) for before, value in zip(total, line.values, strict=True)]
        stacked.append(Line(line.label, list(total)))
    return stacked


def _table(query: str, rows: Sequence[Mapping[str, Any]], width: int) -> str:
    """Return the counts of a query that filters by ``ispresent`` and counts by the same field."""
    field = query.partition("ispresent(")[2].partition(")")[0]
    counts = Counter(str(row[field]) for row in rows if field in row)
    texts = (
        f'<text x="14" y="{48 + number * 18}">{escape(value)}</text>'
        f'<text x="{width - 24}" y="{48 + number * 18}" text-anchor="end">{count}</text>'
        for number, (value, count) in enumerate(counts.most_common(13))
    )
    return "".join(texts)


def _log_row(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and "message" in row else None
