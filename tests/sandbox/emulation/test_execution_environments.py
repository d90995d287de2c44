"""Execution environments of one small function: reused while they live, replaced once they were killed."""

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


def test_an_environment_killed_while_idle_is_replaced(tmp_path: Path) -> None:
    async def invoke_and_kill() -> list[InvocationResult]:
        results = []
        async with Processes(tmp_path / "logs", tmp_path / "endpoints.json") as processes:
            pool = _pool(tmp_path, processes)
            for _ in range(ROUNDS):
                results.append(await pool.invoke({}))
                os.kill(int(results[-1].payload), signal.SIGKILL)
        return results

    results = asyncio.run(invoke_and_kill())
    assert [result for result in results if result.function_error] == []
    assert len({result.payload for result in results}) == ROUNDS


def test_a_living_environment_is_reused(tmp_path: Path) -> None:
    async def invoke_twice() -> list[InvocationResult]:
        async with Processes(tmp_path / "logs", tmp_path / "endpoints.json") as processes:
            pool = _pool(tmp_path, processes)
            return [await pool.invoke({}), await pool.invoke({})]

    first, second = asyncio.run(invoke_twice())
    assert not first.function_error
    assert first.payload == second.payload


def _pool(directory: Path, processes: Processes) -> EnvironmentPool:
    task = directory / "task"
    task.mkdir()
    (task / "app.py").write_text(CODE)
    function = Function(logical_id="Probe", name="probe", task_root=task, layers=(), json_logs=False, log_level=None)
    unused_endpoint = "http://127.0.0.1:9"
    variables = environment_variables(
        function, CONFIGURATION, runtime=link_runtime_packages(directory / "runtime"), aws_endpoint=unused_endpoint
    )
    return EnvironmentPool(function, CONFIGURATION, processes=processes, variables=variables, max_environments=1)
