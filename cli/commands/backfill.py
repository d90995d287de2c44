"""``permit-ocr backfill``: queue objects that were in the bucket before its notifications were set up."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote_plus

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cli.deployment import Deployment, DeploymentNotFound, find_deployment
from cli.error_messages import message_of
from cli.messages import MessageConsole
from cli.options import Stack
from cli.quantities import quantity
from cli.queue_messages import REQUEST_LIMIT, send_messages
from permit_ocr.entrypoints.upload_events import is_folder

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectVersionTypeDef

_SENDERS: Final = 8
_SCHEME: Final = "s3://"


class MessagesRejected(Exception):
    """The intake queue rejected messages despite retries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPosition:
    """S3's key and version markers in a listing; empty at the beginning."""

    key: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a listing: the objects to queue, and the position of the next page (None: no more pages)."""

    objects: "Sequence[ObjectVersionTypeDef]"
    next: ListingPosition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillState:
    """The progress of a run: ``queued`` objects, and the position it has reached (None: the end)."""

    position: ListingPosition | None
    queued: int


def backfill(
    address: Annotated[str, typer.Argument(metavar="s3://BUCKET/PREFIX", help="Where the objects are.")],
    stack: Stack = None,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Progress file. Default: in your configuration directory."),
    ] = None,
) -> None:
    """Queue the objects that are already in the bucket.

    Sends the same message for the latest version of each object as S3 would have sent. Objects processed within
    KeepDays, a parameter of the deployment, are therefore neither paid for nor published again. If it is stopped, the
    next run resumes and repeats at most the last thousand objects.

    Exit status: 0 if every object was queued, 1 if it stopped early (run it again), 2 if it could not start.

    Example: permit-ocr backfill s3://permit-ocr-111122223333-0a1b2c/uploads/2025/ --stack permit-ocr
    """
    stderr = MessageConsole("backfill")
    try:
        deployment = find_deployment(stack)
        prefix = _prefix(address, deployment)
        file = state or _state_file(deployment.upload_bucket, prefix)
        start = _load(file)
    except (DeploymentNotFound, ClientError, BotoCoreError, OSError, ValueError) as error:
        stderr.fail(message_of(error), status=2)
    if start.queued:
        stderr.message(f"resuming after {quantity(start.queued, 'object')} (delete {file} to start over)")
    try:
        queued = _enqueue(deployment, prefix, start, file, stderr)
    except (MessagesRejected, ClientError, BotoCoreError, OSError) as error:
        stderr.fail(f"{message_of(error)}; run the command again to resume", status=1)
    file.unlink(missing_ok=True)
    stderr.message(f"queued {quantity(queued, 'object')}")


def _enqueue(deployment: Deployment, prefix: str, start: BackfillState, file: Path, console: Console) -> int:
    columns = (TextColumn("queueing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None, completed=start.queued)
        # The bar starts before the total is known.
        _count_in_thread(deployment, prefix, start, lambda total: progress.update(task, total=total))
        done = start
        for done in enqueue(deployment, prefix, start):
            if done.position:
                _save(file, done.position, done.queued)
            progress.update(task, completed=done.queued)
    return done.queued


def enqueue(deployment: Deployment, prefix: str, start: BackfillState) -> Iterator[BackfillState]:
    """Queue the objects under ``prefix`` and yield the progress after each page.

    Raises ``MessagesRejected`` and botocore's errors.
    """
    queued = start.queued
    with ThreadPoolExecutor(_SENDERS, thread_name_prefix="send") as senders:

        def send(bodies: Sequence[str]) -> list[bool]:
            return send_messages(deployment.sqs, deployment.intake_queue_url, bodies)

        for page in pages(deployment.s3, bucket=deployment.upload_bucket, prefix=prefix, after=start.position):
            bodies = [
                upload_event(version, bucket=deployment.upload_bucket, region=deployment.s3.meta.region_name)
                for version in page.objects
            ]
            requests = [bodies[first : first + REQUEST_LIMIT] for first in range(0, len(bodies), REQUEST_LIMIT)]
            if rejected := sum(accepted.count(False) for accepted in senders.map(send, requests)):
                raise MessagesRejected(f"the intake queue rejected {quantity(rejected, 'message')}")
            queued += len(bodies)
            yield BackfillState(position=page.next, queued=queued)


def pages(s3: "S3Client", *, bucket: str, prefix: str, after: ListingPosition | None = None) -> Iterator[Page]:
    """Yield pages of the objects to queue: latest versions, without folder markers and deleted objects."""
    position: ListingPosition | None = after or ListingPosition()
    while position is not None:
        markers = {"KeyMarker": position.key, "VersionIdMarker": position.version}
        given = {name: value for name, value in markers.items() if value}
        listed = s3.list_object_versions(Bucket=bucket, Prefix=prefix, **given)  # type: ignore[arg-type]
        objects = [
            version
            for version in listed.get("Versions", [])
            if version["IsLatest"] and not is_folder(version["Key"], size=version["Size"])
        ]
        position = None
        if listed.get("IsTruncated"):
            position = ListingPosition(key=listed["NextKeyMarker"], version=listed.get("NextVersionIdMarker", ""))
        yield Page(objects=objects, next=position)


def upload_event(version: "ObjectVersionTypeDef", *, bucket: str, region: str) -> str:
    """Return the message that S3 would have sent for this object.

    It contains the version: without one, the document would get another id and be published a second time.
    """
    stored = {
        "key": quote_plus(version["Key"], safe="/"),
        "size": version["Size"],
        "eTag": version["ETag"].strip('"'),
        "versionId": version["VersionId"],  # "null" in a bucket without versioning, as in S3's own events
    }
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": f"{version['LastModified']:%Y-%m-%dT%H:%M:%S}.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": bucket}, "object": stored},
    }
    return json.dumps({"Records": [record]}, separators=(",", ":"))


def _count_in_thread(
    deployment: Deployment, prefix: str, start: BackfillState, report: Callable[[int], object]
) -> None:
    """Count the objects in a separate thread, since listing is much faster than sending."""

    def count() -> None:
        try:
            listed = pages(deployment.s3, bucket=deployment.upload_bucket, prefix=prefix, after=start.position)
            report(start.queued + sum(len(page.objects) for page in listed))
        except (ClientError, BotoCoreError):
            return  # sending fails in the same way and reports it

    threading.Thread(target=count, name="count", daemon=True).start()


def _prefix(address: str, deployment: Deployment) -> str:
    """Return the prefix to list, limited to what the uploads function can read.

    Raises ``ValueError``.
    """
    readable = f"{_SCHEME}{deployment.upload_bucket}/{deployment.upload_prefix}"
    bucket, _, prefix = address.removeprefix(_SCHEME).partition("/")
    if not address.startswith(_SCHEME) or not bucket:
        raise ValueError(f"{address}: must be {_SCHEME}BUCKET/PREFIX, such as {readable}")
    if bucket != deployment.upload_bucket:
        raise ValueError(f"{_SCHEME}{bucket}: the deployment reads only the bucket {_SCHEME}{deployment.upload_bucket}")
    if deployment.upload_prefix.startswith(prefix):
        return deployment.upload_prefix
    if not prefix.startswith(deployment.upload_prefix):
        raise ValueError(f"{address}: the deployment reads only objects under {readable}")
    return prefix


def _state_file(bucket: str, prefix: str) -> Path:
    # Hashed, because the prefix may contain a person's name.
    name = f"backfill-{sha256(f'{bucket}/{prefix}'.encode()).hexdigest()[:16]}.json"
    return Path(typer.get_app_dir("permit-ocr")) / name


def _load(file: Path) -> BackfillState:
    """Return the state of the previous run, or an initial one. Raises ``OSError`` or ``ValueError``."""
    try:
        saved: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return BackfillState(
            position=ListingPosition(key=saved["key"], version=saved["version"]), queued=int(saved["queued"])
        )
    except FileNotFoundError:
        return BackfillState(position=ListingPosition(), queued=0)
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{file}: not a valid backfill state; delete it to start over") from None


def _save(file: Path, position: ListingPosition, queued: int) -> None:
    """Replace the file atomically. Only its owner may read it, since keys may contain personal data."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.new")
    saved = {"key": position.key, "version": position.version, "queued": queued}
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(saved, out)
    new.replace(file)
