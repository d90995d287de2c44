"""Requests and items that AWS refuses and moto accepts.

| service  | what AWS refuses                                                                                         |
|----------|----------------------------------------------------------------------------------------------------------|
| DynamoDB | an item of more than 400 KB                                                                              |
| SQS      | a message of more than 1 MiB with its attributes, more than ten of these, an empty body, characters that |
|          | are not XML's, ids of groups and deduplication of more than 128 characters or with others than SQS's,    |
|          | a deduplication id on a standard queue                                                                   |
| S3       | a request that is not signed, and a presigned URL that has expired; forms: see ``post_policy``           |

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

import copy
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from moto.dynamodb.exceptions import ItemSizeTooLarge, ItemSizeToUpdateTooLarge
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table

from sandbox.iam.requests import AwsRequest, access_key, read_request

ITEM_BYTES: Final = 400 * 1024
MESSAGE_BYTES: Final = 1024 * 1024
_ATTRIBUTES: Final = 10
_INVALID: Final = "InvalidParameterValue"
_ID: Final = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OWN_PATHS: Final = ("/moto-api", "/sandbox")


def limit_items() -> None:
    """Make moto refuse DynamoDB items of more than 400 KB.

    moto itself has a limit of 405,000 bytes, which sets pass that grow.
    """
    put, update = Table.put_item, DynamoDBBackend.update_item

    def put_item(table: Any, item_attrs: dict[str, Any], *rest: Any, **more: Any) -> Any:  # noqa: ANN401  moto's
        key = DynamoType(item_attrs[table.hash_key_attr]) if table.hash_key_attr in item_attrs else None
        if key and Item(key, None, item_attrs).size() > ITEM_BYTES:
            raise ItemSizeTooLarge
        return put(table, item_attrs, *rest, **more)

    def update_item(backend: Any, name: str, key: dict[str, Any], **more: Any) -> Any:  # noqa: ANN401  moto's
        before = backend.get_item(name, key)
        attributes = copy.deepcopy(before.attrs) if before else None
        item = update(backend, name, key, **more)
        if item.size() > ITEM_BYTES:
            if attributes is None:
                backend.delete_item(name, key)
            else:
                item.attrs = attributes
            raise ItemSizeToUpdateTooLarge
        return item

    setattr(LimitedSizeDict, "__setitem__", dict.__setitem__)  # noqa: B010  mypy knows that it is a method
    setattr(Table, "put_item", put_item)  # noqa: B010
    setattr(DynamoDBBackend, "update_item", update_item)  # noqa: B010


class RefusedRequests:
    """WSGI middleware that answers requests to SQS and S3 that AWS refuses."""

    def __init__(
        self, application: Callable[..., Any], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._application = application
        self._clock = clock

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
        if target.startswith("AmazonSQS.SendMessage"):
            body = environ["wsgi.input"].read()
            environ["wsgi.input"] = io.BytesIO(body)
            if error := sqs_error(json.loads(body)):
                return _sqs_refusal(start_response, *error)
        elif not target and environ["REQUEST_METHOD"] != "OPTIONS":
            body = environ["wsgi.input"].read()
            environ["wsgi.input"] = io.BytesIO(body)
            if error := self._s3_error(read_request(environ, body)):
                return _s3_refusal(start_response, *error)
        response: Iterable[bytes] = self._application(environ, start_response)
        return response

    def _s3_error(self, request: AwsRequest) -> tuple[str, str] | None:
        if request.path.startswith(_OWN_PATHS):
            return None
        if access_key(request) is None:
            return "AccessDenied", "Access Denied"
        if "X-Amz-Expires" in request.query:
            signed = datetime.strptime(request.query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            if self._clock() > signed + timedelta(seconds=int(request.query["X-Amz-Expires"])):
                return "AccessDenied", "Request has expired"
        return None


def sqs_error(parameters: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the code and the message with which SQS refuses one or several messages; None if it takes them."""
    is_fifo = str(parameters["QueueUrl"]).endswith(".fifo")
    errors = (_message_error(message, is_fifo=is_fifo) for message in parameters.get("Entries") or [parameters])
    return next((error for error in errors if error), None)


def _message_error(message: Mapping[str, Any], *, is_fifo: bool) -> tuple[str, str] | None:
    body, attributes = str(message.get("MessageBody", "")), message.get("MessageAttributes") or {}
    ids = [str(message[name]) for name in ("MessageGroupId", "MessageDeduplicationId") if name in message]
    checks = (
        (not body, "MissingParameter", "The request must contain the parameter MessageBody."),
        (_NOT_XML.search(body), "InvalidMessageContents", "Invalid characters found."),
        (len(attributes) > _ATTRIBUTES, _INVALID, "Number of message attributes exceeds the allowed maximum [10]."),
        (_size(body, attributes) > MESSAGE_BYTES, _INVALID, f"Message must be shorter than {MESSAGE_BYTES} bytes."),
        (not all(map(_ID.fullmatch, ids)), _INVALID, "An id can only include alphanumeric and punctuation characters."),
        (not is_fifo and "MessageDeduplicationId" in message, _INVALID, "The queue takes no MessageDeduplicationId."),
    )
    return next(((code, text) for refused, code, text in checks if refused), None)


def _size(body: str, attributes: Mapping[str, Mapping[str, str]]) -> int:
    texts = [name + "".join(map(str, value.values())) for name, value in attributes.items()]
    return len("".join([body, *texts]).encode())


def _sqs_refusal(start_response: Callable[..., Any], code: str, message: str) -> list[bytes]:
    start_response(
        "400 Bad Request",
        [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-query-error", f"{code};Sender")],
    )
    return [json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": message}).encode()]


def _s3_refusal(start_response: Callable[..., Any], code: str, message: str) -> list[bytes]:
    start_response("403 Forbidden", [("Content-Type", "application/xml")])
    return [f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()]
