"""Measure how long the oldest open review has been waiting, for its alarm.

A schedule sends a message for it to the intake queue: an alarm must also fire while nobody uploads and nobody reviews.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from permit_ocr.application.review.ports import Reviews

_PAGE: Final = 1000
"""More than a page of DynamoDB has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureReviews:
    """The use case."""

    reviews: Reviews
    record_seconds: Callable[[float], None]
    now: Callable[[], datetime]

    def __call__(self) -> None:
        """Record the age of the oldest open review, 0 if there is none. Raises ``RetryableError``."""
        # The list is sorted by expiry: after a change of KeepDays, an older document may come behind a younger one.
        page = self.reviews.page(kind=None, reason=None, limit=_PAGE, after=None)
        ages = [self.now().timestamp() - one.since for one in page.reviews]
        self.record_seconds(max(0.0, *ages) if ages else 0.0)
