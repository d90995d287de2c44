"""SnapStart: an environment goes on from a snapshot, together with all others of its version.

What was imported and made may be shared. Chance may not: jitter that is the same everywhere is none. (Identifiers are
the operating system's chance, which is never in a snapshot.) Connections cannot be: whoever was at the other end has
long hung up. None is open before the first event, and if one were, it is closed. Nothing else is remembered by then, of
the line, the secrets or the time, and Python's monotonic clock is read anew for every event.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
"""

import random
from collections.abc import Callable

from snapshot_restore_py import register_after_restore


def begin_anew_after_restore(close_connections: Callable[[], None]) -> None:
    """Have every environment begin with chance and connections of its own, where it begins with a snapshot."""
    register_after_restore(random.seed)
    register_after_restore(close_connections)
