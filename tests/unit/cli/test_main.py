"""The entry point: every listed command exists, and none is imported before it is called."""

import subprocess
import sys
from importlib import import_module

import pytest
from typer.testing import CliRunner

from cli.main import COMMANDS, app
from permit_ocr import __version__


def test_help_lists_every_command_with_its_summary() -> None:
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["--help"])
    assert shown.exit_code == 0
    for name, (_, summary) in COMMANDS.items():
        assert name in shown.output
        assert summary in shown.output


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_of_a_command_is_the_first_line_of_its_help(name: str) -> None:
    where, summary = COMMANDS[name]
    module, _, function = where.partition(":")
    documentation = getattr(import_module(module), function).__doc__
    assert documentation is not None
    assert documentation.splitlines()[0] == summary
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, [name, "--help"])
    assert shown.exit_code == 0
    assert summary in shown.output


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_an_example_and_exit_statuses(name: str) -> None:
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, [name, "--help"])
    assert f"Example: permit-ocr {name}" in shown.output
    assert "Exit status: 0 " in shown.output


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("permit-ocr redr", "redrive"), ("permit-ocr recognize --retu", "--return-portrait"), ("permit-ocr wat", "watch")],
)
def test_the_shell_completes_commands_and_options(typed: str, offered: str) -> None:
    environment = {"_PERMIT_OCR_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    shown = CliRunner(env=environment).invoke(app, prog_name="permit-ocr")
    assert offered in shown.output.split()


def test_help_imports_no_ocr_engine_aws_sdk_or_server() -> None:
    """Bounds the start-up time of ``permit-ocr --help``; checks packages, because seconds depend on the machine."""
    heavy = {"onnxruntime", "cv2", "rapidocr", "boto3", "botocore", "starlette", "uvicorn", "moto", "tencentcloud"}
    program = f"import sys, cli.main; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version_prints_the_version_of_the_package() -> None:
    shown = CliRunner().invoke(app, ["--version"])
    assert (shown.exit_code, shown.output) == (0, f"permit-ocr {__version__}\n")


def test_an_unknown_command_suggests_the_nearest_one() -> None:
    shown = CliRunner().invoke(app, ["recognise"])
    assert shown.exit_code == 2
    assert "recognize" in shown.output


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("recognize x --document passport", "'--document': 'passport' is not one of 'residence-permit',"),
        ("recognize x --timeout 0", "'--timeout': must be at least 1"),
        ("recognize x --timeout long", "'--timeout': must be a number"),
        ("recognizer --port 99999", "'--port': must be at most 65535"),
        ("recognizer --port http", "'--port': must be a whole number"),
        ("up --today 2030-13-01", "'--today': must be a date such as 2030-01-31"),
        ("recognizer --answers no-such-file", "'--answers': file 'no-such-file' does not exist"),
    ],
)
def test_an_invalid_option_is_named_with_its_limit(typed: str, message: str) -> None:
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, typed.split())
    assert shown.exit_code == 2
    assert message in shown.output
