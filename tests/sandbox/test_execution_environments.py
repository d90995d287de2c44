"""Execution environments of one small function: kept while they live, replaced when they were killed."""

import asyncio
import os
import signal
from pathlib import Path

from sandbox.lambda_runtime.environment_variables import environment_variables, link_runtime_packages
from sandbox.lambda_runtime.execution_environments import EnvironmentPool
from sandbox.lambda_runtime.invocation import InvocationResult
from sandbox.processes import Processes
from sandbox.template.deployed_stack import Function

ROUNDS = 12
CONFIGURATION = {"Timeout": 20, "MemorySize": 128, "Handler": "app.handler"}
CODE = "import os\n\ndef handler(event, context):\n    return os.getpid()\n"


def test_an_environment_that_is_killed_while_idle_is_replaced_before_the_next_invocation(tmp_path: Path) -> None:
    async def invoke_and_kill() -> list[InvocationResult]:
        outcomes = []
        async with Processes(tmp_path / "logs", tmp_path / "endpoints.json") as processes:
            runs = _runs(tmp_path, processes)
            for _ in range(ROUNDS):
                outcomes.append(await runs.invoke({}))
                os.kill(int(outcomes[-1].payload), signal.SIGKILL)
        return outcomes

    outcomes = asyncio.run(invoke_and_kill())
    assert [outcome for outcome in outcomes if outcome.function_error] == []
    assert len({outcome.payload for outcome in outcomes}) == ROUNDS


def test_an_environment_that_lives_is_used_again(tmp_path: Path) -> None:
    async def invoke_twice() -> list[InvocationResult]:
        async with Processes(tmp_path / "logs", tmp_path / "endpoints.json") as processes:
            runs = _runs(tmp_path, processes)
            return [await runs.invoke({}), await runs.invoke({})]

    first, second = asyncio.run(invoke_twice())
    assert not first.function_error
    assert first.payload == second.payload


def _runs(directory: Path, processes: Processes) -> EnvironmentPool:
    task = directory / "task"
    task.mkdir()
    (task / "app.py").write_text(CODE)
    function = Function(logical_id="Probe", name="probe", task_root=task, layers=(), json_logs=False, log_level=None)
    nowhere = "http://127.0.0.1:9"  # it calls nothing
    variables = environment_variables(
        function, CONFIGURATION, runtime=link_runtime_packages(directory / "runtime"), aws_endpoint=nowhere
    )
    return EnvironmentPool(function, CONFIGURATION, processes=processes, variables=variables, max_environments=1)
