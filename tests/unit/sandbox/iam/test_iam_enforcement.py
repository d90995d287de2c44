"""Calls of the functions are answered only if their role's policies allow them."""

import io
import json
from typing import Any
from urllib.parse import unquote

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.errors import SandboxError
from sandbox.iam.enforcement import POLICIES_PATH, IamEnforcement, Policies
from sandbox.iam.requests import Needed

ARN = "arn:aws:{}:us-east-1:123456789012:{}"
BUCKET = "arn:aws:s3:::bucket"
QUEUE, TABLE = ARN.format("sqs", "queue"), ARN.format("dynamodb", "table/work")
SECRET = ARN.format("secretsmanager", "secret:name-abcdef")
GROUP = ARN.format("logs", "log-group:audit:*")
URL = "http://127.0.0.1/123456789012/queue"
VERSION = {"Bucket": "bucket", "Key": "uploads/ü 1.jpg"}
CALLS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "dynamodb:GetItem": ("dynamodb", "get_item", {"TableName": "work", "Key": {"id": {"S": "1"}}}, TABLE),
    "dynamodb:Query": ("dynamodb", "query", {"TableName": "work", "KeyConditionExpression": "a = :a"}, TABLE),
    "sqs:SendMessage": ("sqs", "send_message", {"QueueUrl": URL, "MessageBody": "{}"}, QUEUE),
    "sqs:ChangeMessageVisibility": (
        *("sqs", "change_message_visibility_batch"),
        {"QueueUrl": URL, "Entries": [{"Id": "1", "ReceiptHandle": "r", "VisibilityTimeout": 1}]},
        QUEUE,
    ),
    "logs:PutLogEvents": (
        *("logs", "put_log_events"),
        {"logGroupName": "audit", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]},
        GROUP,
    ),
    "secretsmanager:GetSecretValue": ("secretsmanager", "get_secret_value", {"SecretId": "name"}, SECRET),
    "s3:GetObject": ("s3", "get_object", VERSION, f"{BUCKET}/uploads/*"),
    "s3:GetObjectVersion": ("s3", "get_object", {**VERSION, "VersionId": "v"}, f"{BUCKET}/uploads/*"),
    "s3:PutObject": ("s3", "put_object", {**VERSION, "Body": b"x"}, f"{BUCKET}/uploads/*"),
    "s3:DeleteObjectVersion": (
        *("s3", "delete_objects"),
        {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "uploads/1.jpg", "VersionId": "v"}]}},
        f"{BUCKET}/uploads/*",
    ),
    "s3:ListBucketVersions": ("s3", "list_object_versions", {"Bucket": "bucket", "Prefix": "pages/"}, BUCKET),
}


