"""How a rate is shared out so that no second ever sees more calls than the provider's quota.

The provider counts calls by the calendar second they arrive in, so what counts is how many can arrive in *any* second.
A call that leaves at most L seconds after its slot arrives in a second only if its slot lies in that second or in the L
before it. Slots at least I seconds apart number at most ceil((1 + L) / I) in those 1 + L seconds.

With L = 50 ms, a rate R is cut up as N = ceil(1.05 R) calls for every 1.05 seconds: a tenth of them (at least one) for
uploads alone, the rest for whoever asks. A bucket of n calls has slots N / (n R) apart, so at most ceil(1.05 n R / N) =
n of them in 1.05 seconds, and both buckets together at most N. A rate so low that N is 1 cannot be shared: then all
take from one bucket. For R = 19 that is 18 + 2 = 20, the provider's quota;
for R = 20 it would be 21, which the provider refuses. So for a quota Q the rate may be Q / 1.05.

L covers everything that makes calls bunch: a late wake-up, clocks that differ and the way to the provider, as far as it
varies. At R = 19 it may be 20 / 19 - 1 = 52 ms. Where the way varies more, take a lower rate: 18 leaves 111 ms.
"""

import math
from dataclasses import dataclass
from typing import Final

LATE_SECONDS: Final = 0.05
"""A call that could not leave within this time of its slot takes a new slot."""
LEAST_RATE: Final = 0.5
"""Calls a second. The slots of a lower rate are farther apart than a caller of the API may wait."""
_UPLOADS_SHARE: Final = 10
"""One call in so many is for uploads alone: a steady stream of API requests cannot starve them."""
_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Intervals:
    """Microseconds between two slots of the bucket for everyone, and of the one for uploads alone, if there is one."""

    everyone: int
    uploads: int | None


def most_in_a_second(rate: float) -> int:
    """Return the most calls that any second can see at ``rate`` calls a second."""
    return math.ceil(round(rate * (1 + LATE_SECONDS), 9))


def intervals(rate: float) -> Intervals:
    """Return the buckets' intervals for ``rate`` calls a second, rounded up.

    Raises ``ValueError`` below ``LEAST_RATE``.
    """
    if rate < LEAST_RATE:
        raise ValueError(f"the rate is {rate:g} calls a second; it must be at least {LEAST_RATE:g}")
    calls = most_in_a_second(rate)
    if calls == 1:
        return Intervals(everyone=math.ceil(_MICROSECONDS / rate), uploads=None)
    for_uploads = max(1, calls // _UPLOADS_SHARE)
    return Intervals(
        everyone=math.ceil(calls / ((calls - for_uploads) * rate) * _MICROSECONDS),
        uploads=math.ceil(calls / (for_uploads * rate) * _MICROSECONDS),
    )
