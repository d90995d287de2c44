"""Resending events to the webhook receiver."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from cli.deployment import Deployment
from cli.main import app
from permit_ocr.adapters.dynamodb.cases import DynamoDbCases
from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.adapters.dynamodb.reviews import DynamoDbReviews
from permit_ocr.application.ports import CaseSide, OpenReview, StoredEvent
from permit_ocr.application.review.ports import NewDecision, StoredDecision
from permit_ocr.domain.permits import Kind, Side


@pytest.fixture
def here(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    queue = deployment.sqs.create_queue(QueueName="webhooks.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    deployment.dynamodb.create_table(
        TableName="work",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with_webhooks = replace(deployment, webhook_queue_url=queue)
    monkeypatch.setattr("cli.commands.webhook.find_deployment", lambda _: with_webhooks)
    return with_webhooks


def bodies(here: Deployment) -> list[str]:
    response = here.sqs.receive_message(QueueUrl=here.webhook_queue_url or "", MaxNumberOfMessages=10)
    return [message["Body"] for message in response.get("Messages", [])]


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["webhook", *arguments, "--stack", "permit-ocr"])
    return done.exit_code, " ".join(done.output.split())


def keep(here: Deployment, document_id: str, *, published: bool = True) -> str:
    event = json.dumps({"id": document_id})
    documents = DynamoDbDocuments(here.dynamodb, table="work", keep_days=7)
    documents.store_event(document_id, StoredEvent(event=event, published=published))
    return event


@pytest.mark.parametrize("published", [True, False])
def test_a_document_is_resent_with_its_published_decision(here: Deployment, *, published: bool) -> None:
    documents = DynamoDbDocuments(here.dynamodb, table="work", keep_days=7)
    review = OpenReview(kind=Kind.MAINLAND_PERMIT, side=Side.FRONT, reasons=("suspect:photocopy",))
    read, decided = (json.dumps({"id": event_id}) for event_id in ("document", "decision"))
    documents.store_event("document", StoredEvent(event=read, published=True), review)
    reviews = DynamoDbReviews(here.dynamodb, table="work", keep_days=7)
    event = StoredEvent(event=decided, published=False)
    decision = StoredDecision(id="decision", number=1, event=event, request="r")
    new = NewDecision(decision=decision, after=None, holder="anna", expires_at=2**32)
    reviews.end_sending("document", reviews.store_decision("document", new) or "", published=published)
    assert run("resend", "document") == (0, "queued 1 of 1")
    assert sorted(bodies(here)) == sorted([read, decided] if published else [read])


def test_document_and_pair_events_are_resent_as_published(here: Deployment) -> None:
    event = keep(here, "document")
    cases = DynamoDbCases(here.dynamodb, table="work", keep_days=7)
    sides = [
        CaseSide(kind=Kind.MAINLAND_PERMIT, side=side, document_id=side.value, sort_key="1", event="{}")
        for side in Side
    ]
    for side in sides:
        cases.add_side("7", side)
    cases.store_completed("7", *sides, event_id="pair", event='{"id": "pair"}')
    assert run("resend", "document", "pair") == (0, "queued 2 of 2")
    assert sorted(bodies(here)) == sorted([event, '{"id": "pair"}'])


def test_unknown_and_unpublished_events_are_named(here: Deployment) -> None:
    keep(here, "unpublished", published=False)
    event = keep(here, "document")
    status, output = run("resend", "unpublished", "document", "unknown")
    assert status == 1
    assert "queued 1 of 3" in output
    assert "no event unpublished" in output
    assert "no event unknown" in output
    assert bodies(here) == [event]


def test_without_webhooks_the_error_names_the_parameter(here: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.commands.webhook.find_deployment", lambda _: replace(here, webhook_queue_url=None))
    status, output = run("resend", "document")
    assert status == 2
    assert "WebhookUrl" in output


def test_any_other_action_is_rejected(here: Deployment) -> None:
    assert run("forget", "document")[0] == 2