class Server:
    """The middleware in front of an application that accepts everything, behind botocore."""

    def __init__(self, status: str = "200 OK") -> None:
        self.status = status
        self.passed = 0
        self.application = IamEnforcement(self.accept, secret_arn=lambda name: SECRET if name == "name" else name)

    def accept(self, _environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.passed += 1
        start_response(self.status, [])
        return [b""]

    def allow(self, **roles: list[dict[str, Any]]) -> None:
        body = json.dumps({"roles": roles, "resources": {}}).encode()
        self.application({"PATH_INFO": POLICIES_PATH, "wsgi.input": io.BytesIO(body)}, lambda *_: None)

    def client(self, service: str, key: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        session: Any = boto3.Session(aws_access_key_id=key, aws_secret_access_key="x", region_name="us-east-1")
        client = session.client(service, endpoint_url="http://127.0.0.1:1", config=config)
        client.meta.events.register("before-send", self.send)
        return client

    def send(self, request: Any, **_: Any) -> AWSResponse:
        path, _, query = request.url.partition("?")
        body = request.body or b""
        body = body.read() if hasattr(body, "read") else body.encode() if isinstance(body, str) else body
        environ: dict[str, Any] = {
            f"HTTP_{name.upper().replace('-', '_')}": _text(value) for name, value in request.headers.items()
        }
        environ |= {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": unquote(path.removeprefix("http://127.0.0.1:1")),
            "QUERY_STRING": query,
            "wsgi.input": io.BytesIO(body),
        }
        started: list[Any] = []
        content = b"".join(self.application(environ, lambda *arguments: started.extend(arguments)))
        return AWSResponse(request.url, int(started[0][:3]), HTTPHeaders.from_pairs(started[1]), _Raw(content))


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> list[bytes]:
        return [self.read()]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def call(server: Server, action: str, key: str = "role") -> None:
    service, method, parameters, _ = CALLS[action]
    getattr(server.client(service, key), method)(**parameters)


@pytest.mark.parametrize("action", CALLS)
def test_a_call_needs_the_permission_of_its_name(action: str) -> None:
    server = Server()
    every = [{"Effect": "Allow", "Action": name, "Resource": resource} for name, (*_, resource) in CALLS.items()]
    server.allow(role=every)
    call(server, action)
    assert server.passed == 1
    server.allow(role=[one for one in every if one["Action"] != action])
    with pytest.raises(ClientError) as caught:
        call(server, action)
    assert caught.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}
    assert server.passed == 1


def test_a_permission_for_another_resource_does_not_help() -> None:
    server = Server()
    server.allow(role=[{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE + "-2"}])
    with pytest.raises(ClientError, match="sqs:SendMessage"):
        call(server, "sqs:SendMessage")


def test_the_operator_may_do_everything() -> None:
    server = Server()
    server.allow(role=[])
    call(server, "s3:PutObject", key="test")
    assert server.passed == 1


def test_nothing_is_checked_without_policies() -> None:
    server = Server()
    call(server, "s3:PutObject")
    assert server.passed == 1


def test_a_missing_object_is_forbidden_to_whom_may_not_list() -> None:
    server = Server(status="404 Not Found")
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET}
    for statements, status in (([read], 403), ([read, lists], 404)):
        server.allow(role=statements)
        with pytest.raises(ClientError) as caught:
            call(server, "s3:GetObject")
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_call_that_cannot_be_checked_is_an_error() -> None:
    server = Server()
    server.allow(role=[])
    with pytest.raises(ClientError, match="SandboxCannotCheck"):
        server.client("s3", "role").get_object_acl(Bucket="bucket", Key="1")
    with pytest.raises(ClientError, match="SandboxCannotCheck"):
        server.client("ecs", "role").list_clusters()
    assert server.passed == 0


def test_what_aws_itself_does_is_checked_at_the_start() -> None:
    notify = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
    }
    mine = {**notify, "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::bucket"}}}
    writes = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": GROUP}
    policies = Policies(roles={"role": [writes], "other": []}, resources={QUEUE: [mine]})
    policies.check(notifications=[("bucket", QUEUE)], log_groups=[("role", "audit")])
    with pytest.raises(SandboxError, match="notifications of another"):
        policies.check(notifications=[("another", QUEUE)], log_groups=[])
    with pytest.raises(SandboxError, match="logs:CreateLogStream"):
        policies.check(notifications=[], log_groups=[("other", "audit")])
    with pytest.raises(SandboxError, match="managed policies"):
        Policies(not_evaluated=("role",)).check(notifications=[], log_groups=[])


@pytest.mark.parametrize(
    ("action", "uses"),
    [
        ("dynamodb:GetItem", "Decrypt DescribeKey Encrypt GenerateDataKey ReEncryptFrom ReEncryptTo"),
        ("sqs:SendMessage", "Decrypt GenerateDataKey"),
        ("sqs:ChangeMessageVisibility", ""),
        ("s3:GetObject", "Decrypt"),
        ("s3:PutObject", "GenerateDataKey"),
    ],
)
def test_an_encrypted_resource_needs_the_permission_to_use_its_key(action: str, uses: str) -> None:
    key = ARN.format("kms", "key/1")
    policies = Policies(encryption_keys=dict.fromkeys([BUCKET, QUEUE, TABLE], key))
    resource = CALLS[action][3]
    needed = policies.with_encryption(Needed(action=action, resource=resource))
    assert [one.action for one in needed] == [action, *(f"kms:{use}" for use in uses.split())]
    assert {one.resource for one in needed[1:]} <= {key}
    assert policies.with_encryption(Needed(action=action, resource=SECRET))[1:] == []


def test_a_call_is_denied_without_permission_for_the_key() -> None:
    key = ARN.format("kms", "key/1")
    read: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    use: dict[str, Any] = {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": key,
        "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    }
    cases: list[tuple[list[Any], bool]] = [([read], False), ([read, use], True)]
    for statements, is_allowed in cases:
        policies = Policies(roles={"role": statements}, encryption_keys={BUCKET: key})
        needed = policies.with_encryption(Needed(action="s3:GetObject", resource=f"{BUCKET}/uploads/1.jpg"))
        assert all(policies.allow("role", one) for one in needed) is is_allowed
