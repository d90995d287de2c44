"""Reads results from the queue and stores each event once, however often it is delivered.

pip install boto3
RESULTS_QUEUE_URL=… python consumer.py results.db
"""

import json
import os
import sqlite3
import sys

import boto3


def store(event: dict, database: sqlite3.Connection) -> None:
    """Do your own work here, in the transaction that also stores the event's id."""
    verdict = event["data"].get("verdict")  # a reminder has none
    database.execute("INSERT INTO results VALUES (?, ?, ?)", (event["id"], event["type"], verdict))


sqs, queue_url = boto3.client("sqs"), os.environ["RESULTS_QUEUE_URL"]
database = sqlite3.connect(sys.argv[1])
database.execute("CREATE TABLE IF NOT EXISTS handled (event_id TEXT PRIMARY KEY)")
database.execute("CREATE TABLE IF NOT EXISTS results (event_id TEXT, type TEXT, verdict TEXT)")
while True:
    received = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=20)
    for message in received.get("Messages", []):
        event = json.loads(message["Body"])
        with database:  # commits both or neither
            if database.execute("INSERT OR IGNORE INTO handled VALUES (?)", (event["id"],)).rowcount:
                store(event, database)
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
