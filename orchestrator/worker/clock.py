"""The clock by which a process judges its own regularity."""

import time


def steady() -> float:
    """Seconds that also pass while the machine is suspended (Linux CLOCK_BOOTTIME; the monotonic clock stands still then)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
