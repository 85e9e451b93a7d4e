"""A limit on a process's memory, on top of what it holds by now.

The isolated process sets one before it runs a submission (`inside`), and so does `given_functions`.
"""

import resource
from contextlib import suppress
from pathlib import Path

__all__ = ["limit_memory", "limit_resource"]

UNKNOWN = 2**31  # what Python and torch may hold where the system does not say it


def limit_memory(more_bytes: int) -> None:
    """Let this process have so much more memory than it has now.

    Counted from there because Python and torch alone take 0.6 GB of addresses here and 10 elsewhere.

    Args:
        more_bytes: of address space.
    """
    try:
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        held = UNKNOWN
    limit_resource(resource.RLIMIT_AS, held + more_bytes)


def limit_resource(what: int, most: int) -> None:
    """Lower a limit of this process, for good: it cannot be raised again.

    Args:
        what: one of `resource.RLIMIT_...`.
        most: the new limit; a lower one that holds already stays.
    """
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(ValueError, OSError):  # macOS, where nothing is isolated anyway, has not all of them
        resource.setrlimit(what, (most, most))
