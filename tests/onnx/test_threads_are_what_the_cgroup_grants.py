"""Quotas of cgroup v1 and v2, of this group and those above it; else the scheduler's CPUs."""

import pytest

from platformctl_predictors.formats.processors import granted, here

pytestmark = pytest.mark.quick

V2, V1 = "/sys/fs/cgroup", "/sys/fs/cgroup/cpu,cpuacct"
GROUP_V2 = {"/proc/self/cgroup": "0::/kubepods.slice/pod7\n"}
GROUP_V1 = {"/proc/self/cgroup": "12:cpu,cpuacct:/kubepods/pod7\n1:name=systemd:/x\n"}


@pytest.mark.parametrize(
    ("files", "affinity", "expected"),
    [
        ({}, 8, 8),
        ({f"{V2}/cpu.max": "max 100000\n"}, 8, 8),
        ({f"{V2}/cpu.max": "200000 100000\n"}, 8, 2),
        ({f"{V2}/cpu.max": "250000 100000\n"}, 8, 2),
        ({f"{V2}/cpu.max": "50000 100000\n"}, 8, 1),
        ({f"{V2}/cpu.max": "800000 100000\n"}, 4, 4),
        ({**GROUP_V2, f"{V2}/kubepods.slice/pod7/cpu.max": "300000 100000"}, 8, 3),
        ({**GROUP_V2, f"{V2}/kubepods.slice/cpu.max": "100000 100000", f"{V2}/cpu.max": "max 100000"}, 8, 1),
        (
            {
                **GROUP_V1,
                f"{V1}/kubepods/pod7/cpu.cfs_quota_us": "400000\n",
                f"{V1}/kubepods/pod7/cpu.cfs_period_us": "100000\n",
            },
            8,
            4,
        ),
        ({f"{V1}/cpu.cfs_quota_us": "-1\n", f"{V1}/cpu.cfs_period_us": "100000\n"}, 8, 8),
        ({f"{V1}/cpu.cfs_quota_us": "150000", f"{V1}/cpu.cfs_period_us": "50000"}, 8, 3),
        ({"/proc/self/cgroup": "nonsense", f"{V2}/cpu.max": "nonsense"}, 6, 6),
        ({f"{V2}/cpu.max": ""}, 6, 6),
    ],
)
def test_whole_cpus_at_least_one(files: dict[str, str], affinity: int, expected: int) -> None:
    assert granted(files.get, affinity) == expected


def test_this_machine_has_some() -> None:
    assert here() >= 1
