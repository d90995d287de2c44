"""Queues: who sends, how long messages wait, and where they end."""

from typing import Any

from permit_ocr.adapters.dynamodb.documents import TOMBSTONE_DAYS
from permit_ocr.application.retry_policy import MAXIMUM_AGE_SECONDS, retry_delay
from tests.contract.deployed_template import DAY_SECONDS, Resources, branches, decided, of_type, policy_statements


def test_a_message_stays_hidden_for_six_times_the_function_that_works_on_it(resources: Resources) -> None:
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        queue, _ = mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"]
        (function,) = (
            resources[called["Ref"]]["Properties"]
            for called in branches(mapping["Properties"]["FunctionName"])
            if resources[called["Ref"]]["Type"] == "AWS::Lambda::Function"
        )
        assert resources[queue]["Properties"]["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_uploads_are_taken_in_batches_of_which_each_can_fail_alone(resources: Resources) -> None:
    mapping = resources["UploadsFunctionIntake"]
    assert mapping["Properties"]["Enabled"] is True
    assert mapping["Properties"]["BatchSize"] == {"Ref": "BatchSize"}
    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["Properties"]["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaximumConcurrency"}}


def test_queues_are_encrypted_and_refuse_plain_http(resources: Resources) -> None:
    for name, queue in of_type(resources, "AWS::SQS::Queue").items():
        plain = decided(queue["Properties"], "HasEncryptionKey", holds=False)
        assert plain["SqsManagedSseEnabled"] is True, name
        assert "KmsMasterKeyId" not in plain, name
        statements = policy_statements(resources, "AWS::SQS::QueuePolicy", "Queues", name)
        denied = {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": {"Fn::GetAtt": [name, "Arn"]},
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        assert denied in statements, name


def test_what_is_given_up_outlives_the_queue_it_came_from(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    redriven = {name: queue["Properties"] for name, queue in queues.items() if "RedrivePolicy" in queue["Properties"]}
    assert redriven.keys() == {"IntakeQueue", "ImagesQueue", "ResultsQueue", "WebhookQueue"}
    for name, source_queue in redriven.items():
        dead_letters = queues[source_queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
        assert dead_letters["MessageRetentionPeriod"] >= source_queue["MessageRetentionPeriod"], name
        assert dead_letters.get("FifoQueue") == source_queue.get("FifoQueue"), name


def test_waiting_ends_in_the_dead_letter_queue_before_the_intake_queue_would_drop_it(resources: Resources) -> None:
    intake = resources["IntakeQueue"]["Properties"]
    assert intake["MessageRetentionPeriod"] - MAXIMUM_AGE_SECONDS >= DAY_SECONDS
    assert intake["RedrivePolicy"]["maxReceiveCount"] == 1000, "SQS's highest: a backstop, waiting takes some hundred"


def test_the_attempts_of_a_document_span_an_outage_of_six_hours(source: dict[str, Any]) -> None:
    failures = range(1, source["Parameters"]["MaximumAttempts"]["Default"])
    assert sum(retry_delay(Exception(), attempt=count) for count in failures) > 6 * 3600


def test_what_fails_to_be_decoded_is_given_up_before_the_images_queue_would_drop_it(resources: Resources) -> None:
    queue = resources["ImagesQueue"]["Properties"]
    receives = range(1, queue["RedrivePolicy"]["maxReceiveCount"] + 1)
    last_seen = sum(retry_delay(Exception(), attempt=count) for count in receives)
    assert queue["MessageRetentionPeriod"] - last_seen >= DAY_SECONDS


def test_results_are_deduplicated_by_their_event_id_alone(resources: Resources) -> None:
    results = resources["ResultsQueue"]["Properties"]
    assert results["FifoQueue"] is True
    assert results["ContentBasedDeduplication"] is False


def test_uploads_are_announced_by_this_bucket_of_this_account_only(resources: Resources) -> None:
    statements = policy_statements(resources, "AWS::SQS::QueuePolicy", "Queues", "IntakeQueue")
    (announced,) = (statement for statement in statements if statement["Effect"] == "Allow")
    assert announced["Principal"] == {"Service": "s3.amazonaws.com"}
    assert announced["Action"] == "sqs:SendMessage"
    assert announced["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    name, variables = resources["UploadBucket"]["Properties"]["BucketName"]["Fn::Sub"]
    source_arn = announced["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert source_arn == [f"arn:${{AWS::Partition}}:s3:::{name}", variables]


def test_a_deletion_is_remembered_for_longer_than_any_message_of_the_document_may_lie_around(
    resources: Resources,
) -> None:
    way = ("IntakeQueue", "ImagesQueue", "IntakeQueue", "DeadLetterQueue")
    seconds = sum(resources[queue]["Properties"]["MessageRetentionPeriod"] for queue in way)
    assert seconds + DAY_SECONDS <= TOMBSTONE_DAYS * DAY_SECONDS


def test_a_document_is_known_for_as_long_as_it_may_wait_to_be_begun(
    source: dict[str, Any], resources: Resources
) -> None:
    waits = resources["IntakeQueue"]["Properties"]["MessageRetentionPeriod"]
    assert source["Parameters"]["KeepDays"]["MinValue"] * DAY_SECONDS >= waits
