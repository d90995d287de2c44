"""An invocation's event and result."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

type Json = dict[str, Any]
type Invoke = Callable[[Json], Awaitable[InvocationResult]]

PAYLOAD_LIMIT: Final = 6 * 1024 * 1024  # bytes of a synchronous invocation's event, and of its response


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationResult:
    """The function's response, or the error that Lambda reports instead."""

    payload: bytes
    function_error: bool
