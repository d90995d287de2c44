"""What a user does, with SAM CLI and a second emulator: deploy, upload, read results, update, delete.

The tests are the steps of one deployment, in this order.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from PIL import Image

from bench.environment.fake_provider import FakeProvider
from recognizer.wire.common_parameters import LOCAL_CREDENTIALS
from sandbox.ports import free_ports
from tests.ministack.adapted_template import adapt
from tests.ministack.server import REGION, ROOT, Emulator, ministack

pytestmark = pytest.mark.slow

STACK = "permit-ocr-dev"
BUILD = ROOT / ".aws-sam" / "build"
PHOTO = ROOT / "events" / "specimens" / "hk-macao-permit-front-1.jpg"
RESULT_SECONDS = 60.0  # only a guard against hanging


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    emulator: Emulator
    template: Path
    config: Path
    """``samconfig.toml`` with its values filled in."""

    def as_user(self, name: str) -> "Account":
        """Return the account for SAM CLI run by a user who has only the permissions in ``examples/iam/{name}.json``."""
        policy = (ROOT / "examples" / "iam" / f"{name}.json").read_text(encoding="utf-8")
        for path in ("stack/permit-ocr/", "/permit-ocr/permit-ocr/"):
            assert path in policy
            policy = policy.replace(path, f"{path.removesuffix('permit-ocr/')}{STACK}/")
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        variables = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        return replace(self, emulator=replace(self.emulator, environment={**self.emulator.environment, **variables}))

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.emulator.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            verify=self.emulator.environment["AWS_CA_BUNDLE"],
        )

    def sam(self, command: str, *options: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(sys.executable, "-m", "tests.ministack.sam_cli"),
                command,
                f"--config-file={config or self.config}",
                "--config-env=dev",
                *options,
            ],
            cwd=ROOT,
            env=dict(self.emulator.environment),
            capture_output=True,
            text=True,
            check=False,
        )

    def deploy(self, *overrides: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
        options = [f"--parameter-overrides={' '.join(overrides)}"] if overrides else []
        return self.sam("deploy", f"--template={self.template}", *options, config=config)

    def outputs(self) -> dict[str, str]:
        stack = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def logs(self) -> str:
        """Return what the functions logged, to show why a test fails."""
        logs = self.client("logs")
        lines = [
            f"{group['logGroupName']}: {event['message'].strip()}"
            for group in logs.describe_log_groups(logGroupNamePrefix=f"/permit-ocr/{STACK}/")["logGroups"]
            for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        ]
        return "\n".join(lines)

    def results(self, count: int) -> list[dict[str, Any]]:
        """Read as many results as a consumer does. Fails if they do not come."""
        sqs, url = self.client("sqs"), self.outputs()["ResultsQueueUrl"]
        events: list[dict[str, Any]] = []
        deadline = time.monotonic() + RESULT_SECONDS
        while len(events) < count:
            assert time.monotonic() < deadline, f"{len(events)} of {count} results; the functions' logs:\n{self.logs()}"
            for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", []):
                events.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return events


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    directory = tmp_path_factory.mktemp("ministack")
    template = BUILD / "ministack.json"
    adapt(BUILD / "template.yaml", template)
    (port,) = free_ports(1)
    provider = FakeProvider(port, directory)
    filled_in = (ROOT / "samconfig.toml").read_text(encoding="utf-8")
    for value, answer in {
        "'FILL-IN: the name of the secret'": "permit-ocr/provider",
        '"CallsPerDayAlarm=1000",': f'"CallsPerDayAlarm=1000", "MainlandPermitEndpoint=127.0.0.1:{port}",',
    }.items():
        assert value in filled_in
        filled_in = filled_in.replace(value, answer)
    config = directory / "samconfig.toml"
    config.write_text(filled_in, encoding="utf-8")
    try:
        provider.start("--rate-limit=0")
        with ministack(directory) as emulator:
            account = Account(emulator=emulator, template=template, config=config)
            credentials = {"secret_id": LOCAL_CREDENTIALS.secret_id, "secret_key": LOCAL_CREDENTIALS.secret_key}
            account.client("secretsmanager").create_secret(
                Name="permit-ocr/provider", SecretString=json.dumps(credentials)
            )
            yield account.as_user("deployer")
    finally:
        provider.stop()
        template.unlink()


def test_the_emulator_listens_on_the_loopback_address_only(account: Account) -> None:
    port = urlsplit(account.emulator.endpoint).port
    sockets = [line.split() for file in ("tcp", "tcp6") for line in Path("/proc/net", file).read_text().splitlines()]
    addresses = {columns[1].partition(":")[0] for columns in sockets if columns[1].endswith(f":{port:04X}")}
    assert addresses == {"0100007F"}


def test_a_missing_value_is_refused_before_anything_is_created(account: Account) -> None:
    refused = account.deploy(config=ROOT / "samconfig.toml")
    assert refused.returncode != 0
    assert "Store the provider's credentials with aws secretsmanager create-secret" in refused.stdout + refused.stderr
    stacks = account.client("cloudformation").describe_stacks()["Stacks"]
    assert STACK not in {stack["StackName"] for stack in stacks}


def test_photos_become_results(account: Account) -> None:
    deployed = account.deploy()
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    s3, bucket = account.client("s3"), account.outputs()["UploadBucketName"]
    with Image.open(PHOTO) as photo:
        scan = BytesIO()
        photo.save(scan, "TIFF")  # the provider takes no TIFF: ImagesFunction converts it
    s3.put_object(Bucket=bucket, Key="uploads/mainland-permit/photo.jpg", Body=PHOTO.read_bytes())
    s3.put_object(Bucket=bucket, Key="uploads/mainland-permit/scan.tiff", Body=scan.getvalue())
    events = account.results(2)
    assert {event["type"] for event in events} == {"permit.recognized.v1"}
    assert {event["data"]["document"]["key"].rpartition("/")[2] for event in events} == {"photo.jpg", "scan.tiff"}


def test_an_operator_reads_the_logs(account: Account) -> None:
    shown = account.as_user("operator").sam("logs", "--name=UploadsFunction", f"--region={REGION}")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "document_done" in shown.stdout


def test_a_changed_parameter_updates_the_stack(account: Account) -> None:
    updated = account.deploy("CredentialsSecret=permit-ocr/provider", "ResultsRetentionDays=2", "KeepDays=9")
    assert updated.returncode == 0, updated.stdout + updated.stderr
    attributes = account.client("sqs").get_queue_attributes(
        QueueUrl=account.outputs()["ResultsQueueUrl"], AttributeNames=["MessageRetentionPeriod"]
    )["Attributes"]
    assert attributes["MessageRetentionPeriod"] == str(2 * 24 * 3600)
    functions = account.client("lambda").list_functions()["Functions"]
    assert {function["Environment"]["Variables"]["KEEP_DAYS"] for function in functions} == {"9"}


def test_a_deletion_keeps_photos_unread_results_and_the_audit_trail(account: Account) -> None:
    bucket = account.outputs()["UploadBucketName"]
    deleted = account.sam("delete", "--no-prompts", f"--region={REGION}")
    assert deleted.returncode == 0, deleted.stdout + deleted.stderr
    queues = account.client("sqs").list_queues()["QueueUrls"]
    assert {url.rpartition("/")[2] for url in queues} == {f"{STACK}-results.fifo", f"{STACK}-results-dead-letters.fifo"}
    assert account.client("s3").list_objects_v2(Bucket=bucket, Prefix="uploads/")["KeyCount"] == 2
    logs = account.client("logs").describe_log_groups(logGroupNamePrefix=f"/permit-ocr/{STACK}/")["logGroups"]
    assert [group["logGroupName"].rpartition("/")[2].partition("-")[0] for group in logs] == ["audit"]
    assert not account.client("lambda").list_functions()["Functions"]
    assert not account.client("dynamodb").list_tables()["TableNames"]
