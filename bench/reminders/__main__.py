"""Reminders: a measured run in the sandbox with kills, and the model of a million due cards.

    .venv/bin/python -m bench.reminders --cards 50000

On each day 500 of the cards are due: moto reads the whole table for every page, so with more of them it would be moto
that is measured. Those of a day are stored as if they had been read before, then the sandbox's date becomes that day.
The function process is killed ``--kills`` times while it sends; its lease is then ended, as time would. Exit status: 0
if each card got exactly one reminder.
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
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from bench import markdown
from bench.environment.lambda_emulator import cpu_clock
from bench.environment.running_sandbox import RunningSandbox, running_sandbox
from bench.environment.watched_cards import fill_with_cards, remove_cards
from bench.reminders.model import modelled
from permit_ocr.domain.identity import reminder_id

NOTICE: Final = 30
FIRST_DAY: Final = date(2036, 1, 1)
READ_ON: Final = FIRST_DAY - timedelta(days=1)
CARDS_A_DAY: Final = 500
_RECEIVES_BETWEEN_LOOKS: Final = 10


@dataclass(slots=True, kw_only=True)
class Run:
    """A run, and what was measured so far."""

    sandbox: RunningSandbox
    deadline: float
    wanted: set[str] = field(default_factory=set)
    received: Counter[str] = field(default_factory=Counter)
    killed: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    megabytes: int = 0

    def send_day(self, day: date, cards: int, *, kills_by_now: int) -> None:
        """Store the cards of a day, let their reminders be sent, and delete them, as their time to live would."""
        last_day = day + timedelta(days=NOTICE)
        documents = fill_with_cards(self.sandbox, cards, last_day=last_day, watched_on=READ_ON)
        wanted = {reminder_id(document=one, valid_until=last_day, notice=NOTICE) for one in documents}
        started, before = time.monotonic(), self._processor_seconds()
        self._set_today(f"{day}")
        while not wanted <= self.received.keys() and time.monotonic() < self.deadline:
            for _ in range(_RECEIVES_BETWEEN_LOOKS):
                _receive(self.sandbox, self.received)
            self.megabytes = max([self.megabytes, *map(_megabytes, self._processes())])
            if self.killed < kills_by_now and len(wanted & self.received.keys()) > cards // 3:
                self._kill(day)
        self.seconds += time.monotonic() - started
        self.processor_seconds += max(self._processor_seconds() - before, 0.0)  # less after a kill
        self.wanted |= wanted
        remove_cards(self.sandbox, documents)

    def _kill(self, day: date) -> None:
        for process in self._processes():
            os.kill(process, signal.SIGKILL)
        self.killed += 1
        self.sandbox.dynamodb.update_item(
            TableName=self.sandbox.endpoints["expiries_table"],
            Key={"id": {"S": "progress"}},
            UpdateExpression="SET lease_until = :past",
            ExpressionAttributeValues={":past": {"N": "0"}},
        )
        self._set_today(f"{day}\n")  # the schedule's next time

    def _processes(self) -> list[int]:
        return self.sandbox.function_processes("ExpiryFunction")

    def _processor_seconds(self) -> float:
        return sum(time.clock_gettime(cpu_clock(process)) for process in self._processes())

    def _set_today(self, text: str) -> None:
        Path(self.sandbox.endpoints["today_file"]).write_text(text)


def run(sandbox: RunningSandbox, *, cards: int, kills: int, timeout_seconds: float) -> dict[str, float]:
    """Let the reminders of all days be sent, and return what was measured."""
    measured = Run(sandbox=sandbox, deadline=time.monotonic() + timeout_seconds)
    days = max(cards // CARDS_A_DAY, 1)
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        measured.send_day(day, cards // days, kills_by_now=kills * (number + 1) // days)
    for _ in range(_RECEIVES_BETWEEN_LOOKS):  # what was sent twice arrives, too
        _receive(sandbox, measured.received)
    return {
        "cards due": len(measured.wanted),
        "function processes killed": measured.killed,
        "reminders received": len(measured.received.keys() & measured.wanted),
        "lost": len(measured.wanted - measured.received.keys()),
        "duplicates": sum(count - 1 for count in measured.received.values()),
        "other events": len(measured.received.keys() - measured.wanted),
        "seconds until they were received": round(measured.seconds),
        "processor seconds of the function": round(measured.processor_seconds),
        "most memory of a function process, MB": measured.megabytes,
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
