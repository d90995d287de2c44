"""Queues: senders, retention and dead-letter queues."""

from typing import Any

from permit_ocr.adapters.dynamodb.documents import TOMBSTONE_DAYS
from permit_ocr.application.reminders.send_reminders import LEASE_MARGIN_SECONDS
from permit_ocr.application.retry_policy import MAXIMUM_AGE_SECONDS, MAXIMUM_ATTEMPTS, retry_delay
from permit_ocr.entrypoints.expiry import SECONDS_TO_FINISH
from tests.contract.template.deployed_template import (
    DAY_SECONDS,
    Resources,
    branches,
    function_of,
    of_type,
    policy_statements,
    with_condition,
)

CONCURRENCY_OF_A_NEW_ACCOUNT = 10
CONCURRENCY_FOR_THE_API = 2
CONCURRENCY_OF_REMINDERS = 1
"""An invocation ends before the schedule starts the next one."""


def test_visibility_timeouts_are_six_times_the_functions_timeouts(resources: Resources) -> None:
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        queue, _ = mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"]
        (function,) = (
            resources[called["Ref"]]["Properties"]
            for called in branches(mapping["Properties"]["FunctionName"])
            if resources[called["Ref"]]["Type"] == "AWS::Lambda::Function"
        )
        assert resources[queue]["Properties"]["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_uploads_are_consumed_in_batches_with_partial_responses(resources: Resources) -> None:
    mapping = resources["UploadsFunctionIntake"]
    assert mapping["Properties"]["Enabled"] is True
    assert mapping["Properties"]["BatchSize"] == 10
    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["Properties"]["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaximumConcurrency"}}


def test_queues_are_encrypted_and_refuse_plain_http(resources: Resources) -> None:
    for name, queue in of_type(resources, "AWS::SQS::Queue").items():
        plain = with_condition(queue["Properties"], "HasEncryptionKey", holds=False)
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


