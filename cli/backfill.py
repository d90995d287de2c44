"""``permit-ocr backfill``: objects that were in the bucket before anyone listened."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn
from urllib.parse import quote_plus

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cli.deployment import Deployment, NoDeployment, sandbox_deployment, stack_deployment
from cli.queue_messages import REQUEST_LIMIT, send_messages
from permit_ocr.entrypoints.upload_events import is_folder

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectVersionTypeDef

_SENDERS: Final = 8
_SCHEME: Final = "s3://"


class NotTaken(Exception):
    """The intake queue did not take some messages, however often they were sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a listing has come, as S3 says it; empty at its beginning."""

    key: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a listing: the objects to announce, and where the next part begins (None: nowhere)."""

    objects: "Sequence[ObjectVersionTypeDef]"
    next: Mark | None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a run has done: ``announced`` objects, everything up to ``mark`` (None: to the end)."""

    mark: Mark | None
    announced: int


def backfill(
    address: Annotated[str, typer.Argument(metavar="s3://BUCKET/PREFIX", help="Where the objects are.")],
    stack: Annotated[str | None, typer.Option(help="A deployed stack; without it the sandbox running here.")] = None,
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to note how far it came; by default among your settings.")
    ] = None,
) -> None:
    """Put objects that are in the bucket already on the intake queue.

    The newest version of each, as S3 itself would have announced it, so that one that was processed in the last days
    (the parameter KeepDays) is neither paid for nor published again. Stopped at any moment, the next run goes on after
    the last thousand it had announced.

    Exit status: 0 if every object was announced, 1 if it ended before (run it again), 2 if it could not begin.

    Example: permit-ocr backfill s3://permit-ocr-111122223333-0a1b2c/uploads/2025/ --stack permit-ocr
    """
    stderr = Console(stderr=True)
    try:
        deployment = stack_deployment(stack) if stack else sandbox_deployment()
        prefix = _prefix(address, deployment)
        file = state or _state_file(deployment.upload_bucket, prefix)
        begun = _load(file)
    except (NoDeployment, ClientError, BotoCoreError, OSError, ValueError) as error:
        _fail(stderr, str(error), status=2)
    if begun.announced:
        stderr.print(
            f"going on after {begun.announced} objects (delete {file} to begin anew)", highlight=False, soft_wrap=True
        )
    try:
        announced = _announce(deployment, prefix, begun, file, stderr)
    except (NotTaken, ClientError, BotoCoreError, OSError) as error:
        _fail(stderr, f"{error}; run it again: it goes on where it was", status=1)
    file.unlink(missing_ok=True)
    stderr.print(f"announced {announced} objects", highlight=False)


def _announce(deployment: Deployment, prefix: str, begun: State, file: Path, console: Console) -> int:
    columns = (TextColumn("announcing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None, completed=begun.announced)
        _count_beside(
            deployment, prefix, begun, lambda total: progress.update(task, total=total)
        )  # the bar moves before the total is known
        done = begun
        for done in announce(deployment, prefix, begun):
            if done.mark:
                _save(file, done.mark, done.announced)
            progress.update(task, completed=done.announced)
    return done.announced


def announce(deployment: Deployment, prefix: str, begun: State) -> Iterator[State]:
    """Announce the objects under ``prefix``, and yield after each page how far it came.

    Raises ``NotTaken`` and botocore's errors.
    """
    announced = begun.announced
    with ThreadPoolExecutor(_SENDERS, thread_name_prefix="send") as senders:

        def send(bodies: Sequence[str]) -> list[bool]:
            return send_messages(deployment.sqs, deployment.intake_queue_url, bodies)

        for page in pages(deployment.s3, bucket=deployment.upload_bucket, prefix=prefix, after=begun.mark):
            bodies = [
                announcement(version, bucket=deployment.upload_bucket, region=deployment.s3.meta.region_name)
                for version in page.objects
            ]
            requests = [bodies[start : start + REQUEST_LIMIT] for start in range(0, len(bodies), REQUEST_LIMIT)]
            if refused := sum(taken.count(False) for taken in senders.map(send, requests)):
                raise NotTaken(f"the intake queue did not take {refused} messages")
            announced += len(bodies)
            yield State(mark=page.next, announced=announced)


def pages(s3: "S3Client", *, bucket: str, prefix: str, after: Mark | None = None) -> Iterator[Page]:
    """Yield what is to be announced, page by page: the newest versions, without folder markers and deleted objects."""
    mark: Mark | None = after or Mark()
    while mark is not None:
        at = {name: value for name, value in (("KeyMarker", mark.key), ("VersionIdMarker", mark.version)) if value}
        listed = s3.list_object_versions(Bucket=bucket, Prefix=prefix, **at)  # type: ignore[arg-type]
        objects = [
            version
            for version in listed.get("Versions", [])
            if version["IsLatest"] and not is_folder(version["Key"], size=version["Size"])
        ]
        mark = None
        if listed.get("IsTruncated"):
            mark = Mark(key=listed["NextKeyMarker"], version=listed.get("NextVersionIdMarker", ""))
        yield Page(objects=objects, next=mark)


def announcement(version: "ObjectVersionTypeDef", *, bucket: str, region: str) -> str:
    """Return the message S3 would have sent of this object.

    With its version: a document without one is another document, and would be published a second time.
    """
    stored = {
        "key": quote_plus(version["Key"], safe="/"),
        "size": version["Size"],
        "eTag": version["ETag"].strip('"'),
        "versionId": version["VersionId"],  # "null" in a bucket that never kept versions, as S3 names it
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


def _count_beside(deployment: Deployment, prefix: str, begun: State, tell: Callable[[int], object]) -> None:
    """Count what there is in a thread of its own: a listing alone is much faster than the sending beside it."""

    def count() -> None:
        try:
            listed = pages(deployment.s3, bucket=deployment.upload_bucket, prefix=prefix, after=begun.mark)
            tell(begun.announced + sum(len(page.objects) for page in listed))
        except (ClientError, BotoCoreError):
            return  # the sending meets the same trouble, and says it

    threading.Thread(target=count, name="count", daemon=True).start()


def _prefix(address: str, deployment: Deployment) -> str:
    """Return the prefix to list: the one in ``address``, but nothing that the uploads function could not read.

    Raises ``ValueError``.
    """
    readable = f"{_SCHEME}{deployment.upload_bucket}/{deployment.upload_prefix}"
    bucket, _, prefix = address.removeprefix(_SCHEME).partition("/")
    if not address.startswith(_SCHEME) or not bucket:
        raise ValueError(f"{address}: must be {_SCHEME}BUCKET/PREFIX, such as {readable}")
    if bucket != deployment.upload_bucket:
        raise ValueError(
            f"{_SCHEME}{bucket}: the deployment reads no other bucket than {_SCHEME}{deployment.upload_bucket}"
        )
    if deployment.upload_prefix.startswith(prefix):
        return deployment.upload_prefix
    if not prefix.startswith(deployment.upload_prefix):
        raise ValueError(f"{address}: the deployment reads nothing outside {readable}")
    return prefix


def _state_file(bucket: str, prefix: str) -> Path:
    # The name says nothing of the prefix, which may hold a name.
    name = f"backfill-{sha256(f'{bucket}/{prefix}'.encode()).hexdigest()[:16]}.json"
    return Path(typer.get_app_dir("permit-ocr")) / name


def _load(file: Path) -> State:
    """Return the state of the run before, or that of none. Raises ``OSError`` or ``ValueError``."""
    try:
        said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return State(mark=Mark(key=said["key"], version=said["version"]), announced=int(said["announced"]))
    except FileNotFoundError:
        return State(mark=Mark(), announced=0)
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{file}: is no state of a backfill; delete it to begin anew") from None


def _save(file: Path, mark: Mark, announced: int) -> None:
    """Replace the file at once, so that a kill leaves the old one or the new one. Only its owner may read the key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.new")
    said = {"key": mark.key, "version": mark.version, "announced": announced}
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(said, out)
    new.replace(file)


def _fail(console: Console, text: str, *, status: int) -> NoReturn:
    console.print(f"permit-ocr backfill: {text}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(status)
