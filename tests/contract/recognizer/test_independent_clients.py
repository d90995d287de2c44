"""Independent clients, each with its own signing code, get answers. ``clients/setup.sh`` installs them."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.recognizer.recognizer_process import (
    MAINLAND,
    RESIDENCE,
    SECRET_ID,
    SECRET_KEY,
    RunningRecognizer,
    reading_recognizer,
    recognizer,
)
from tests.documentation_blocks import ROOT, blocks

HERE = Path(__file__).parents[1] / "clients"
INSTALLED = Path(".venv-clients").absolute()
SPECIMENS = Path(__file__).parents[3] / "events/specimens"
IMAGE = "bm90IGFuIGltYWdl"
PORTRAITS = {"Profile", "PortraitImageInfo"}
ACTIONS = [("HmtResidentPermitOCR", RESIDENCE), ("MainlandPermitOCR", MAINLAND)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRecognizer]:
    with recognizer(tmp_path_factory.mktemp("clients"), "--rate-limit", "0") as running:
        yield running


def output_of(*command: str | Path, stdin: str = "", **variables: str) -> Any:
    environment = {"PATH": os.environ["PATH"], **variables}
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def call_typed(port: int, method: str, action: str, parameters: dict[str, Any], key: str = SECRET_KEY) -> Any:
    python = INSTALLED / "intl/bin/python"
    script = (HERE / "typed_intl.py", str(port), SECRET_ID, key, method, action)
    return output_of(python, *script, stdin=json.dumps(parameters))


def call_node(port: int, method: str, action: str, parameters: dict[str, Any], key: str = SECRET_KEY) -> Any:
    script = (HERE / "node_sdk.js", str(port), SECRET_ID, key, method, action)
    modules = str(INSTALLED / "npm/node_modules")
    return output_of(INSTALLED / "node", *script, stdin=json.dumps(parameters), NODE_PATH=modules)


def call_tccli(which: str, port: int, action: str, *parameters: str, home: Path) -> Any:
    account = ("--secretId", SECRET_ID, "--secretKey", SECRET_KEY, "--region", "ap-guangzhou")
    endpoint = ("--endpoint", f"http://127.0.0.1:{port}")
    command = (INSTALLED / which / "bin/python", "-W", "ignore", INSTALLED / which / "bin/tccli", "ocr", action)
    return output_of(*command, *parameters, *endpoint, *account, HOME=str(home))


def assert_answers(answer: dict[str, Any], recorded: dict[str, Any]) -> None:
    assert answer.pop("RequestId")
    assert answer.pop("WarnCardInfos", [-9109]) == [-9109]  # the domestic clients do not have it
    expected = {name: value for name, value in recorded.items() if name not in PORTRAITS}
    assert {name: answer[name] for name in expected} == expected


def test_the_documented_client_gets_an_answer(server: RunningRecognizer) -> None:
    (block,) = [text for text in blocks(ROOT / "docs" / "recognizer.md", "python") if "CommonClient" in text]
    block = block.replace("127.0.0.1:8100", server.host).replace(
        '"AKIDlocal", "local"', f'"{SECRET_ID}", "{SECRET_KEY}"'
    )
    program = f"import json\nimage_base64 = {IMAGE!r}\n{block}\nprint(json.dumps(answer))"
    assert_answers(output_of(sys.executable, "-c", program), RESIDENCE)


@pytest.mark.parametrize(
    ("python", "actions"),
    [("intl", ["HmtResidentPermitOCR", "MainlandPermitOCR"]), ("tccli", ["MainlandPermitOCR"])],
    ids=["tencentcloud-sdk-python-intl-en", "tencentcloud-sdk-python-ocr"],
)
def test_a_typed_client_has_the_actions_that_are_documented(python: str, actions: list[str]) -> None:
    of_client = (
        "from tencentcloud.ocr.v20181119.ocr_client import OcrClient; import json; print(json.dumps(dir(OcrClient)))"
    )
    methods = output_of(INSTALLED / python / "bin/python", "-c", of_client)
    assert [action for action, _ in ACTIONS if action in methods] == actions


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(("action", "recorded"), ACTIONS)
def test_the_typed_international_client_gets_answers(
    server: RunningRecognizer, method: str, action: str, recorded: dict[str, Any]
) -> None:
    assert_answers(call_typed(server.port, method, action, {"ImageBase64": IMAGE}), recorded)


def test_the_typed_international_client_gets_portraits(server: RunningRecognizer) -> None:
    image = {"ImageBase64": IMAGE}
    residence = call_typed(server.port, "POST", "HmtResidentPermitOCR", {**image, "CropPortrait": True})
    mainland = call_typed(server.port, "GET", "MainlandPermitOCR", {**image, "RetProfile": True})
    assert residence["PortraitImageInfo"] == RESIDENCE["PortraitImageInfo"]
    assert mainland["Profile"] == MAINLAND["Profile"]


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(("action", "recorded"), ACTIONS)
def test_the_node_sdk_gets_answers(
    server: RunningRecognizer, method: str, action: str, recorded: dict[str, Any]
) -> None:
    assert_answers(call_node(server.port, method, action, {"ImageBase64": IMAGE, "CardSide": "FRONT"}), recorded)


@pytest.mark.parametrize("call", [call_typed, call_node])
def test_clients_report_a_wrong_key_as_an_error(server: RunningRecognizer, call: Any) -> None:
    answer = call(server.port, "POST", "MainlandPermitOCR", {"ImageBase64": IMAGE}, key="wrong")
    assert answer["Error"]["Code"] == "AuthFailure.SignatureFailure"
    assert answer["RequestId"]


def test_tccli_gets_answers(server: RunningRecognizer, tmp_path: Path) -> None:
    answer = call_tccli("tccli", server.port, "MainlandPermitOCR", "--ImageBase64", IMAGE, home=tmp_path)
    assert_answers(answer, MAINLAND)


@pytest.mark.parametrize(("action", "recorded"), ACTIONS)
def test_tccli_of_the_international_site_gets_answers(
    server: RunningRecognizer, tmp_path: Path, action: str, recorded: dict[str, Any]
) -> None:
    assert_answers(call_tccli("intl", server.port, action, "--ImageBase64", IMAGE, home=tmp_path), recorded)


def test_a_card_is_read_for_an_independent_client() -> None:
    """One card from file to fields; test_reading_specimens.py reads them all."""
    truth = json.loads((SPECIMENS / "truth.json").read_text())["specimens"]
    card = next(entry for entry in truth if entry["file"].startswith("hk-macao-permit-front"))
    parameters = {"ImageBase64": base64.b64encode((SPECIMENS / card["file"]).read_bytes()).decode()}
    with reading_recognizer() as here:
        answer = call_node(here.port, "POST", "MainlandPermitOCR", parameters)
    assert answer["Number"] == card["answer"]["Number"]
    assert answer["ValidDate"] == card["answer"]["ValidDate"]
