"""What invokes the functions beside the API: a poller for each queue's mapping, and a runner for each schedule."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from sandbox.aws.client import LocalAws
from sandbox.cloudwatch.recorder import Recorder
from sandbox.lambda_runtime.invocation import InvocationResult, Invoke, Json
from sandbox.lambda_runtime.schedules import ScheduleRunner
from sandbox.lambda_runtime.sqs_poller import SqsPoller, SqsQueue
from sandbox.settings import Settings, batch_size
from sandbox.template.deployed_stack import DeployedStack, EventSourceMapping, Schedule


def event_sources(
    settings: Settings,
    stack: DeployedStack,
    aws: LocalAws,
    functions: Mapping[str, Invoke],
    *,
    recorder: Recorder,
    report: Callable[[str], None],
) -> list[SqsPoller | ScheduleRunner]:
    """Return everything in the stack that invokes one of its functions by itself."""
    roles = {function.name: function.role if settings.enforce_iam else None for function in stack.functions}

    def queue(mapping: EventSourceMapping) -> SqsQueue:
        sqs = aws.client("sqs", access_key=roles[mapping.function_name])  # Lambda polls with the function's role
        return SqsQueue(sqs, aws.queue_url(aws.client("sqs"), mapping.queue_arn))

    pollers = [
        SqsPoller(
            replace(mapping, batch_size=batch_size(settings, mapping.batch_size)),
            recorder.receives(mapping.queue_arn.rpartition(":")[2], queue(mapping)),
            functions[mapping.function_name],
            report=report,
        )
        for mapping in stack.event_source_mappings
        if mapping.enabled
    ]
    schedules = [
        ScheduleRunner(
            schedule,
            _sender(aws, schedule) or functions[schedule.function_name],
            today_file=settings.today_file,
            report=report,
        )
        for schedule in stack.schedules
    ]
    return [*pollers, *schedules]


def _sender(aws: LocalAws, schedule: Schedule) -> Invoke | None:
    """Return what sends a schedule's message to its queue; None if it invokes a function."""
    if schedule.queue_arn is None:
        return None
    sqs = aws.client("sqs")
    url = aws.queue_url(sqs, schedule.queue_arn)

    async def send(_event: Json) -> InvocationResult:
        await asyncio.to_thread(sqs.send_message, QueueUrl=url, MessageBody=schedule.message)
        return InvocationResult(payload=b"null", function_error=False)

    return send
