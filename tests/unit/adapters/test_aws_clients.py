"""Clients that read copies of botocore's data do what botocore's own do."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import boto3
import pytest
from botocore.config import Config
from botocore.loaders import Loader
from moto import mock_aws

from permit_ocr.adapters import aws_clients
from permit_ocr.adapters.aws_clients import SERVICES, AwsClients

TOOL = Path(__file__).parents[3] / "layers" / "aws_models.py"
PACKAGE = Path(aws_clients.__file__).parents[1]
VIRTUAL = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("aws_models", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def copies(tool: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("aws_models")
    tool.write(
        directory, services=SERVICES, words={*tool.words_in(PACKAGE), "create_bucket", "create_queue", "create_secret"}
    )
    return directory


@pytest.fixture
def clients(copies: Path, monkeypatch: pytest.MonkeyPatch) -> AwsClients:
    monkeypatch.setattr(aws_clients, "MODELS", copies)
    return AwsClients()


def test_the_copies_are_botocores_but_for_the_documentation_and_calls_nobody_makes(
    copies: Path, tool: ModuleType
) -> None:
    loader = Loader()
    files = [path for path in copies.rglob("*.json") if path.name != "endpoints.json"]
    assert len(files) == len(SERVICES) * 2 + 3
    for path in files:
        copy = json.loads(path.read_text(encoding="utf-8"))
        original = tool.without_documentation(loader.load_data(str(path.relative_to(copies).with_suffix(""))))
        for part in ("operations", "shapes"):
            if part in original:
                assert copy[part]
                original[part] = {name: said for name, said in original[part].items() if name in copy[part]}
        assert copy == original


def test_every_call_that_the_package_writes_or_botocore_makes_of_itself_is_in_the_copies(
    tool: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "adapter.py").write_text('client.get_object(Key="k")\nclient.generate_presigned_url("put_object")\n')
    model = Loader().load_service_model("s3", "service-2")
    assert set(tool.with_calls(model, tool.words_in(tmp_path))["operations"]) == {
        "GetObject",
        "PutObject",
        *("CreateBucket", "CreateSession", "HeadBucket"),  # presigned POSTs, S3 Express, a bucket that moved
    }


def test_a_member_called_documentation_is_no_documentation(tool: ModuleType) -> None:
    model = {"documentation": "a text", "members": {"documentation": {"shape": "String", "documentation": "a text"}}}
    assert tool.without_documentation(model) == {
        "documentation": "",
        "members": {"documentation": {"shape": "String", "documentation": ""}},
    }


def test_a_table_takes_and_gives_an_item(clients: AwsClients) -> None:
    boto3.client("dynamodb").create_table(
        TableName="work",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table = clients.client("dynamodb", Config())
    item = {"id": {"S": "one"}, "number": {"N": "1"}}
    table.put_item(TableName="work", Item=item)
    assert table.get_item(TableName="work", Key={"id": {"S": "one"}})["Item"] == item
    with pytest.raises(table.exceptions.ConditionalCheckFailedException):
        table.put_item(TableName="work", Item=item, ConditionExpression="attribute_not_exists(id)")


def test_a_bucket_takes_and_gives_an_object(clients: AwsClients) -> None:
    bucket = clients.client("s3", VIRTUAL)
    bucket.create_bucket(Bucket="photographs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    bucket.put_object(Bucket="photographs", Key="a", Body=b"content", Metadata={"card-side": "FRONT"})
    stored = bucket.get_object(Bucket="photographs", Key="a")
    assert (stored["Body"].read(), stored["Metadata"]) == (b"content", {"card-side": "FRONT"})


def test_a_presigned_address_is_that_of_botocores_own_client(clients: AwsClients) -> None:
    place = {"Bucket": "photographs", "Key": "uploads/a.jpg", "VersionId": "v"}
    ours, originals = clients.client("s3", VIRTUAL), boto3.client("s3", config=VIRTUAL)
    addresses = [
        client.generate_presigned_url("get_object", Params=place, ExpiresIn=120).partition("&X-Amz-Date")[0]
        for client in (ours, originals)
    ]
    assert addresses[0] == addresses[1]
    assert addresses[0].startswith("https://photographs.s3.eu-central-1.amazonaws.com/uploads/a.jpg?")


def test_a_queue_takes_a_message(clients: AwsClients) -> None:
    queues = clients.client("sqs", Config())
    url = queues.create_queue(QueueName="results.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    sent = queues.send_message(QueueUrl=url, MessageBody="{}", MessageGroupId="one", MessageDeduplicationId="one")
    assert sent["MessageId"]


def test_a_secret_is_read(clients: AwsClients) -> None:
    secrets = clients.client("secretsmanager", Config())
    secrets.create_secret(Name="provider", SecretString="{}")
    assert secrets.get_secret_value(SecretId="provider")["SecretString"] == "{}"


@pytest.mark.parametrize("region", ["eu-central-1", "ap-east-1", "cn-north-1", "us-gov-west-1"])
def test_every_partition_has_its_endpoints(clients: AwsClients, region: str) -> None:
    for service in SERVICES:
        made = clients.client(service, Config(region_name=region))  # type: ignore[arg-type]
        original = boto3.client(service, region_name=region)  # type: ignore[call-overload]
        assert made.meta.endpoint_url == original.meta.endpoint_url


def test_without_copies_botocores_own_data_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_clients, "MODELS", tmp_path / "none")
    assert AwsClients().client("sqs", Config()).meta.service_model.operation_names
