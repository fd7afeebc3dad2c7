"""How much memory a process took at most.

Belongs here: asking the system. What is done with the answer is the caller's: a run tells it, a benchmark prints it.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path


def peak_mb() -> float:
    """Peak resident memory of this process since its program began, in MB.

    Of `VmHWM` where there is one (Linux): `getrusage` begins with the peak of the process that started this one, since
    the kernel keeps it over `exec` (`setmax_mm_hiwater_rss` in fs/exec.c), and so do `wait4` and `RUSAGE_CHILDREN`.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        in_bytes = sys.platform == "darwin"
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if in_bytes else 1024)
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024
