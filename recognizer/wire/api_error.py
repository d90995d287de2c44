"""A call that gets an error instead of an answer, in the provider's words."""

from typing import Self

from permit_ocr.tencent.error_table import look_up


class ApiError(Exception):
    """Becomes ``Response.Error``. ``code`` is one of ``permit_ocr.tencent.error_table``, as is the default message.

    ``hang_up``: the connection ends with the answer, because not all of the request was read.
    """

    def __init__(self, code: str, message: str | None = None, *, close_connection: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.close_connection = close_connection
        self.message = look_up(code).message if message is None else message

    @classmethod
    def missing(cls, parameter: str) -> Self:
        """Return the refusal of a call without a required common parameter."""
        return cls("MissingParameter", f"The request is missing a required parameter `{parameter}`.")

    @classmethod
    def unknown(cls, parameter: str) -> Self:
        """Return the refusal of a parameter that the action does not have; a long name is cut to 64 characters."""
        return cls("UnknownParameter", f"The parameter `{parameter[:64]}` is not recognized.")

    @classmethod
    def wrong_type(cls, parameter: str) -> Self:
        """Return the refusal of a parameter of the wrong type."""
        return cls("InvalidParameter", f"Parameter `{parameter}` type error.")

    @classmethod
    def too_frequent(cls, calls: int, limit: int) -> Self:
        """Return the refusal of the ``calls``-th call in a second that has room for ``limit``."""
        return cls(
            "RequestLimitExceeded",
            f"Your current request times equals to `{calls}` in a second, "
            f"which exceeds the frequency limit `{limit}` for a second. Please reduce the frequency of calls.",
        )
