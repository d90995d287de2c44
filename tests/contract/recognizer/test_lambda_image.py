"""The recogniser's container image: its files, and its function under AWS's runtime emulator."""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import boto3
import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from sandbox.lambda_runtime.emulator import emulator_path
from sandbox.ports import free_ports

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "recognizer" / "deploy"
DOCKERFILE = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
SPECIMENS = ROOT / "events" / "specimens"
TRUTH = {entry["file"]: entry for entry in json.loads((SPECIMENS / "truth.json").read_text())["specimens"]}
RESIDENCE = "residence-permit-back-1.jpg"
CALLER = {"iam": {"userArn": "arn:aws:iam::123456789012:user/caller", "accountId": "123456789012"}}
PATIENCE_SECONDS = 90


# --- the files ---


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)


def stages() -> dict[str, str]:
    """Return each stage's instructions, including those of the stage it is based on."""
    found: dict[str, str] = {}
    for origin, name, body in re.findall(
        r"^FROM (\S+) AS (\S+)\n(.*?)(?=^FROM|\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL
    ):
        found[name] = found.get(origin, "") + body
    return found


def test_only_a_python_base_image_is_used() -> None:
    assert instructions("ARG") == ["PYTHON=python:3.13-slim-bookworm"]
    assert {origin.split()[0] for origin in instructions("FROM")} == {"${PYTHON}", "server"}
    assert "http" not in DOCKERFILE.replace("http://127.0.0.1:8100/health", "")


def test_packages_are_pinned_by_hash_and_wheels_only() -> None:
    [install] = re.findall(r"pip install .*?&&", DOCKERFILE)
    assert {"--require-hashes", "--only-binary=:all:", "--no-deps"} <= set(install.split())
    pinned = (DEPLOY / "requirements.txt").read_text()
    names = re.findall(r"^([a-z0-9-]+)==(\S+) \\$", pinned, re.MULTILINE)
    assert len(names) == len(re.findall(r"^\S", pinned, re.MULTILINE))
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE))
    assert all(locked[name] == version for name, version in names)


@pytest.mark.parametrize("stage", ["server", "lambda"])
def test_it_does_not_run_as_root(stage: str) -> None:
    [user] = re.findall(r"^USER (\d+):(\d+)$", stages()[stage], re.MULTILINE)
    assert all(int(number) > 0 for number in user)


def test_the_server_has_a_health_check() -> None:
    assert "HEALTHCHECK --" in stages()["server"]
    assert "/health" in stages()["server"]


def test_copied_files_exist_and_are_not_ignored() -> None:
    kept = [
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    ]
    for source in (arguments.split()[0] for arguments in instructions("COPY") if not arguments.startswith("--from")):
        assert (ROOT / source).exists(), source
        assert any(Path(source).is_relative_to(name) for name in kept), source


