"""Lambda's quota of concurrent executions, which all functions of an account share."""

from collections.abc import Callable, Mapping

from sandbox.lambda_runtime.emulator import failed_invocation
from sandbox.lambda_runtime.invocation import InvocationResult, Invoke, Json

type Record = Callable[[str], None]


class AccountConcurrency:
    """Refuses invocations beyond the quota, as Lambda does: a queue's messages reappear, the API answers 500."""

    def __init__(self, quota: int | None, record_throttle: Record) -> None:
        """``quota`` None refuses nothing; ``record_throttle`` gets the name of each function that is refused."""
        self._quota = quota
        self._record_throttle = record_throttle
        self._running = 0

    def limit(self, functions: Mapping[str, Invoke]) -> dict[str, Invoke]:
        """Return the functions by name, with their invocations counted together."""
        return {name: self._limited(name, invoke) for name, invoke in functions.items()}

    def _limited(self, name: str, invoke: Invoke) -> Invoke:
        async def invoke_within_quota(event: Json) -> InvocationResult:
            if self._quota is not None and self._running >= self._quota:
                self._record_throttle(name)
                return failed_invocation("TooManyRequestsException", "the account's concurrency is used up")
            self._running += 1
            try:
                return await invoke(event)
            finally:
                self._running -= 1

        return invoke_within_quota
