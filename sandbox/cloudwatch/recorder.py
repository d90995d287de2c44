"""Records what AWS's services report about themselves, and watches the template's alarms.

A deployment's functions write their own metrics into their logs, and so they do here: these are read from the logs.
Lambda's, SQS's and API Gateway's are recorded by the sandbox.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.aws.queue_metrics import QUEUE_METRICS_PATH
from sandbox.cloudwatch.alarms import NO_ID, Alarm, State, read_alarms
from sandbox.cloudwatch.metrics import DataPoint, MetricId, Metrics, embedded_data_points
from sandbox.lambda_runtime.invocation import InvocationResult, Invoke, Json
from sandbox.lambda_runtime.sqs_poller import Message, Queue

METRICS_FILE: Final = "metrics.jsonl"
DEFINITIONS_FILE: Final = "cloudwatch.json"
_SAMPLE_SECONDS: Final = 10.0
_MINUTE: Final = 60.0
_SERVER_ERROR: Final = 500

type Asgi = Callable[[Any, Any, Any], Any]


class Recorder:
    """Appends data points to the sandbox's metrics file."""

    def __init__(self, state: Path) -> None:
        """``state`` is the sandbox's directory; the metrics of an earlier run are deleted."""
        state.mkdir(parents=True, exist_ok=True)
        self._file = state / METRICS_FILE
        self._file.write_text("")

    def record(self, namespace: str, values: Mapping[str, float], *, at: float | None = None, **dimension: str) -> None:
        """Record a value of each metric, now or ``at`` a time in seconds since 1970."""
        time_of_all = time.time() if at is None else at
        with self._file.open("a") as file:
            for name, value in values.items():
                file.write(json.dumps([namespace, name, dimension, time_of_all, value]) + "\n")

    def invocations(self, function_name: str, invoke: Invoke) -> Invoke:
        """Return ``invoke``, with its invocations and errors recorded as Lambda's metrics."""

        async def invoke_and_record(event: Json) -> InvocationResult:
            started = time.time()
            result = await invoke(event)
            values = {
                "Invocations": 1,
                "Errors": int(result.function_error),
                "Duration": (time.time() - started) * 1000,
            }
            self.record("AWS/Lambda", values, at=started, FunctionName=function_name)
            return result

        return invoke_and_record

    def throttle(self, function_name: str) -> None:
        """Record that Lambda refused an invocation."""
        self.record("AWS/Lambda", {"Throttles": 1}, FunctionName=function_name)

    def responses(self, application: Asgi) -> Asgi:
        """Return ``application``, with its responses recorded as API Gateway's metrics."""

        async def respond_and_record(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI's
            started = time.time()

            async def send_and_record(message: Any) -> None:  # noqa: ANN401
                if message["type"] == "http.response.start":
                    failed = int(message["status"] >= _SERVER_ERROR)
                    values = {"Count": 1, "5xx": failed, "Latency": (time.time() - started) * 1000}
                    self.record("AWS/ApiGateway", values, at=started, ApiId=NO_ID)
                await send(message)

            await application(scope, receive, send_and_record)

        return respond_and_record

    def receives(self, name: str, queue: Queue) -> Queue:
        """Return ``queue``, with the messages received recorded as SQS's metric."""
        return _RecordedQueue(self, name, queue)

    def sample_queues(self, aws_endpoint: str) -> None:
        """Record SQS's metrics of every queue, now."""
        for name, values in httpx.get(aws_endpoint + QUEUE_METRICS_PATH, trust_env=False).json().items():
            self.record("AWS/SQS", {**values, "NumberOfMessagesReceived": 0}, QueueName=name)


@dataclass(frozen=True, slots=True)
class _RecordedQueue:
    recorder: Recorder
    name: str
    queue: Queue

    async def receive(self, count: int, wait: float) -> Sequence[Message]:
        messages = await self.queue.receive(count, wait)
        if messages:
            self.recorder.record("AWS/SQS", {"NumberOfMessagesReceived": len(messages)}, QueueName=self.name)
        return messages

    async def delete(self, messages: Sequence[Message]) -> None:
        await self.queue.delete(messages)


@dataclass(slots=True)
class RecordedMetrics:
    """Reads the metrics of a sandbox, each time only what is new."""

    state: Path
    metrics: Metrics = field(default_factory=Metrics)
    _read: dict[Path, int] = field(default_factory=dict)

    def refresh(self) -> Metrics:
        """Return all metrics recorded until now."""
        for line in self._new_lines(self.state / METRICS_FILE):
            namespace, name, dimensions, at, value = json.loads(line)
            self.metrics.add([DataPoint(MetricId(namespace, name, frozenset(dimensions.items())), at, value)])
        for log in sorted((self.state / "logs").glob("*.log")):
            for line in self._new_lines(log):
                self.metrics.add(embedded_data_points(line))
        return self.metrics

    def _new_lines(self, file: Path) -> list[str]:
        with file.open("rb") as opened:
            opened.seek(self._read.get(file, 0))
            complete = opened.read().rpartition(b"\n")[0]
        self._read[file] = self._read.get(file, 0) + (len(complete) + 1 if complete else 0)
        return complete.decode(errors="replace").splitlines()


def write_definitions(state: Path, alarms: Mapping[str, Json], dashboards: Sequence[Json]) -> None:
    """Write the stack's alarms and dashboards, resolved, beside the metrics."""
    (state / DEFINITIONS_FILE).write_text(json.dumps({"alarms": alarms, "dashboards": dashboards}))


async def watch(
    recorder: Recorder,
    state: Path,
    *,
    aws_endpoint: str,
    alarms: Mapping[str, Mapping[str, Any]],
    report: Callable[[str], None],
) -> None:
    """Sample the queues until cancelled, and ``report`` when an alarm changes its state; ``alarms`` are resolved."""
    states: dict[str, State] = {}
    watched, recorded = read_alarms(alarms), RecordedMetrics(state)
    evaluated = time.time() // _MINUTE
    while True:
        try:
            await asyncio.to_thread(recorder.sample_queues, aws_endpoint)
        except (httpx.HTTPError, ClientError, BotoCoreError) as error:
            report(f"queues not sampled ({type(error).__name__})")
        if time.time() // _MINUTE > evaluated:
            evaluated = time.time() // _MINUTE
            await asyncio.to_thread(_evaluate, watched, recorded, states, evaluated * _MINUTE, report)
            (state / "alarms.json").write_text(json.dumps(states, indent=1, sort_keys=True))
        await asyncio.sleep(_SAMPLE_SECONDS)


def _evaluate(
    alarms: Sequence[Alarm],
    recorded: RecordedMetrics,
    states: dict[str, State],
    end: float,
    report: Callable[[str], None],
) -> None:
    metrics = recorded.refresh()
    for alarm in alarms:
        before = states.get(alarm.name, "INSUFFICIENT_DATA")
        now = states[alarm.name] = alarm.state_at(metrics, end=end, before=before)
        if "ALARM" in {before, now} and before != now:
            report(f"{time.strftime('%H:%M', time.localtime(end))} {alarm.name}: {now}")
