"""Who sent a request to the API, as API Gateway has verified it."""

import re
from collections.abc import Mapping
from typing import Any, Final

UNKNOWN: Final = "unknown"
"""A request that no authorizer of API Gateway has verified, such as one to a REST API with only a resource policy."""


def caller_of(event: Mapping[str, Any]) -> str:
    """Return who sent a request: the ARN of an IAM identity, or ``ISSUER subject SUBJECT`` of a token.

    Both payload formats are supported. A token without a subject is named by its ``client_id``.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    context: Mapping[str, Any] = event.get("requestContext") or {}
    authorizer: Mapping[str, Any] = context.get("authorizer") or {}
    arn = (authorizer.get("iam") or {}).get("userArn") or (context.get("identity") or {}).get("userArn")
    if arn:
        return str(arn)
    claims = _claims(authorizer)
    if subject := claims.get("sub"):
        return f"{claims.get('iss', '')} subject {subject}".strip()
    if client := claims.get("client_id"):
        return f"{claims.get('iss', '')} client {client}".strip()
    return str(authorizer.get("principalId") or UNKNOWN)


def scopes_of(event: Mapping[str, Any]) -> frozenset[str]:
    """Return the scopes of a request's token, from its claims ``scope`` and ``scp``; none without a token.

    API Gateway passes every claim on as text, a list as ``[read review]``.
    """
    claims = _claims((event.get("requestContext") or {}).get("authorizer") or {})
    return frozenset(re.findall(r'[^\s,"\[\]]+', f"{claims.get('scope', '')} {claims.get('scp', '')}"))


def _claims(authorizer: Mapping[str, Any]) -> Mapping[str, Any]:
    return (authorizer.get("jwt") or authorizer).get("claims") or {}
