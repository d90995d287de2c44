"""A handler that does nothing: the minimum that any function costs."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001  Lambda's signature
    """Do nothing."""
    return {}
