"""What can go wrong, told by what happens next.

    PermitOcrError
    ├── RetryLater        something failed, maybe not by the document: try again, after a while, some times
    │   ├── NotNow        nothing failed: try again, however often
    │   │   ├── Claimed   another environment is reading the same image at this moment
    │   │   └── NoSlot    the provider's quota has no free slot as near as the caller may wait
    │   └── NotPublished  its result is kept: only the publishing has to be tried again
    ├── RejectDocument    this document can never succeed as it is: publish a rejection
    ├── Deleted           its sender has deleted this document: nothing is published, nothing kept
    └── StopTheLine       account or configuration: every document would fail alike, so call no more

Each carries a code, its meaning and what to do, all of them fixed sentences of ours: no text of a vendor, of a card or
of a request gets into an
error, so an error may be logged and published. ``request_id`` is the provider's, where it gave one.
"""


class PermitOcrError(Exception):
    """Base of the tree; never raised itself."""

    def __init__(self, code: str, meaning: str, advice: str, *, request_id: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.meaning = meaning
        self.advice = advice
        self.request_id = request_id


class RetryableError(PermitOcrError):
    """Try again; at the earliest after ``after_seconds``."""

    def __init__(
        self, code: str, meaning: str, advice: str, *, request_id: str | None = None, after_seconds: float = 1.0
    ) -> None:
        super().__init__(code, meaning, advice, request_id=request_id)
        self.after_seconds = after_seconds


class Deferred(RetryableError):
    """It is not the document's moment: no failure that would be counted."""


class InProgress(Deferred):
    """The same reading has been begun elsewhere and is not finished; asking for it here too would pay twice."""

    def __init__(self, *, after_seconds: float) -> None:
        super().__init__(
            "Work.Claimed",
            "The same image is being read at this moment.",
            "Nothing: it is tried again by itself.",
            after_seconds=after_seconds,
        )


class RateLimited(Deferred):
    """The fleet's quota is taken up for as long as this caller may wait: no call was made and no slot taken."""

    def __init__(self, *, after_seconds: float) -> None:
        super().__init__(
            "Quota.NoSlot",
            "The quota of the provider's account is taken up at this moment.",
            "Nothing: it is tried again by itself.",
            after_seconds=after_seconds,
        )


class NotPublished(RetryableError):
    """The result is there and kept, but it could not be published. Whether that is a failure, ``cause`` says."""

    def __init__(self, cause: RetryableError, *, document_id: str, event: str) -> None:
        super().__init__(cause.code, cause.meaning, cause.advice)
        self.cause = cause
        self.document_id = document_id
        self.event = event


class RejectDocument(PermitOcrError):
    """Permanent for this document: the sender has to do something."""


class Deleted(PermitOcrError):
    """The document was deleted, before its result was kept or a long time ago; all that is left is to leave it."""

    def __init__(self) -> None:
        super().__init__(
            "Document.Deleted", "The document was deleted.", "Send the photograph again if you want it read."
        )


class CircuitOpen(PermitOcrError):
    """The operator has to do something; documents wait meanwhile."""
