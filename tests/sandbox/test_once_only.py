"""Once only, on the real artefacts: however often an upload event arrives, one call is paid and one result seen."""

import json
from concurrent.futures import ThreadPoolExecutor

from bench.rehearsal import system

DELIVERIES = 100


def test_the_same_upload_event_delivered_a_hundred_times_at_once_is_one_call_and_one_result() -> None:
    with system("--latency=0.6", "--workers=64", "--waiting=256", "--rate-limit=0") as running:
        (document,) = running.upload(1)
        bucket = running.endpoints["upload_bucket"]
        (version,) = running.s3.list_object_versions(Bucket=bucket)["Versions"]
        stored = {"key": version["Key"], "versionId": version["VersionId"], "eTag": version["ETag"].strip('"')}
        record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": stored}}
        body = json.dumps({"Records": [record]})
        queue = running.endpoints["intake_queue_url"]
        with ThreadPoolExecutor(10) as senders:
            list(senders.map(lambda _: running.sqs.send_message(QueueUrl=queue, MessageBody=body), range(DELIVERIES)))
        assert running.consume_until([document], timeout_seconds=60)
        while running.depth("intake_queue_url"):
            running.consume()
        while running.consume(wait_seconds=2):
            pass
        assert running.results[document] == 1
        assert sum(running.provider.calls().values()) == 1
        assert running.depth("dead_letter_queue_url") == 0