def test_every_imported_package_is_in_the_image() -> None:
    """Checks the third-party packages that the server, the read command and the function import."""
    script = (
        "import json, sys; before = set(sys.modules)\n"
        "import cli.commands.recognizer, cli.commands.read, recognizer.lambda_handler, awslambdaric\n"
        "from importlib.metadata import packages_distributions\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "origins = packages_distributions()\n"
        "print(json.dumps(sorted({origin for name in loaded for origin in origins.get(name, ())})))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=90)
    imported = {name.lower().replace("_", "-").replace(".", "-") for name in json.loads(done.stdout)}
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (DEPLOY / "requirements.txt").read_text(), re.MULTILINE))
    assert imported - pinned <= {"permit-ocr", "attrs"}  # rich uses attrs if it is installed


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    template = yaml_parse((DEPLOY / "template.yaml").read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["ImageUri"] = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/recognizer:1"
    session = boto3.Session(region_name="eu-central-1")
    transformed: dict[str, Any] = Translator({}, Parser(), None, session).translate(template, {})
    found: dict[str, dict[str, Any]] = transformed["Resources"]
    return found


def test_only_callers_authenticated_by_iam_can_call(resources: dict[str, dict[str, Any]]) -> None:
    [url] = [resource for resource in resources.values() if resource["Type"] == "AWS::Lambda::Url"]
    assert url["Properties"]["AuthType"] == "AWS_IAM"
    assert not any(resource["Type"] == "AWS::Lambda::Permission" for resource in resources.values())


def test_the_function_may_only_write_its_log(resources: dict[str, dict[str, Any]]) -> None:
    [role] = [resource["Properties"] for resource in resources.values() if resource["Type"] == "AWS::IAM::Role"]
    assert "ManagedPolicyArns" not in role
    [policy] = role["Policies"]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == {"Fn::GetAtt": ["RecognizerLog", "Arn"]}


def test_the_template_builds_this_image() -> None:
    function = yaml_parse((DEPLOY / "template.yaml").read_text(encoding="utf-8"))["Resources"]["RecognizerFunction"]
    metadata = function["Metadata"]
    context = (DEPLOY / metadata["DockerContext"]).resolve()
    assert context / metadata["Dockerfile"] == DEPLOY / "Dockerfile"
    assert metadata["DockerBuildTarget"] in stages()


# --- the function ---


@contextmanager
def started_emulator(command: list[str], environment: dict[str, str], log: Path, *, tries: int = 5) -> Iterator[int]:
    """Run the emulator until the block ends; yields the port for invocations.

    A free port is not reserved until the emulator opens it. If another program takes it first, start again.
    """
    invoke_port, runtime_port = free_ports(2)
    addresses = (
        f"--runtime-interface-emulator-address=127.0.0.1:{invoke_port}",
        f"--runtime-api-address=127.0.0.1:{runtime_port}",
    )
    with log.open("wb") as output:
        process = subprocess.Popen(
            [emulator_path(), *addresses, *command],
            env=environment, cwd="/", stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        while process.poll() is None and not takes_connections(invoke_port):
            time.sleep(0.05)
        if process.poll() is None:
            yield invoke_port
            return
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert tries > 1, log.read_text()
    with started_emulator(command, environment, log, tries=tries - 1) as other_port:
        yield other_port


def takes_connections(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the image's command under the emulator and return the invocation URL."""
    stage = stages()["lambda"]
    entry_point, command = (
        json.loads(re.findall(rf"^{name} (.+)$", stage, re.MULTILINE)[-1]) for name in ("ENTRYPOINT", "CMD")
    )
    environment = {
        "PATH": os.defpath,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(PATIENCE_SECONDS),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    log = tmp_path_factory.mktemp("function") / "log"
    with started_emulator([sys.executable, *entry_point[1:], *command], environment, log) as invoke_port:
        yield f"http://127.0.0.1:{invoke_port}/2015-03-31/functions/function/invocations"
    log_text = log.read_text()
    assert "action=HmtResidentPermitOCR code=OK" in log_text
    assert not any(str(value) in log_text for value in TRUTH[RESIDENCE]["answer"].values() if len(str(value)) > 3)


def event(
    parameters: Any, action: str = "HmtResidentPermitOCR", *, method: str = "POST", path: str = "/", **changes: Any
) -> dict[str, Any]:
    """Return the event that a function URL sends for a call."""
    made = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "content-type": "application/json",
            "host": "abc.lambda-url.eu-central-1.on.aws",
            "authorization": "AWS4-HMAC-SHA256 Credential=…",
            "x-tc-action": action,
            "x-tc-version": "2018-11-19",
            "x-permit-ocr-confidence": "fields",
        },
        "requestContext": {"http": {"method": method, "path": path}, "authorizer": CALLER},
        "body": json.dumps(parameters),
        "isBase64Encoded": False,
    }
    return made | changes


def invoked(function: str, payload: Any) -> dict[str, Any]:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urlopen(function, data=json.dumps(payload).encode(), timeout=PATIENCE_SECONDS) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except (URLError, ConnectionError):  # the emulator is not ready yet
            assert time.monotonic() < give_up
            time.sleep(0.05)


def response_of(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "application/json"
    response: dict[str, Any] = json.loads(answer["body"])["Response"]
    return response


def photograph() -> dict[str, str]:
    return {"ImageBase64": base64.b64encode((SPECIMENS / RESIDENCE).read_bytes()).decode()}


def test_a_card_is_read_for_callers_authenticated_by_iam(function: str) -> None:
    response = response_of(invoked(function, event(photograph())))
    truth = TRUTH[RESIDENCE]["answer"]
    assert {name: response[name] for name in ("CardType", "ValidDate", "Authority", "PassNo")} == {
        name: truth[name] for name in ("CardType", "ValidDate", "Authority", "PassNo")
    }
    assert response["FieldConfidences"]["ValidDate"] > 0.5


def test_a_body_may_be_base64_and_errors_are_the_providers(function: str) -> None:
    encoded = base64.b64encode(json.dumps({"ImageBase64": "bm8gaW1hZ2U="}).encode()).decode()
    response = response_of(invoked(function, event({}, body=encoded, isBase64Encoded=True)))
    assert response["Error"]["Code"] == "FailedOperation.ImageDecodeFailed"
    assert response_of(invoked(function, event({}, "Other")))["Error"]["Code"] == "InvalidAction"


def test_callers_not_authenticated_by_iam_are_rejected(function: str) -> None:
    context = {"http": {"method": "POST", "path": "/"}}
    payload: dict[str, Any]
    for payload in (event(photograph(), requestContext=context), {"Records": []}, {}):
        answer = invoked(function, payload)
        assert answer["statusCode"] == 403
        assert json.loads(answer["body"])["Response"]["Error"]["Code"] == "AuthFailure.UnauthorizedOperation"


def test_health_is_available_as_well(function: str) -> None:
    answer = invoked(function, event({}, method="GET", path="/health"))
    assert (answer["statusCode"], answer["body"]) == (200, "ready\n")
