"""JSON Web Tokens, judged as the JWT authorizer of an HTTP API does.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

import base64
import binascii
import json
import time
from collections.abc import Callable
from typing import Any, Final

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from sandbox.template import JwtAuthorizer

type Json = dict[str, Any]

_HASHES: Final[dict[str, Callable[[], HashAlgorithm]]] = {"RS256": SHA256, "RS384": SHA384, "RS512": SHA512}
"""API Gateway takes RSA's algorithms only."""
_PARTS: Final = 3
_DISCOVERY: Final = "/.well-known/openid-configuration"
_FETCH_SECONDS: Final = 5.0


class UnauthorizedError(Exception):
    """The token is none, or is not good for this API. Its text says why, and nothing of the token."""


def fetch(url: str) -> Json:
    """Return the JSON object at ``url``. Raises ``UnauthorizedError`` if it cannot be had: nobody gets in then."""
    try:
        said = httpx.get(url, timeout=_FETCH_SECONDS).raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        raise UnauthorizedError("the issuer's keys cannot be had") from None
    if not isinstance(said, dict):
        raise UnauthorizedError("the issuer's keys cannot be had")
    return said


class Tokens:
    """Judges the tokens of issuers; their keys are fetched again when a token names one that is not known."""

    def __init__(self, fetch: Callable[[str], Json] = fetch, clock: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, dict[str, Json]] = {}

    def claims(self, authorization: str, authorizer: JwtAuthorizer) -> Json:
        """Return the claims of the token in an ``Authorization`` header. Raises ``UnauthorizedError``; may block."""
        scheme, _, rest = authorization.partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else authorization
        parts = token.split(".")
        if len(parts) != _PARTS:
            raise UnauthorizedError("the token is no JSON Web Token")
        header, claims = _json(parts[0]), _json(parts[1])
        self._verify(header, ".".join(parts[:2]).encode("ascii", "replace"), _bytes(parts[2]), authorizer.issuer)
        self._judge(claims, authorizer)
        return claims

    def _verify(self, header: Json, signed: bytes, signature: bytes, issuer: str) -> None:
        algorithm = _HASHES.get(str(header.get("alg")))
        if algorithm is None:
            raise UnauthorizedError("the token's algorithm is none of RS256, RS384 and RS512")
        key = self._key(str(header.get("kid")), issuer)
        try:
            numbers = RSAPublicNumbers(e=_number(key["e"]), n=_number(key["n"]))
            numbers.public_key().verify(signature, signed, PKCS1v15(), algorithm())
        except (KeyError, ValueError, InvalidSignature):
            raise UnauthorizedError("the token's signature is not its issuer's") from None

    def _key(self, kid: str, issuer: str) -> Json:
        if kid not in self._keys.get(issuer, {}):
            where = self._fetch(issuer.rstrip("/") + _DISCOVERY)
            said = self._fetch(str(where.get("jwks_uri"))).get("keys")
            keys = [key for key in said if isinstance(key, dict)] if isinstance(said, list) else []
            self._keys[issuer] = {str(key.get("kid")): key for key in keys if key.get("kty") == "RSA"}
        if kid not in self._keys[issuer]:
            raise UnauthorizedError("the token's key is none of its issuer's")
        return self._keys[issuer][kid]

    def _judge(self, claims: Json, authorizer: JwtAuthorizer) -> None:
        now = self._clock()
        named = claims.get("aud", claims.get("client_id"))
        audience = named if isinstance(named, list) else [named]
        if claims.get("iss") != authorizer.issuer:
            raise UnauthorizedError("the token is another issuer's")
        if not set(authorizer.audience).intersection(one for one in audience if isinstance(one, str)):
            raise UnauthorizedError("the token is for another audience")
        if not _is_time(claims.get("exp")) or claims["exp"] <= now:
            raise UnauthorizedError("the token has expired")
        for name in ("nbf", "iat"):
            if name in claims and not (_is_time(claims[name]) and claims[name] <= now):
                raise UnauthorizedError("the token is not valid yet")


def _is_time(said: object) -> bool:
    return isinstance(said, int | float) and not isinstance(said, bool)


def _bytes(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise UnauthorizedError("the token is no JSON Web Token") from None


def _json(part: str) -> Json:
    try:
        said = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        raise UnauthorizedError("the token is no JSON Web Token") from None
    if not isinstance(said, dict):
        raise UnauthorizedError("the token is no JSON Web Token")
    return said


def _number(part: object) -> int:
    return int.from_bytes(_bytes(str(part)))