def test_dead_letters_are_kept_at_least_as_long_as_messages(transformed: dict[str, Any], resources: Resources) -> None:
    longest = max(one["Seconds"] for one in transformed["Mappings"]["ResultsRetention"].values())
    queues = of_type(resources, "AWS::SQS::Queue")
    redriven = {name: queue["Properties"] for name, queue in queues.items() if "RedrivePolicy" in queue["Properties"]}
    assert redriven.keys() == {"IntakeQueue", "ImagesQueue", "ResultsQueue", "WebhookQueue"}
    for name, source_queue in redriven.items():
        dead_letters = queues[source_queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
        kept = source_queue["MessageRetentionPeriod"]
        assert dead_letters["MessageRetentionPeriod"] >= (kept if isinstance(kept, int) else longest), name
        assert dead_letters.get("FifoQueue") == source_queue.get("FifoQueue"), name


def test_dead_letter_queues_take_messages_of_their_own_queues_only(resources: Resources) -> None:
    queues = {name: queue["Properties"] for name, queue in of_type(resources, "AWS::SQS::Queue").items()}
    sources: dict[str, set[str]] = {}
    for queue in queues.values():
        if "RedrivePolicy" in queue:
            target, _ = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"]
            sources.setdefault(target, set()).add(queue["QueueName"]["Fn::Sub"])
    assert sources.keys() == {"DeadLetterQueue", "ResultsDeadLetterQueue", "WebhookDeadLetterQueue"}
    for name, source_names in sources.items():
        policy = queues[name]["RedriveAllowPolicy"]
        assert policy["redrivePermission"] == "byQueue"
        arn = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:"
        assert {one["Fn::Sub"] for one in policy["sourceQueueArns"]} == {arn + source for source in source_names}


def test_unread_results_outlive_the_stack(resources: Resources) -> None:
    for name in ("ResultsQueue", "ResultsDeadLetterQueue"):
        kept = [
            name,
            *(
                one
                for one, resource in of_type(resources, "AWS::SQS::QueuePolicy").items()
                if {"Ref": name} in resource["Properties"]["Queues"]
            ),
        ]
        assert len(kept) == 2
        for one in kept:
            assert resources[one]["DeletionPolicy"] == "RetainExceptOnCreate", one
            assert resources[one]["UpdateReplacePolicy"] == "Retain", one


def test_everything_runs_within_a_new_accounts_concurrency(source: dict[str, Any], resources: Resources) -> None:
    """SQS mappings are bounded. What they leave is for the API, whose callers wait."""
    defaults = {name: parameter.get("Default") for name, parameter in source["Parameters"].items()}
    bounds = [
        mapping["Properties"]["ScalingConfig"]["MaximumConcurrency"]
        for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    ]
    assert len(bounds) == 3
    taken = sum(defaults[bound["Ref"]] if isinstance(bound, dict) else bound for bound in bounds)
    assert taken + CONCURRENCY_OF_REMINDERS + CONCURRENCY_FOR_THE_API <= CONCURRENCY_OF_A_NEW_ACCOUNT


def test_reminders_are_sent_by_one_invocation_at_a_time(resources: Resources) -> None:
    """A killed invocation's page is sent again while SQS still drops repeats."""
    schedules = of_type(resources, "AWS::Scheduler::Schedule").values()
    (schedule,) = (one for one in schedules if "ExpiryFunction" in str(one["Properties"]["Target"]["Arn"]))
    assert schedule["Properties"]["ScheduleExpression"] == "cron(0/2 * * * ? *)"
    timeout = function_of(resources, "ExpiryFunction")["Timeout"]
    assert timeout - SECONDS_TO_FINISH + LEASE_MARGIN_SECONDS < 120
    minute_of_jitter, deduplication = 60, 300
    assert 2 * 120 + minute_of_jitter <= deduplication


def test_documents_reach_the_dead_letter_queue_before_they_expire(resources: Resources) -> None:
    intake = resources["IntakeQueue"]["Properties"]
    assert intake["MessageRetentionPeriod"] - MAXIMUM_AGE_SECONDS >= DAY_SECONDS
    assert intake["RedrivePolicy"]["maxReceiveCount"] == 1000, (
        "the maximum of SQS, as a backstop: waiting takes some hundred receives"
    )


def test_the_attempts_of_a_document_outlast_an_outage_of_six_hours() -> None:
    failures = range(1, MAXIMUM_ATTEMPTS)
    assert sum(retry_delay(Exception(), attempt=count) for count in failures) > 6 * 3600


def test_images_reach_the_dead_letter_queue_before_they_expire(resources: Resources) -> None:
    queue = resources["ImagesQueue"]["Properties"]
    receives = range(1, queue["RedrivePolicy"]["maxReceiveCount"] + 1)
    last_seen = sum(retry_delay(Exception(), attempt=count) for count in receives)
    assert queue["MessageRetentionPeriod"] - last_seen >= DAY_SECONDS


def test_results_are_not_deduplicated_by_content(resources: Resources) -> None:
    results = resources["ResultsQueue"]["Properties"]
    assert results["FifoQueue"] is True
    assert results["ContentBasedDeduplication"] is False


def test_only_the_upload_bucket_may_send_to_the_intake_queue(resources: Resources) -> None:
    statements = policy_statements(resources, "AWS::SQS::QueuePolicy", "Queues", "IntakeQueue")
    (notification,) = (statement for statement in statements if statement["Effect"] == "Allow")
    assert notification["Principal"] == {"Service": "s3.amazonaws.com"}
    assert notification["Action"] == "sqs:SendMessage"
    assert notification["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    name, variables = resources["UploadBucket"]["Properties"]["BucketName"]["Fn::Sub"]
    source_arn = notification["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert source_arn == [f"arn:${{AWS::Partition}}:s3:::{name}", variables]


def test_tombstones_outlive_every_message_of_their_document(resources: Resources) -> None:
    path = ("IntakeQueue", "ImagesQueue", "IntakeQueue", "DeadLetterQueue")
    seconds = sum(resources[queue]["Properties"]["MessageRetentionPeriod"] for queue in path)
    assert seconds + DAY_SECONDS <= TOMBSTONE_DAYS * DAY_SECONDS


def test_documents_are_known_while_they_wait(source: dict[str, Any], resources: Resources) -> None:
    retention = resources["IntakeQueue"]["Properties"]["MessageRetentionPeriod"]
    assert source["Parameters"]["KeepDays"]["MinValue"] * DAY_SECONDS >= retention
