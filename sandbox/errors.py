"""The sandbox's one error."""


class SandboxError(Exception):
    """The sandbox cannot run; the message is one line for its user."""
