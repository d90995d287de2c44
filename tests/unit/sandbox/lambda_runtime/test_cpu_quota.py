"""A CPU quota follows the memory size, in either version of cgroup, and a refusal is reported.

The control groups are directories here. tests/sandbox/emulation/test_cpu_quota.py uses the kernel's.
"""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from sandbox import watchdog
from sandbox.errors import SandboxError
from sandbox.lambda_runtime.cpu_quota import cpu_quota, cpus_for, create_cgroup, require_cgroups


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return the roots of cgroup v1 and v2. Neither exists."""
    found = (tmp_path / "cgroup" / "cpu", tmp_path / "cgroup")
    monkeypatch.setattr(watchdog, "CGROUP_ROOTS", found)
    monkeypatch.setattr(watchdog, "CLEAN_UP_SECONDS", 0.05)
    return found


def test_512_mb_of_memory_give_29_percent_of_a_cpu() -> None:
    assert cpus_for(512) == pytest.approx(0.29, abs=0.005)
    assert cpus_for(1769) == 1


def test_the_quota_is_set_in_cgroup_v1(roots: tuple[Path, Path]) -> None:
    version_1, _ = roots
    version_1.mkdir(parents=True)
    (version_1 / "cpu.cfs_quota_us").write_text("-1")
    group = create_cgroup("id", "UploadsFunction-1", 0.29)
    assert group == version_1 / "permit-ocr-id-UploadsFunction-1"
    assert (group / "cpu.cfs_period_us").read_text() == "20000"
    assert (group / "cpu.cfs_quota_us").read_text() == "5800"


def test_the_quota_is_set_in_cgroup_v2(roots: tuple[Path, Path]) -> None:
    _, version_2 = roots
    version_2.mkdir()
    group = create_cgroup("id", "UploadsFunction-1", 0.29)
    assert group == version_2 / "permit-ocr-id-UploadsFunction-1"
    assert (group / "cpu.max").read_text() == "5800 20000"


def test_only_groups_of_the_sandbox_and_name_are_removed(roots: tuple[Path, Path]) -> None:
    _, version_2 = roots
    for sandbox_id, name in (("mine", "A-1"), ("mine", "A-11"), ("mine", "B-1"), ("another", "A-1")):
        (version_2 / watchdog.cgroup_name(sandbox_id, name)).mkdir(parents=True)
    assert watchdog.remove_cgroups("mine", "A-1")
    assert {group.name for group in version_2.iterdir()} == {
        "permit-ocr-mine-A-11",
        "permit-ocr-mine-B-1",
        "permit-ocr-another-A-1",
    }
    assert watchdog.remove_cgroups("mine")
    assert [group.name for group in version_2.iterdir()] == ["permit-ocr-another-A-1"]


def test_a_process_of_another_namespace_is_not_killed(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    group = roots[1] / watchdog.cgroup_name("id", "A-1")
    group.mkdir(parents=True)
    (group / "cgroup.procs").write_text("0\n123456789\n")
    killed: list[int] = []
    monkeypatch.setattr("os.kill", lambda process, _: killed.append(process))
    assert not watchdog.remove_cgroups("id")
    assert set(killed) == {123456789}


@pytest.mark.usefixtures("roots")
def test_the_error_says_what_a_control_group_needs() -> None:
    with pytest.raises(SandboxError, match="it needs root and cgroup's cpu controller"):
        require_cgroups()
    with cpu_quota(0.29) as quota:
        assert quota is None


def test_a_group_that_cannot_be_limited_is_removed(roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    _, version_2 = roots
    version_2.mkdir()

    def refuse(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(SandboxError):
        create_cgroup("id", "A-1", 0.29)
    assert list(version_2.iterdir()) == []


@pytest.mark.usefixtures("roots")
def test_the_command_reports_a_refusal_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERMIT_OCR_SANDBOX_DIRECTORY", str(tmp_path / "sandbox"))
    done = CliRunner().invoke(app, ["up", "--cpu-quota"])
    assert done.exit_code == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("permit-ocr up: a CPU quota needs a control group, and this machine does not allow one")
