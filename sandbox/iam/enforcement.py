"""WSGI middleware that refuses what the deployed policies do not allow, with AWS's responses.

Each function signs with a key of its own, which names its role. Keys without a role, such as that of the command line,
are the operator's and may do everything.
"""

import io
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.account import ACCOUNT_ID, REGION
from sandbox.errors import SandboxError
from sandbox.iam.policy import Call, Statement, is_allowed
from sandbox.iam.requests import AwsRequest, Needed, access_key, key_permissions, permissions, read_request

POLICIES_PATH: Final = "/sandbox/policies"
"""Where the sandbox puts the policies once the stack is deployed."""
_SECURE: Final = {"aws:SecureTransport": "true"}
"""Connections here are http, but never leave the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The deployed policies: of each role by its access key, and of each resource by its ARN."""

    roles: Mapping[str, list[Statement]] = field(default_factory=dict)
    resources: Mapping[str, list[Statement]] = field(default_factory=dict)
    encryption_keys: Mapping[str, str] = field(default_factory=dict)
    """The ARN of the account's key that a queue, table or bucket is encrypted with, by the ARN of that."""
    not_evaluated: tuple[str, ...] = ()
    """Roles with managed policies or a permissions boundary, whose statements are not known here."""

    def check(self, *, notifications: Iterable[tuple[str, str]], log_groups: Iterable[tuple[str, str]]) -> None:
        """Raise ``SandboxError`` if S3 may not notify a queue, or a function may not write its log.

        ``notifications`` are names of buckets with the ARNs of queues, ``log_groups`` the roles with names of groups.
        AWS makes these calls itself.
        """
        if self.not_evaluated:
            roles = ", ".join(self.not_evaluated)
            raise SandboxError(f"the sandbox evaluates no managed policies and permissions boundaries: {roles}")
        for bucket, queue in notifications:
            keys = {**_SECURE, "aws:SourceAccount": ACCOUNT_ID, "aws:SourceArn": f"arn:aws:s3:::{bucket}"}
            call = Call(principal="s3.amazonaws.com", action="sqs:SendMessage", resource=queue, keys=keys)
            if not is_allowed(call, resource=self.resources.get(queue, [])):
                raise SandboxError(f"the policy of {queue} does not allow S3 to send the notifications of {bucket}")
        for role, group in log_groups:
            arn = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group}:log-stream:any"
            for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
                if not self.allow(role, Needed(action=action, resource=arn)):
                    raise SandboxError(f"{role} does not allow {action} on its function's log group")

    def with_encryption(self, needed: Needed) -> list[Needed]:
        """Return a permission with those that it needs to use the key of what it is about."""
        owner = needed.resource.partition("/index/")[0]
        owner = owner.partition("/")[0] if needed.action.startswith("s3:") else owner
        key = self.encryption_keys.get(owner)
        return [needed, *(key_permissions(needed.action, key) if key else [])]

    def allow(self, key: str, needed: Needed) -> bool:
        """Return whether the role of an access key may do something. Raises ``SandboxError``."""
        call = Call(principal=key, action=needed.action, resource=needed.resource, keys={**_SECURE, **needed.keys})
        owner = needed.resource.partition("/")[0] if needed.action.startswith("s3:") else needed.resource
        return is_allowed(call, identity=self.roles[key], resource=self.resources.get(owner, []))


class IamEnforcement:
    """Checks nothing until it gets policies."""

    def __init__(self, application: Callable[..., Any], *, secret_arn: Callable[[str], str]) -> None:
        self._application = application
        self._secret_arn = secret_arn
        self._policies = Policies()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("PATH_INFO") == POLICIES_PATH:
            self._policies = Policies(**json.loads(environ["wsgi.input"].read()))
            start_response("200 OK", [])
            return [b""]
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        request = read_request(environ, body) if self._policies.roles else None
        key = access_key(request) if request else None
        if request is None or key is None or key not in self._policies.roles:
            return self._pass_on(environ, start_response)
        return self._checked_response(request, key, environ, start_response)

    def _checked_response(
        self, request: AwsRequest, key: str, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        try:
            needed = permissions(request, secret_arn=self._secret_arn)
            all_needed = [one for each in needed for one in self._policies.with_encryption(each)]
            denied = [one for one in all_needed if not self._policies.allow(key, one)]
        except SandboxError as error:
            logging.getLogger(__name__).error("%s", error)  # noqa: TRY400  the message is all there is to say
            return _refusal(request, start_response, "501 Not Implemented", "SandboxCannotCheck", str(error))
        if denied:
            message = f"User: {key} is not authorized to perform: {denied[0].action} on resource: {denied[0].resource}"
            return _refusal(request, start_response, "403 Forbidden", "AccessDenied", message)
        if self._hides_missing_objects(request, key, needed[0]):
            start_response = _without_not_found(start_response)
        return self._pass_on(environ, start_response)

    def _pass_on(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        response: Iterable[bytes] = self._application(environ, start_response)
        return response

    def _hides_missing_objects(self, request: AwsRequest, key: str, needed: Needed) -> bool:
        """Return whether S3 answers 403 in place of 404: to whom may not list the bucket."""
        if request.method not in {"GET", "HEAD"} or not needed.action.startswith("s3:GetObject"):
            return False
        bucket = needed.resource.partition("/")[0]
        return not self._policies.allow(key, Needed(action="s3:ListBucket", resource=bucket, keys={"s3:prefix": ""}))


def _without_not_found(start_response: Callable[..., Any]) -> Callable[..., Any]:
    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:  # noqa: ANN401  WSGI's
        return start_response("403 Forbidden" if status.startswith("404") else status, headers, *more)

    return start


def _refusal(
    request: AwsRequest, start_response: Callable[..., Any], status: str, code: str, message: str
) -> list[bytes]:
    if "x-amz-target" in request.headers:
        is_dynamodb = request.headers["x-amz-target"].startswith("DynamoDB_")
        name = "AccessDeniedException" if code == "AccessDenied" and is_dynamodb else code
        start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-errortype", name)])
        return [json.dumps({"__type": name, "message": message}).encode()]
    start_response(status, [("Content-Type", "application/xml")])
    if request.method == "HEAD":
        return [b""]
    return [f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()]
