"""Writes the events' JSON Schemas, the AsyncAPI document and the HTTP API's OpenAPI document, from code and template.

Run by ``make schemas``; a contract test fails if a committed file differs.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter
from samtranslator.yaml_helper import yaml_parse

from events.schemas.json_schemas import json_schemas
from events.schemas.openapi import openapi_document
from permit_ocr import __version__
from permit_ocr.domain.events import EVENT_TYPES, CloudEvent
from permit_ocr.entrypoints.http_api.router import OPENAPI_FILE

HERE: Final = Path(__file__).parent
TEMPLATE: Final = HERE.parents[1] / "template.yaml"
_SCHEMAS: Final = "#/components/schemas/"


def documents() -> dict[Path, str]:
    """Return every file and its text."""
    shapes = {event.__name__: event for event in EVENT_TYPES.values()}
    schemas = json_schemas(shapes, ref_template=f"{_SCHEMAS}{{model}}")
    files = {HERE / f"{name}.schema.json": _text(_schema(name, event)) for name, event in EVENT_TYPES.items()}
    # The OpenAPI document is deployed: the API serves the file.
    return files | {HERE / "asyncapi.json": _text(_asyncapi(schemas)), OPENAPI_FILE: _text(openapi_document())}


def _schema(name: str, event: type[CloudEvent]) -> dict[str, Any]:
    schema = TypeAdapter(event).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:permit-ocr:{name}", **schema}


def _results_queue() -> dict[str, Any]:
    """Return AsyncAPI's SQS binding of the results queue in the template."""
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    resources = template["Resources"]
    queue = resources["ResultsQueue"]["Properties"]
    redrive = queue["RedrivePolicy"]
    dead_letters = resources[redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
    return {
        "name": _name(queue),
        "fifoQueue": queue["FifoQueue"],
        "deduplicationScope": queue["DeduplicationScope"],
        "fifoThroughputLimit": queue["FifoThroughputLimit"],
        "visibilityTimeout": queue["VisibilityTimeout"],
        "receiveMessageWaitTime": queue["ReceiveMessageWaitTimeSeconds"],
        "messageRetentionPeriod": _mapped(template, *queue["MessageRetentionPeriod"]["Fn::FindInMap"]),
        "redrivePolicy": {
            "deadLetterQueue": {"name": _name(dead_letters)},
            "maxReceiveCount": redrive["maxReceiveCount"],
        },
    }


def _mapped(template: Mapping[str, Any], mapping: str, parameter: Mapping[str, str], key: str) -> int:
    """Return what ``FindInMap`` gives for the default of a parameter."""
    value: int = template["Mappings"][mapping][template["Parameters"][parameter["Ref"]]["Default"]][key]
    return value


def _name(queue: Mapping[str, Any]) -> str:
    """Return a queue's name, with the stack as an AsyncAPI parameter."""
    name: str = queue["QueueName"]["Fn::Sub"].replace("${AWS::StackName}", "{stack}")
    return name


def _asyncapi(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the AsyncAPI 3 document of the results queue, from the sending application's point of view."""
    messages = {
        name: {
            "name": name,
            "title": event.__name__,
            "summary": schemas[event.__name__]["description"].partition(":")[2].strip(),
            "contentType": "application/json",
            "payload": {"$ref": f"{_SCHEMAS}{event.__name__}"},
        }
        for name, event in EVENT_TYPES.items()
    }
    channel = "#/channels/results"
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Permit OCR's results",
            "version": __version__,
            "description": (
                "CloudEvents 1.0 in JSON, one per message. Within `v1`, fields and checks may be added, but are never "
                "removed or redefined: consumers must ignore what they do not know."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {
            "results": {
                "address": _results_queue()["name"],
                "description": "The event's id is the message group id and the deduplication id, on every retry.",
                "parameters": {"stack": {"description": "Name of the deployed stack."}},
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {"sqs": {"queue": _results_queue(), "bindingVersion": "0.2.0"}},
            }
        },
        "operations": {
            "publishResult": {
                "action": "send",
                "channel": {"$ref": channel},
                "summary": "Publish the result of a document or of a case.",
                "messages": [{"$ref": f"{channel}/messages/{name}"} for name in messages],
            }
        },
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    for file, text in documents().items():
        file.write_text(text, encoding="utf-8")
