"""Divides a rate so that no second ever sees more calls than the provider's quota.

The provider counts calls by the calendar second they arrive in, so what counts is how many can arrive in *any* second.
A call that leaves at most L seconds after its slot arrives in a second only if its slot lies in that second or in the L
before it. Slots at least I seconds apart number at most ceil((1 + L) / I) in those 1 + L seconds.

With L = 50 ms, a rate R is divided into N = ceil(1.05 R) calls for every 1.05 seconds: a tenth of them (at least one)
are reserved for uploads, the rest are shared. A series of n calls has slots N / (n R) apart, so at most
ceil(1.05 n R / N) = n of them in 1.05 seconds, and both series together at most N. A rate so low that N is 1 cannot be
divided: then all calls take slots from one series. For R = 19 the series are 18 + 2 = 20, the provider's quota; for
R = 20 they would be 21, which the provider refuses. So for a quota Q the rate may be Q / 1.05.

L covers everything that makes calls bunch: late wake-ups, clocks that differ, and varying network latency. At R = 19 it
may be 20 / 19 - 1 = 52 ms. Where latency varies more, take a lower rate: 18 leaves 111 ms.
"""

import math
from dataclasses import dataclass
from typing import Final

LATE_SECONDS: Final = 0.05
"""A call that is later than this for its slot takes a new one."""
LEAST_RATE: Final = 0.5
"""Calls a second. The slots of a lower rate are farther apart than a caller of the API may wait."""
_UPLOADS_SHARE: Final = 10
"""One in this many calls is reserved for uploads, so a steady stream of API requests cannot starve them."""
_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Intervals:
    """Microseconds between two slots of the shared series, and of the uploads' own if there is one."""

    shared: int
    uploads: int | None


def most_in_a_second(rate: float) -> int:
    """Return the most calls that any second can see at ``rate`` calls a second."""
    return math.ceil(round(rate * (1 + LATE_SECONDS), 9))


def intervals(rate: float) -> Intervals:
    """Return the intervals for ``rate`` calls a second, rounded up. Raises ``ValueError`` below ``LEAST_RATE``."""
    if rate < LEAST_RATE:
        raise ValueError(f"the rate is {rate:g} calls a second; it must be at least {LEAST_RATE:g}")
    calls = most_in_a_second(rate)
    if calls == 1:
        return Intervals(shared=math.ceil(_MICROSECONDS / rate), uploads=None)
    for_uploads = max(1, calls // _UPLOADS_SHARE)
    return Intervals(
        shared=math.ceil(calls / ((calls - for_uploads) * rate) * _MICROSECONDS),
        uploads=math.ceil(calls / (for_uploads * rate) * _MICROSECONDS),
    )
