"""What can go wrong, classified by what happens next.

    PermitOcrError
    ├── RetryableError       something failed, perhaps unrelated to the document: retry later, a limited number of times
    │   ├── Deferred         nothing failed: retry later, any number of times
    │   │   ├── InProgress   the same image is being recognised elsewhere, or
    │   │   │                a decision on the document is being published (DecisionBeingSent)
    │   │   └── RateLimited  the provider's quota has no free slot within the time that the caller can wait
    │   └── NotPublished     the result is stored: only publishing has to be retried
    ├── RejectDocument       this document can never succeed as it is: publish a rejection
    ├── Deleted              the sender deleted this document: publish and store nothing
    └── CircuitOpen          account or configuration: every document would fail in the same way, so stop calling

Each error carries a code, its meaning and advice. All three are fixed sentences. They contain no text of a vendor, a
card or a request, so errors can be logged and published. ``request_id`` is the provider's, if it sent one.
"""


class PermitOcrError(Exception):
    """Base class; never raised itself."""

    def __init__(self, code: str, meaning: str, advice: str, *, request_id: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.meaning = meaning
        self.advice = advice
        self.request_id = request_id


class RetryableError(PermitOcrError):
    """Retry, ``after_seconds`` from now at the earliest."""

    def __init__(
        self, code: str, meaning: str, advice: str, *, request_id: str | None = None, after_seconds: float = 1.0
    ) -> None:
        super().__init__(code, meaning, advice, request_id=request_id)
        self.after_seconds = after_seconds


class Deferred(RetryableError):
    """The document has to wait. This does not count as a failure."""


class InProgress(Deferred):
    """The same recognition is running elsewhere; calling the provider here too would pay twice."""

    def __init__(self, *, after_seconds: float) -> None:
        super().__init__(
            "Recognition.InProgress",
            "The same image is being recognised right now.",
            "No action needed; it is retried automatically.",
            after_seconds=after_seconds,
        )


class DecisionBeingSent(InProgress):
    """A reviewer's decision is on its way to the results queue: no deletion and no other decision until then."""

    def __init__(self, *, after_seconds: float) -> None:
        Deferred.__init__(
            self,
            "Review.InProgress",
            "A decision on the document is being published right now.",
            "No action needed; it is retried automatically.",
            after_seconds=after_seconds,
        )


class RateLimited(Deferred):
    """The quota is used up for as long as this caller can wait. No call was made and no slot was taken."""

    def __init__(self, *, after_seconds: float) -> None:
        super().__init__(
            "Quota.RateLimited",
            "The quota of the provider's account is used up right now.",
            "No action needed; it is retried automatically.",
            after_seconds=after_seconds,
        )


class NotPublished(RetryableError):
    """The result is stored, but could not be published. ``cause`` decides whether this counts as a failure."""

    def __init__(self, cause: RetryableError, *, document_id: str, event: str) -> None:
        super().__init__(cause.code, cause.meaning, cause.advice)
        self.cause = cause
        self.document_id = document_id
        self.event = event


class RejectDocument(PermitOcrError):
    """Permanent for this document: the sender has to act."""


class Deleted(PermitOcrError):
    """The document was deleted, just now or long ago: stop processing it."""

    def __init__(self) -> None:
        super().__init__("Document.Deleted", "The document was deleted.", "Send the photo again if you want a result.")


class CircuitOpen(PermitOcrError):
    """The operator has to act; documents wait until then."""
