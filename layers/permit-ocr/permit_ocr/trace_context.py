"""One trace id from an upload or a request to its result and its webhook, in every log line on the way.

It travels as W3C's ``traceparent`` (https://www.w3.org/TR/trace-context/): in a request's header, in an attribute of
every message, in the metadata of a photo that the API stores, in the event (CloudEvents' distributed tracing extension)
and in a webhook's header. It is passed on unchanged: no spans are recorded.

A message without one starts a trace, and has the same one on every retry: X-Ray's, or its own id.
"""

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final
from uuid import UUID

TRACEPARENT: Final = "traceparent"
"""The name of the header, the attribute and the metadata."""
_FORMAT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[\x21-\x7e]*)?")
_XRAY: Final = re.compile(r"(?:^|;)Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)")
_MOST_CHARACTERS: Final = 200
_current: Final[ContextVar[str | None]] = ContextVar("traceparent", default=None)


def current_traceparent() -> str | None:
    """Return the ``traceparent`` of what this thread or task works on."""
    return _current.get()


def current_trace_id() -> str | None:
    """Return the trace id of what this thread or task works on."""
    traceparent = _current.get()
    return traceparent[3:35] if traceparent else None


def continue_trace(traceparent: str | None) -> None:
    """Work on this trace from now on in this thread or task, if ``traceparent`` is valid."""
    if is_traceparent(traceparent):
        _current.set(traceparent)


def is_traceparent(text: str | None) -> bool:
    """Tell whether ``text`` is a valid ``traceparent``, of version 00 or a later one."""
    match = _FORMAT.fullmatch(text) if text and len(text) <= _MOST_CHARACTERS else None
    if match is None:
        return False
    version, trace_id, parent_id, _, more = match.groups()
    return version != "ff" and (version != "00" or more is None) and bool(int(trace_id, 16) and int(parent_id, 16))


def traceparent_of_invocation(xray: str | None) -> str:
    """Return X-Ray's trace, from ``_X_AMZN_TRACE_ID`` or ``AWSTraceHeader``, or a new one."""
    match = _XRAY.search(xray or "")
    return _traceparent(match[1] + match[2] if match else secrets.token_hex(16))


def traceparent_of_message(
    attributes: Mapping[str, str], message_attributes: Mapping[str, Mapping[str, str]], *, message_id: str
) -> str:
    """Return the trace of an SQS message, from its system attributes, its own attributes or its id."""
    given = message_attributes.get(TRACEPARENT, {}).get("stringValue")
    if given and is_traceparent(given):
        return given
    if xray := attributes.get("AWSTraceHeader"):
        return traceparent_of_invocation(xray)
    try:
        return _traceparent(UUID(message_id).hex)
    except ValueError:
        return _traceparent(secrets.token_hex(16))


def _traceparent(trace_id: str) -> str:
    if not int(trace_id, 16):
        trace_id = secrets.token_hex(16)
    return f"00-{trace_id}-{trace_id[16:] if int(trace_id[16:], 16) else secrets.token_hex(8)}-00"
