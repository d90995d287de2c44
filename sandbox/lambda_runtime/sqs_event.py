"""A Lambda event of SQS messages, and the function's report of failed ones."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.lambda_runtime.invocation import InvocationResult, Json


def sqs_record(message: Mapping[str, Any], *, queue_arn: str, region: str) -> Json:
    """Return a received message as one of an event's ``Records``.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
    """
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: _message_attribute(value) for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def failed_messages(result: InvocationResult, ids: Sequence[str], *, reports_item_failures: bool) -> set[str]:
    """Return the ids of a batch that stay on the queue.

    All of them stay when the function failed or its report is invalid: not JSON, or with an identifier that is missing,
    empty, or not in the batch.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    if result.function_error:
        return set(ids)
    if not reports_item_failures:
        return set()
    reported = _reported_identifiers(result.payload)
    if reported is None or any(identifier not in ids for identifier in reported):
        return set(ids)
    return {identifier for identifier in ids if identifier in reported}


def _reported_identifiers(payload: bytes) -> list[Any] | None:
    """Return the identifiers in a report, valid or not: none for an empty report, None if it is not a report."""
    try:
        report = json.loads(payload or b"null") or {}
    except ValueError:
        return None
    failures = (report.get("batchItemFailures") or []) if isinstance(report, dict) else None
    if not isinstance(failures, list):
        return None
    return [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]


def _message_attribute(value: Mapping[str, Any]) -> Json:
    attribute: Json = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute
