"""Verifies JSON Web Tokens as the JWT authorizer of an HTTP API does.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
PyJWT parses tokens and verifies signature and issuer. Audience and times are checked here: API Gateway accepts
``client_id`` in place of ``aud``, and PyJWT has no clock that a test could set.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import httpx
import jwt

from sandbox.template.routes import JwtConfiguration

if TYPE_CHECKING:
    from jwt.types import Options

type Json = dict[str, Any]

_ALGORITHMS: Final = ("RS256", "RS384", "RS512")
"""API Gateway accepts only RSA-based algorithms."""
_CHECKED_HERE: Final["Options"] = {
    "verify_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_jti": False,
    "verify_nbf": False,
    "verify_sub": False,
}
_DISCOVERY_PATH: Final = "/.well-known/openid-configuration"
_FETCH_SECONDS: Final = 5.0


class UnauthorizedError(Exception):
    """The token is not valid for this API. The message gives the reason, and nothing from the token."""


def fetch(url: str) -> Json:
    """Return the JSON object at ``url``. Raises ``UnauthorizedError``: without the issuer's keys, no token is valid."""
    try:
        document = httpx.get(url, timeout=_FETCH_SECONDS).raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        raise UnauthorizedError("the issuer's keys cannot be fetched") from None
    if not isinstance(document, dict):
        raise UnauthorizedError("the issuer's keys cannot be fetched")
    return document


class JwtAuthorizer:
    """Verifies tokens; an issuer's keys are cached, and fetched again when a token names an unknown key."""

    def __init__(self, fetch: Callable[[str], Json] = fetch, clock: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, dict[str, Json]] = {}

    def verify(self, authorization: str, configuration: JwtConfiguration) -> Json:
        """Return the claims of the token in an ``Authorization`` header. Raises ``UnauthorizedError``; may block."""
        scheme, _, rest = authorization.partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else authorization
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError):
            raise UnauthorizedError("the token is not a JSON Web Token") from None
        if header.get("alg") not in _ALGORITHMS:
            raise UnauthorizedError(f"the token's algorithm is not one of {', '.join(_ALGORITHMS)}")
        key = self._key(str(header.get("kid")), configuration.issuer)
        try:
            public_key = jwt.PyJWK({name: key[name] for name in ("kty", "n", "e")}, header["alg"])
            claims: Json = jwt.decode(
                token, public_key, algorithms=_ALGORITHMS, issuer=configuration.issuer, options=_CHECKED_HERE
            )
        except (jwt.InvalidIssuerError, jwt.MissingRequiredClaimError):
            raise UnauthorizedError("the token is from another issuer") from None
        except (jwt.PyJWTError, KeyError, ValueError, RecursionError):
            raise UnauthorizedError("the token's signature is not its issuer's") from None
        self._check_claims(claims, configuration)
        return claims

    def _key(self, kid: str, issuer: str) -> Json:
        if kid not in self._keys.get(issuer, {}):
            metadata = self._fetch(issuer.rstrip("/") + _DISCOVERY_PATH)
            listed = self._fetch(str(metadata.get("jwks_uri"))).get("keys")
            keys = [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []
            self._keys[issuer] = {str(key.get("kid")): key for key in keys if key.get("kty") == "RSA"}
        if kid not in self._keys[issuer]:
            raise UnauthorizedError("the token's key is not one of its issuer's")
        return self._keys[issuer][kid]

    def _check_claims(self, claims: Json, configuration: JwtConfiguration) -> None:
        now = self._clock()
        claimed = claims.get("aud", claims.get("client_id"))
        audience = claimed if isinstance(claimed, list) else [claimed]
        if not set(configuration.audience).intersection(one for one in audience if isinstance(one, str)):
            raise UnauthorizedError("the token is for another audience")
        if not _is_time(claims.get("exp")) or claims["exp"] <= now:
            raise UnauthorizedError("the token has expired")
        for name in ("nbf", "iat"):
            if name in claims and not (_is_time(claims[name]) and claims[name] <= now):
                raise UnauthorizedError("the token is not valid yet")


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
