"""The least a function can cost: one that does nothing."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001  Lambda's signature
    """Do nothing."""
    return {}
