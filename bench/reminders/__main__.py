"""Reminders of one day: a measured run in the sandbox with kills, and the model of a million due cards.

    .venv/bin/python -m bench.reminders --cards 50000

The cards are stored as if they had been read before. Then the sandbox's date is set to the day on which they are due,
and the function process is killed ``--kills`` times while it sends. Exit status: 0 if each card got exactly one
reminder.
"""

import argparse
import json
import os
import re
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from bench import markdown
from bench.environment.running_sandbox import RunningSandbox, running_sandbox
from bench.environment.watched_cards import fill_with_cards
from bench.reminders.model import modelled
from permit_ocr.domain.identity import reminder_id

NOTICE: Final = 30
LAST_DAY: Final = date(2036, 2, 2)
READ_ON: Final = LAST_DAY - timedelta(days=NOTICE + 5)
_RECEIVES_BETWEEN_LOOKS: Final = 50


def run(sandbox: RunningSandbox, *, cards: int, kills: int, timeout_seconds: float) -> dict[str, Any]:
    """Let the reminders of a day be sent, and return what was measured."""
    wanted = {
        reminder_id(document=document, valid_until=LAST_DAY, notice=NOTICE)
        for document in fill_with_cards(sandbox, cards, last_day=LAST_DAY, watched_on=READ_ON)
    }
    today = Path(sandbox.endpoints["today_file"])
    due = LAST_DAY - timedelta(days=NOTICE)
    started = time.monotonic()
    today.write_text(due.isoformat())
    killed, peak, sent_after = 0, 0, 0.0
    received: Counter[str] = Counter()
    while len(received) < len(wanted) and time.monotonic() - started < timeout_seconds:
        before = len(received)
        for _ in range(_RECEIVES_BETWEEN_LOOKS):
            _receive(sandbox, received)
        if len(received) > before:
            sent_after = time.monotonic() - started
        processes = sandbox.function_processes("ExpiryFunction")
        peak = max([peak, *map(_megabytes, processes)])
        if killed < kills and processes and len(received) > len(wanted) * (killed + 1) // (kills + 2):
            os.kill(processes[0], signal.SIGKILL)
            killed += 1
    for _ in range(_RECEIVES_BETWEEN_LOOKS):  # what was sent twice arrives, too
        _receive(sandbox, received)
    return {
        "cards due": cards,
        "function processes killed": killed,
        "reminders received": len(received.keys() & wanted),
        "lost": len(wanted - received.keys()),
        "duplicates": sum(count - 1 for count in received.values()),
        "other events": len(received.keys() - wanted),
        "seconds until the last reminder was received": round(sent_after),
        "most memory of a function process, MB": peak,
    }


def _receive(sandbox: RunningSandbox, received: Counter[str]) -> None:
    queue = sandbox.endpoints["results_queue_url"]
    messages = sandbox.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=0).get(
        "Messages", []
    )
    received.update(json.loads(message["Body"])["id"] for message in messages)
    if messages:
        entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages)]
        sandbox.sqs.delete_message_batch(QueueUrl=queue, Entries=entries)


def _megabytes(process: int) -> int:
    with suppress(OSError):
        status = Path(f"/proc/{process}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) // 1024
    return 0


def main() -> int:
    """Run, print both tables, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cards", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=3600.0, help="seconds to wait for the last reminder")
    parser.add_argument("--model", action="store_true", help="print only the model")
    arguments = parser.parse_args()
    sys.stdout.write(f"{modelled()}\n")
    if arguments.model:
        return 0
    parameters = [f"ExpiryNoticeDays={NOTICE}"]
    with running_sandbox(parameters=parameters, today=READ_ON) as sandbox:
        measured = run(sandbox, cards=arguments.cards, kills=arguments.kills, timeout_seconds=arguments.timeout)
    rows = [[name, f"{value:,}"] for name, value in measured.items()]
    sys.stdout.write(f"\n{markdown.table(['', ''], rows)}\n")
    return int(bool(measured["lost"] or measured["duplicates"] or measured["other events"]))


if __name__ == "__main__":
    sys.exit(main())
