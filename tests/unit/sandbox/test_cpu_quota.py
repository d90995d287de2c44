"""A share is as large as its memory size says, in either version of groups; where none can be made, that is said.

The groups are folders here. Those of the kernel are met in ``tests/sandbox/test_processor_shares.py``.
"""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from sandbox import watchdog
from sandbox.errors import SandboxError
from sandbox.lambda_runtime.cpu_quota import cpu_quota, cpus_for, create_cgroup, require_cgroups


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return where groups of the first version would be made, and of the second; neither is there."""
    found = (tmp_path / "cgroup" / "cpu", tmp_path / "cgroup")
    monkeypatch.setattr(watchdog, "CGROUP_ROOTS", found)
    monkeypatch.setattr(watchdog, "CLEAN_UP_SECONDS", 0.05)
    return found


def test_512_mb_come_with_29_percent_of_a_processor() -> None:
    assert cpus_for(512) == pytest.approx(0.29, abs=0.005)
    assert cpus_for(1769) == 1


def test_a_share_is_limited_in_the_first_version(places: tuple[Path, Path]) -> None:
    version_1, _ = places
    version_1.mkdir(parents=True)
    (version_1 / "cpu.cfs_quota_us").write_text("-1")
    group = create_cgroup("mark", "UploadsFunction-1", 0.29)
    assert group == version_1 / "permit-ocr-mark-UploadsFunction-1"
    assert (group / "cpu.cfs_period_us").read_text() == "20000"
    assert (group / "cpu.cfs_quota_us").read_text() == "5800"


def test_a_share_is_limited_in_the_second_version(places: tuple[Path, Path]) -> None:
    _, version_2 = places
    version_2.mkdir()
    group = create_cgroup("mark", "UploadsFunction-1", 0.29)
    assert group == version_2 / "permit-ocr-mark-UploadsFunction-1"
    assert (group / "cpu.max").read_text() == "5800 20000"


def test_only_the_groups_of_the_mark_and_the_name_are_removed(places: tuple[Path, Path]) -> None:
    _, version_2 = places
    for mark, name in (("mine", "A-1"), ("mine", "A-11"), ("mine", "B-1"), ("another", "A-1")):
        (version_2 / watchdog.cgroup_name(mark, name)).mkdir(parents=True)
    assert watchdog.remove_cgroups("mine", "A-1")
    assert {group.name for group in version_2.iterdir()} == {
        "permit-ocr-mine-A-11",
        "permit-ocr-mine-B-1",
        "permit-ocr-another-A-1",
    }
    assert watchdog.remove_cgroups("mine")
    assert [group.name for group in version_2.iterdir()] == ["permit-ocr-another-A-1"]


def test_what_another_namespace_has_in_a_group_is_not_killed(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    group = places[1] / watchdog.cgroup_name("mark", "A-1")
    group.mkdir(parents=True)
    (group / "cgroup.procs").write_text("0\n123456789\n")
    killed: list[int] = []
    monkeypatch.setattr("os.kill", lambda process, _: killed.append(process))
    assert not watchdog.remove_cgroups("mark")
    assert set(killed) == {123456789}


@pytest.mark.usefixtures("places")
def test_where_no_group_can_be_made_it_is_said_what_it_takes() -> None:
    with pytest.raises(SandboxError, match="it needs root and cgroup's cpu controller"):
        require_cgroups()
    with cpu_quota(0.29) as share:
        assert share is None


def test_a_group_that_cannot_be_limited_is_not_left(places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    _, version_2 = places
    version_2.mkdir()

    def refuse(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(SandboxError):
        create_cgroup("mark", "A-1", 0.29)
    assert list(version_2.iterdir()) == []


@pytest.mark.usefixtures("places")
def test_the_command_says_it_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERMIT_OCR_SANDBOX_DIRECTORY", str(tmp_path / "sandbox"))
    done = CliRunner().invoke(app, ["up", "--cpu-quota"])
    assert done.exit_code == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("permit-ocr up: a CPU quota needs a control group, and this machine does not allow one")
