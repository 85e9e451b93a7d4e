"""What the numbers were measured on: processor, memory, versions, date, and how busy it was."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import torch

from benchmarks.contenders import CONTENDERS


def describe_machine() -> dict[str, object]:
    """The machine and the software, as far as they matter for speed.

    Returns:
        Names -> plain values, ready for JSON.

    Example:
        >>> describe_machine()["torch"] == torch.__version__
        True
    """
    facts: dict[str, object] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_gib": memory_gib(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "versions": {c.package: c.version() for c in CONTENDERS.values()},
    }
    if torch.cuda.is_available():
        facts["gpu"] = torch.cuda.get_device_name()
        facts["cuda"] = torch.version.cuda
    return facts


def processor_name() -> str:
    """The processor's own name where the system tells it, else its architecture."""
    cpu_info = Path("/proc/cpuinfo")
    if cpu_info.exists():
        for line in cpu_info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def memory_gib() -> int | None:
    """Main memory in GiB, rounded; None where the system does not tell."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)


def load() -> float | None:
    """Processes that wanted to run in the last minute, on average; None where the system does not tell."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
