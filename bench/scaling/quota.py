"""The rate limiter at the full quota: how many calls does a provider refuse that counts calendar seconds.

    .venv/bin/python -m bench.scaling.quota --rate 18 --seconds 60 --kilobytes 300

Several processes of several threads each call the OCR adapter as fast as the rate limiter lets them, with images of one
size. Nothing of Lambda or SQS is in the way, so that the quota is the limit. Exit status: 0 if no call was refused.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import boto3
import httpx
from tencentcloud.common.credential import Credential

from bench.environment.fake_provider import AMPLE_CAPACITY, FakeProvider, wait_until_ready
from permit_ocr.adapters.ocr.credentials import Credentials
from permit_ocr.adapters.ocr.endpoints import Endpoint
from permit_ocr.adapters.ocr.tencent_ocr import TencentOcr
from permit_ocr.application.ports import OcrRequest
from permit_ocr.domain.errors import PermitOcrError
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.rate_limit.dynamodb_rate_limiter import DynamoDbRateLimiter, Priority
from permit_ocr.tencent.actions import ACTIONS, QUOTA_PER_SECOND
from recognizer.wire.common_parameters import LOCAL_CREDENTIALS
from sandbox.ports import free_ports

ACTION: Final = ACTIONS[Kind.MAINLAND_PERMIT].name
TABLE: Final = "limiter"
LATENCY_SECONDS: Final = 0.6


def main() -> int:
    """Run the benchmark, print its table and return the exit status."""
    options = _options()
    if options.caller:
        sys.stdout.write(json.dumps(call_until(options, time.monotonic() + options.seconds)))
        return 0
    with TemporaryDirectory() as directory, _dynamodb() as aws:
        (port,) = free_ports(1)
        provider = FakeProvider(port, Path(directory))
        provider.start(f"--latency={LATENCY_SECONDS}", f"--rate-limit={QUOTA_PER_SECOND}", *AMPLE_CAPACITY)
        try:
            outcomes = _run_callers(options, aws=aws, host=f"127.0.0.1:{port}")
            calls, busiest = provider.calls(), provider.busiest_second()
        finally:
            provider.stop()
    refused = calls["RequestLimitExceeded"]
    rows = {
        "rate, calls a second": options.rate,
        "image, kB": options.kilobytes,
        "seconds": options.seconds,
        "calls": calls.total(),
        "calls a second": f"{calls.total() / options.seconds:.2f}",
        "calls in the busiest calendar second": busiest,
        "refused calls (quota of 20)": refused,
        "requests by outcome": ", ".join(f"{code} {count}" for code, count in outcomes.most_common()),
    }
    for name, value in rows.items():
        sys.stdout.write(f"{name:<40} {value}\n")
    return 1 if refused else 0


def call_until(options: argparse.Namespace, end: float) -> Counter[str]:
    """Recognise one image after the other in every thread until ``end``; return the requests by outcome."""
    client = boto3.client("dynamodb")
    limiter = DynamoDbRateLimiter(client, table=TABLE, priority=Priority.UPLOADS, rates={ACTION: options.rate})
    ocr = TencentOcr(
        site="intl",
        endpoints={Kind.MAINLAND_PERMIT: [Endpoint(host=options.caller, scheme="http")]},
        timeout_seconds=10,
        credentials=lambda **_: Credentials(
            Credential(LOCAL_CREDENTIALS.secret_id, LOCAL_CREDENTIALS.secret_key),
        ),
        limiter=limiter,
    )
    image = b"\xff\xd8\xff" + os.urandom(options.kilobytes * 1000)
    request = OcrRequest(kind=Kind.MAINLAND_PERMIT, side=Side.FRONT, return_portrait=False, content=image)

    def call_in_turn(_thread: int) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        while time.monotonic() < end:
            try:
                ocr.recognize(request, deadline=time.monotonic() + 30)
                outcomes["OK"] += 1
            except PermitOcrError as error:
                outcomes[error.code] += 1
                time.sleep(0.2)
        return outcomes

    with ThreadPoolExecutor(options.threads) as threads:
        return sum(threads.map(call_in_turn, range(options.threads)), Counter())


def _run_callers(options: argparse.Namespace, *, aws: str, host: str) -> Counter[str]:
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": aws,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    command = [sys.executable, "-m", "bench.scaling.quota", *sys.argv[1:], f"--caller={host}"]
    callers = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(options.processes)
    ]
    outcomes: Counter[str] = Counter()
    for caller in callers:
        printed, _ = caller.communicate()
        outcomes += Counter(json.loads(printed.splitlines()[-1]))
    return outcomes


@contextmanager
def _dynamodb() -> Iterator[str]:
    """Yield the URL of a DynamoDB that has the limiter's table."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", f"--port={port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_ready(process, lambda: httpx.get(f"{url}/moto-api/").is_success)
        boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        ).create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield url
    finally:
        process.terminate()
        process.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=float, default=18.0, help="calls a second of the rate limiter")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--kilobytes", type=int, default=300, help="size of each image")
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--threads", type=int, default=10, help="in each process, as many as a batch has documents")
    parser.add_argument("--caller", help=argparse.SUPPRESS)  # the provider's host; makes calls instead of measuring
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
