"""SnapStart: an environment goes on from a snapshot, together with all others of its version.

Clients and what was read for them may be shared, and nothing is connected before the first event. Chance may not:
jitter that is the same everywhere is none. Identifiers are the operating system's chance, which is never in a snapshot.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
"""

import random

from snapshot_restore_py import register_after_restore


def differ_after_restore() -> None:
    """Have every environment begin with chance of its own, where it begins with a snapshot."""
    register_after_restore(random.seed)
