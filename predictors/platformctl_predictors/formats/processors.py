"""How many CPUs this process may use: what the cgroup grants, else what the scheduler does. Pure."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

Read = Callable[[str], str | None]
"""The text of a file; None if it cannot be read."""

_V2 = PurePosixPath("/sys/fs/cgroup")
_V1 = (PurePosixPath("/sys/fs/cgroup/cpu"), PurePosixPath("/sys/fs/cgroup/cpu,cpuacct"))


def granted(read: Read, affinity: int) -> int:
    """Whole CPUs, at least 1.

    A part of a CPU does not count: a thread for it would be stopped for most of each period.

    Args:
        read: Reads `/proc/self/cgroup` and the quota files below `/sys/fs/cgroup`.
        affinity: How many CPUs the scheduler may run this process on.
    """
    quotas = [quota for quota in (*_v2(read), *_v1(read)) if quota is not None]
    return max(1, min(affinity, *(int(quota) for quota in quotas), affinity))


def here() -> int:
    """As `granted`, for this process on this machine."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return granted(_read, affinity)


def _v2(read: Read) -> Iterator[float | None]:
    """`cpu.max` is `max 100000` or `150000 100000`: microseconds of CPU a period."""
    for folder in _folders(_V2, _path(read, "")):
        quota, period = [*(read(str(folder / "cpu.max")) or "").split(), "", ""][:2]
        yield _ratio(quota, period)


def _v1(read: Read) -> Iterator[float | None]:
    for root in _V1:
        for folder in _folders(root, _path(read, "cpu")):
            quota, period = (read(str(folder / f"cpu.cfs_{name}_us")) or "" for name in ("quota", "period"))
            yield _ratio(quota.strip(), period.strip())


def _path(read: Read, controller: str) -> PurePosixPath:
    """The cgroup of this process; `/` also in a container with a namespace of its own."""
    for line in (read("/proc/self/cgroup") or "").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controller in controllers.split(","):
            return PurePosixPath(path.lstrip("/"))
    return PurePosixPath()


def _folders(root: PurePosixPath, path: PurePosixPath) -> Iterator[PurePosixPath]:
    """A cgroup and those above it: each limits all below."""
    yield root
    for depth in range(len(path.parts)):
        yield root.joinpath(*path.parts[: depth + 1])


def _ratio(quota: str, period: str) -> float | None:
    """None where there is no limit: `max`, -1, or no such file."""
    try:
        wanted, of = float(quota), float(period)
    except ValueError:
        return None
    return wanted / of if wanted > 0 and of > 0 else None


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return None
