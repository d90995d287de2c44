"""Which calls, as IAM names them, a request to AWS makes, and who makes it.

A request that is not known here is an error: it must not pass without a check.
"""

import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from werkzeug.formparser import parse_form_data

from sandbox.account import ACCOUNT_ID, REGION
from sandbox.errors import SandboxError

type Json = dict[str, Any]

_CREDENTIAL: Final = re.compile(r"Credential=([^/,\s]+)/")
_BATCHES: Final = {name: name.removesuffix("Batch") for name in ("SendMessageBatch", "DeleteMessageBatch")} | {
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility"
}
"""Actions that need the permission of another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsRequest:
    """A request, as far as its meaning depends on it. ``query`` has the first value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """A permission that a request needs."""

    action: str
    resource: str
    keys: Mapping[str, str] = field(default_factory=dict)


def read_request(environ: Mapping[str, Any], body: bytes) -> AwsRequest:
    """Return the request of a WSGI environment."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    content_type = str(environ.get("CONTENT_TYPE", ""))
    form: Mapping[str, str] = {}
    if environ["REQUEST_METHOD"] == "POST" and "multipart/form-data" in content_type:
        _, fields, _ = parse_form_data({**environ, "wsgi.input": io.BytesIO(body)}, silent=False)
        form = {name.lower(): value for name, value in fields.items()}
    query = parse_qs(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)
    return AwsRequest(
        method=str(environ["REQUEST_METHOD"]),
        path=str(environ.get("PATH_INFO", "")),
        query={name: values[0] for name, values in query.items()},
        headers=headers,
        body=body,
        form=form,
    )


def access_key(request: AwsRequest) -> str | None:
    """Return the id of the key that a request, a presigned URL or a form is signed with; None if it is unsigned."""
    if found := _CREDENTIAL.search(request.headers.get("authorization", "")):
        return found[1]
    credential = request.query.get("X-Amz-Credential") or request.form.get("x-amz-credential", "")
    return credential.partition("/")[0] or None


def permissions(request: AwsRequest, *, secret_arn: Callable[[str], str]) -> list[Needed]:
    """Return every permission that a request needs. Raises ``SandboxError`` for a request that is not known here."""
    if target := request.headers.get("x-amz-target"):
        service, _, operation = target.partition(".")
        parameters: Json = json.loads(request.body or b"{}")
        return [_json_call(service, operation, parameters, secret_arn)]
    return list(_s3_calls(request))


def key_permissions(action: str, key: str) -> list[Needed]:
    """Return what an action on a resource that is encrypted with a key of the account needs to use that key.

    The key's own policy is taken to leave the decision to IAM policies, as the default one does.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    service, _, name = action.partition(":")
    uses: tuple[str, ...] = ()
    if service == "dynamodb":
        uses = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
    elif name == "SendMessage":
        uses = ("Decrypt", "GenerateDataKey")
    elif name in {"ReceiveMessage", "GetObject", "GetObjectVersion"}:
        uses = ("Decrypt",)
    elif name == "PutObject":
        uses = ("GenerateDataKey",)
    keys = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
    return [Needed(action=f"kms:{use}", resource=key, keys=keys) for use in uses]


def _json_call(service: str, operation: str, parameters: Json, secret_arn: Callable[[str], str]) -> Needed:
    action = _BATCHES.get(operation, operation)
    if service.startswith("DynamoDB_"):
        return Needed(action=f"dynamodb:{action}", resource=_arn("dynamodb", _table(parameters)))
    if service == "AmazonSQS":
        queue = parameters["QueueUrl"].rpartition("/")[2]
        return Needed(action=f"sqs:{action}", resource=_arn("sqs", queue))
    if service.startswith("Logs_"):
        group, stream = parameters["logGroupName"], parameters.get("logStreamName", "")
        return Needed(action=f"logs:{action}", resource=_arn("logs", f"log-group:{group}:log-stream:{stream}"))
    if service == "secretsmanager":
        return Needed(action=f"secretsmanager:{action}", resource=secret_arn(parameters["SecretId"]))
    raise SandboxError(f"the sandbox cannot check the permissions of {service}.{operation}")


def _table(parameters: Json) -> str:
    """Return the table or the index that a call to DynamoDB is about; a batch is about one table here."""
    if "RequestItems" in parameters:
        (table,) = parameters["RequestItems"]
        return f"table/{table}"
    index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
    return f"table/{parameters['TableName']}{index}"


def _s3_calls(request: AwsRequest) -> Iterator[Needed]:
    bucket, _, key = request.path.lstrip("/").partition("/")
    arn = f"arn:aws:s3:::{bucket}"
    version = "Version" if "versionId" in request.query else ""
    match request.method, bool(key):
        case (("GET" | "HEAD"), True) if not request.query.keys() & {"acl", "tagging", "uploadId"}:
            yield Needed(action=f"s3:GetObject{version}", resource=f"{arn}/{unquote(key)}")
        case "GET", False if "versions" in request.query:
            keys = {"s3:prefix": request.query.get("prefix", "")}
            yield Needed(action="s3:ListBucketVersions", resource=arn, keys=keys)
        case "GET", False if "list-type" in request.query:
            yield Needed(action="s3:ListBucket", resource=arn, keys={"s3:prefix": request.query.get("prefix", "")})
        case "PUT", True if not request.query.keys() - _SIGNATURE_QUERY:
            yield Needed(action="s3:PutObject", resource=f"{arn}/{unquote(key)}")
        case "DELETE", True:
            yield Needed(action=f"s3:DeleteObject{version}", resource=f"{arn}/{unquote(key)}")
        case "POST", False if request.form:
            yield Needed(action="s3:PutObject", resource=f"{arn}/{request.form.get('key', '')}")
        case "POST", False if "delete" in request.query:
            yield from _deletions(request.body, arn)
        case _:
            names = ", ".join(sorted(request.query))
            raise SandboxError(
                f"the sandbox cannot check the permissions of S3's {request.method} with {names or 'no query'}"
            )


_SIGNATURE_QUERY: Final = {
    *("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"),
    *("X-Amz-Signature", "X-Amz-Security-Token", "x-id"),
}


def _deletions(body: bytes, arn: str) -> Iterator[Needed]:
    for entry in ET.fromstring(body).iter():  # noqa: S314  from the functions of this sandbox
        if entry.tag.rpartition("}")[2] == "Object":
            fields = {child.tag.rpartition("}")[2]: child.text or "" for child in entry}
            version = "Version" if fields.get("VersionId") else ""
            yield Needed(action=f"s3:DeleteObject{version}", resource=f"{arn}/{fields['Key']}")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{resource}"
