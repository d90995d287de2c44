"""The troubles with the alarms that they have to set off.

A group of troubles that do not disturb each other shares a sandbox.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

from bench.alarms import troubles
from bench.alarms.troubles import FAST, killed, upload, waiting
from bench.environment.running_sandbox import RunningSandbox, running_sandbox

HOUR: Final = 3600
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is done, and the alarms that have to fire."""

    description: str
    cause: Callable[[RunningSandbox], object]
    alarms: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Troubles with the options of their sandbox."""

    troubles: Sequence[Trouble]
    provider: Sequence[str] = FAST
    parameters: Mapping[str, str] | None = None
    webhook_status: int | None = None
    """What the webhook receiver responds with; None if there are no webhooks."""
    account_concurrency: int | None = None
    is_tested: bool = False
    """Whether the test suite causes them as well; all of them would take it too long."""


@contextmanager
def sandbox_of(group: Group) -> Iterator[RunningSandbox]:
    """Run the sandbox of a group, and its webhook receiver, during the ``with`` block."""
    with _webhook_receiver(group.webhook_status or 0) as url:
        webhooks = {"WebhookUrl": url, "WebhookSecret": "webhook"} if group.webhook_status else {}
        parameters = [f"{name}={value}" for name, value in {**webhooks, **(group.parameters or {})}.items()]
        with running_sandbox(
            *group.provider, parameters=parameters, account_concurrency=group.account_concurrency
        ) as sandbox:
            yield sandbox


@contextmanager
def _webhook_receiver(status: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


GROUPS: Final = (
    Group(
        troubles=[
            Trouble(
                "the functions' logs do not arrive",
                troubles.lost_logs,
                [f"{function}MetricsMissingAlarm" for function in ("Uploads", "Images", "Api", "Webhooks")],
            )
        ],
        webhook_status=204,
    ),
    Group(
        troubles=[Trouble("the provider is unreachable", troubles.unreachable_provider, ["UploadsFailingAlarm"])],
        is_tested=True,
    ),
    Group(
        troubles=[
            Trouble("DynamoDB is denied", troubles.denied_table, ["UploadsFailingAlarm", "ApiServerErrorsAlarm"])
        ],
        is_tested=True,
    ),
    Group(troubles=[Trouble("the audit trail is denied", troubles.denied_audit_trail, ["UploadsFailingAlarm"])]),
    Group(
        troubles=[
            Trouble(
                "the key's policy denies the functions",
                troubles.denied_key,
                ["UploadsFailingAlarm", "ImagesFailingAlarm"],
            )
        ]
    ),
    Group(
        troubles=[
            Trouble(
                "an event source mapping may not receive",
                troubles.not_polled,
                ["IntakeStalledAlarm", "ImagesStalledAlarm"],
            ),
            Trouble(
                "a file has waited for 15 minutes to be converted",
                waiting("-images", HOUR // 4, troubles.convert),
                ["ImagesAgeAlarm"],
            ),
        ]
    ),
    Group(
        troubles=[
            Trouble(
                "the provider refuses the account",
                troubles.upload_both_kinds,
                ["MainlandPermitCircuitAlarm", "ResidencePermitCircuitAlarm"],
            )
        ],
        provider=(*FAST, "--fault=ResourceUnavailable.InArrears=1"),
        is_tested=True,
    ),
    Group(
        troubles=[
            Trouble("the provider's quota is used elsewhere", upload, ["QuotaExceededAlarm"]),
            Trouble(
                "an upload has waited for the quota for 15 minutes",
                waiting("-intake", HOUR // 4, upload),
                ["IntakeAgeAlarm"],
            ),
        ],
        provider=(*FAST, "--fault=RequestLimitExceeded=1"),
    ),
    Group(
        troubles=[Trouble("the provider withdraws an action", upload, ["ActionWithdrawnAlarm"])],
        provider=(*FAST, "--fault=InvalidAction=1"),
    ),
    Group(
        troubles=[
            Trouble("a message cannot be parsed", troubles.unreadable_message, ["DeadLetterAlarm"]),
            Trouble("four files are no photos", troubles.many_rejections, ["RejectionsAlarm"]),
            Trouble("six calls are made", troubles.many_calls, ["SpendAlarm"]),
            Trouble("nobody has read a result for a day", waiting("-results.", DAY, upload), ["ResultsAgeAlarm"]),
        ],
        parameters={"RejectionsPerHourAlarm": "3", "CallsPerDayAlarm": "5"},
    ),
    Group(troubles=[Trouble("the consumer fails on a result", troubles.failing_consumer, ["ResultsDeadLetterAlarm"])]),
    Group(
        troubles=[
            Trouble("the uploads function dies", killed("UploadsFunction", upload), ["UploadsErrorsAlarm"]),
            Trouble("the images function dies", killed("ImagesFunction", troubles.convert), ["ImagesErrorsAlarm"]),
            Trouble("the API function dies", killed("ApiFunction", troubles.request_recognition), ["ApiErrorsAlarm"]),
            Trouble("the webhooks function dies", killed("WebhooksFunction", upload), ["WebhooksErrorsAlarm"]),
            Trouble("the reminders function dies", killed("ExpiryFunction", lambda _: None), ["RemindersFailingAlarm"]),
        ],
        parameters={"ExpiryNoticeDays": "30"},
        webhook_status=204,
    ),
    Group(
        troubles=[Trouble("the account's concurrency is used up", troubles.more_than_the_quota, ["ThrottlesAlarm"])],
        account_concurrency=1,
    ),
    Group(
        troubles=[
            Trouble("the webhook receiver refuses", upload, ["WebhooksFailingAlarm"]),
            Trouble(
                "a webhook has not been delivered for an hour",
                waiting("-webhooks.", HOUR, upload),
                ["WebhookAgeAlarm"],
            ),
        ],
        webhook_status=503,
    ),
    Group(
        troubles=[Trouble("the webhook receiver is gone (410)", upload, ["WebhookDeadLetterAlarm"])], webhook_status=410
    ),
    Group(
        troubles=[Trouble("the webhook mapping may not receive", troubles.not_delivered, ["WebhooksStalledAlarm"])],
        webhook_status=204,
    ),
    Group(
        troubles=[Trouble("the webhook secret cannot be read", troubles.no_webhook_secret, ["WebhookSecretAlarm"])],
        webhook_status=204,
    ),
)
NOT_CAUSED: Final = {
    "ReviewAgeAlarm": "an hour of waiting at least",
    "RemindersLateAlarm": "missing data breaches, so a sandbox would have to run for 15 minutes before",
}
"""Alarms whose trouble is not caused in a sandbox, and why; their timing is computed by a test."""
