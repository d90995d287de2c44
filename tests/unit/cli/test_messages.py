import pytest
import typer

from cli.messages import MessageConsole


def test_a_message_is_not_wrapped_and_its_brackets_are_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    path = "wrote results/of the year/[bold]march[2].csv"
    MessageConsole("expiring").message(path, style="dim")
    assert capsys.readouterr() == ("", path + "\n")


@pytest.mark.parametrize(("command", "program"), [("get", "permit-ocr get"), ("", "permit-ocr")])
def test_a_failure_names_the_command_and_ends_it(
    command: str, program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        MessageConsole(command).fail("x is no document id", status=2)
    assert ended.value.exit_code == 2
    assert capsys.readouterr() == ("", f"{program}: x is no document id\n")
