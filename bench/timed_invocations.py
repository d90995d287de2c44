"""Runs inside a function's own interpreter, without the emulator: invokes its handler and tells who took the processor.

    python -S bench/timed_invocations.py < EVENTS    with the function's environment; EVENTS is a JSON list

Prints a JSON object of processor milliseconds by name, all invocations but the first together. A thread's time is
counted for the innermost of what is timed, what nothing timed has for ``rest``.
"""

import functools
import importlib
import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from botocore.client import BaseClient
from botocore.response import StreamingBody
from tencentcloud.common.abstract_client import AbstractClient

_taken: Final[defaultdict[str, float]] = defaultdict(float)
_turn = threading.Lock()
_within = threading.local()


class _Context:
    """As much of Lambda's context as a handler may look at."""

    aws_request_id = "00000000-0000-0000-0000-000000000000"
    function_name = "timed"
    memory_limit_in_mb = "512"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:timed"

    def get_remaining_time_in_millis(self) -> int:
        """Say that there is time enough."""
        return 40_000


def timed(named: Callable[..., str], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` with its processor time noted, without that of what is timed within."""

    @functools.wraps(function)
    def wrapper(*arguments: Any, **keywords: Any) -> Any:  # noqa: ANN401  anything's
        outer = getattr(_within, "taken", 0.0)
        _within.taken = 0.0
        began = time.thread_time()
        try:
            return function(*arguments, **keywords)
        finally:
            took = time.thread_time() - began
            with _turn:
                _taken[named(*arguments, **keywords)] += took - _within.taken
            _within.taken = outer + took

    return wrapper


def main() -> None:
    """Invoke the handler with every event of the standard input."""
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    _time_what_is_called()
    first, *others = json.load(sys.stdin)
    handler(first, _Context())
    _taken.clear()
    began = time.process_time()
    for event in others:
        handler(event, _Context())
    everything = time.process_time() - began
    _taken["rest"] = everything - sum(_taken.values())
    # The functions log to the standard output: what is told here is its last line.
    print("\n" + json.dumps({name: 1000 * seconds for name, seconds in _taken.items()}))


def _time_what_is_called() -> None:
    calls: Any = BaseClient
    calls._make_api_call = timed(_call, calls._make_api_call)  # noqa: SLF001  what every operation goes through
    body: Any = StreamingBody
    body.read = timed(lambda *_, **__: "S3 GetObject", body.read)
    sdk: Any = AbstractClient
    for method in ("call", "call_json"):
        setattr(sdk, method, timed(lambda *_, **__: "the provider's SDK", getattr(sdk, method)))
    ours = sys.modules.get("permit_ocr.entrypoints.uploads")
    if ours:
        vars(ours)["_done"] = timed(lambda *_, **__: "our own code", vars(ours)["_done"])


def _call(client: Any, operation: str, *_: Any, **__: Any) -> str:  # noqa: ANN401  botocore's
    return f"{client.meta.service_model.service_id} {operation}"


if __name__ == "__main__":
    main()
