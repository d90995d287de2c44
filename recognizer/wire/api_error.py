"""An error response with the provider's codes and messages."""

from typing import Self

from permit_ocr.tencent.error_table import look_up


class ApiError(Exception):
    """Becomes ``Response.Error``. The code and the default message are from ``permit_ocr.tencent.error_table``.

    ``close_connection``: the response closes the connection, because the request was not read to its end.
    """

    def __init__(self, code: str, message: str | None = None, *, close_connection: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.close_connection = close_connection
        self.message = look_up(code).message if message is None else message

    @classmethod
    def missing(cls, parameter: str) -> Self:
        """Return the error for a missing common parameter."""
        return cls("MissingParameter", f"The request is missing a required parameter `{parameter}`.")

    @classmethod
    def unknown(cls, parameter: str) -> Self:
        """Return the error for a parameter that the action does not have; its name is cut to 64 characters."""
        return cls("UnknownParameter", f"The parameter `{parameter[:64]}` is not recognized.")

    @classmethod
    def wrong_type(cls, parameter: str) -> Self:
        """Return the error for a parameter of the wrong type."""
        return cls("InvalidParameter", f"Parameter `{parameter}` type error.")

    @classmethod
    def rate_limited(cls, calls: int, limit: int) -> Self:
        """Return the error for the ``calls``-th call in a second whose limit is ``limit``."""
        return cls(
            "RequestLimitExceeded",
            f"Your current request times equals to `{calls}` in a second, "
            f"which exceeds the frequency limit `{limit}` for a second. Please reduce the frequency of calls.",
        )
