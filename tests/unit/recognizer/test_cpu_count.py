"""The number of CPUs that the process's cgroups allow."""

import os
from pathlib import Path

import pytest

from recognizer.cpu_count import available_cpus


@pytest.fixture(autouse=True)
def _eight_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def found(directory: Path, membership: str | None = "0::/outer/inner\n", **quotas: str) -> int:
    groups = directory / "cgroup"
    for path, quota in {"root": "", "outer": "outer", "inner": "outer/inner"}.items():
        (groups / quota).mkdir(parents=True, exist_ok=True)
        if path in quotas:
            (groups / quota / "cpu.max").write_text(quotas[path])
    if membership is not None:
        (directory / "membership").write_text(membership)
    return available_cpus(groups, directory / "membership")


@pytest.mark.parametrize("group", ["root", "outer", "inner"])
def test_the_quotas_of_the_cgroup_and_its_ancestors_count(group: str, tmp_path: Path) -> None:
    assert found(tmp_path, **{group: "200000 100000\n"}) == 2


def test_the_smallest_quota_counts(tmp_path: Path) -> None:
    assert found(tmp_path, root="max 100000", outer="300000 100000", inner="600000 100000") == 3


def test_a_fraction_of_a_cpu_counts_as_one(tmp_path: Path) -> None:
    assert found(tmp_path, inner="50000 100000") == 1


def test_quotas_of_other_cgroups_do_not_count(tmp_path: Path) -> None:
    assert found(tmp_path, "0::/\n", inner="100000 100000") == 8


@pytest.mark.parametrize("membership", [None, "", "1:cpu:/outer\n", "nonsense"])
def test_without_a_quota_the_affinity_counts(membership: str | None, tmp_path: Path) -> None:
    assert found(tmp_path, membership, root="max 100000", outer="max", inner="") == 8
