"""The signature, verified with the provider's published examples."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.wire.tc3 import Authorization, SignedRequest, canonical_request, signature, string_to_sign, verify
from tests.unit.recognizer.wire.signing import signed_call

TIMESTAMP = 1551113065
HASHED = "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
ASTERISKS = ("Gu5t9xGARNpq86cd98joQYCN3*******", "2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c")
EXAMPLE = ("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168")
PUBLISHED = SignedRequest(
    "POST",
    "",
    {"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com"},
    rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}',
    TIMESTAMP,
)
SIGNED = ("content-type", "host")


def authorization(of: str) -> Authorization:
    return Authorization("AKID", "2019-02-25", "cvm", SIGNED, of)


def test_the_published_canonical_request_hashes_to_the_published_value() -> None:
    assert sha256(canonical_request(PUBLISHED, SIGNED).encode()).hexdigest() == HASHED


@pytest.mark.parametrize(("key", "published"), [ASTERISKS, EXAMPLE])
def test_the_published_keys_make_the_published_signatures(key: str, published: str) -> None:
    text = string_to_sign(HASHED, timestamp=TIMESTAMP, date="2019-02-25", service="cvm")
    assert signature(key, text, date="2019-02-25", service="cvm") == published
    assert verify(PUBLISHED, authorization(published), key)


def test_published_keys_and_signatures_cannot_be_swapped() -> None:
    assert not verify(PUBLISHED, authorization(EXAMPLE[1]), ASTERISKS[0])


@pytest.mark.parametrize(
    "changed",
    [
        replace(PUBLISHED, method="GET"),
        replace(PUBLISHED, query="a=1"),
        replace(PUBLISHED, body=b"{}"),
        replace(PUBLISHED, timestamp=TIMESTAMP + 1),
        replace(PUBLISHED, headers={**PUBLISHED.headers, "host": "cvm.tencentcloudapi.com:80"}),
        replace(PUBLISHED, headers={**PUBLISHED.headers, "content-type": "application/json"}),
        replace(PUBLISHED, headers={"host": "cvm.tencentcloudapi.com"}),
    ],
)
def test_any_change_after_signing_is_detected(changed: SignedRequest) -> None:
    assert not verify(changed, authorization(EXAMPLE[1]), EXAMPLE[0])


def test_the_scope_must_have_the_utc_date_of_the_timestamp() -> None:
    """East of Greenwich the local date is a day ahead at this timestamp (16:44 UTC)."""
    local = replace(authorization(EXAMPLE[1]), date="2019-02-26")
    assert not verify(PUBLISHED, local, EXAMPLE[0])


@pytest.mark.parametrize("action", ["mainlandpermitocr", "MainlandPermitOCR"])
def test_additional_signed_headers_are_lower_cased(action: str) -> None:
    call = signed_call(extra_signed={"x-tc-action": "mainlandpermitocr"})
    call.headers["x-tc-action"] = action
    parsed = Authorization.parse(call.headers["authorization"])
    assert parsed is not None
    request = SignedRequest("POST", "", call.headers, call.body, int(call.headers["x-tc-timestamp"]))
    assert verify(request, parsed, "key-of-the-unit-tests")
    call.headers["x-tc-action"] = "HmtResidentPermitOCR"
    assert not verify(request, parsed, "key-of-the-unit-tests")


def test_an_unsigned_payload_is_signed_by_its_placeholder() -> None:
    call = signed_call(unsigned_payload=True)
    parsed = Authorization.parse(call.headers["authorization"])
    assert parsed is not None
    request = SignedRequest("POST", "", call.headers, b"anything", int(call.headers["x-tc-timestamp"]))
    assert verify(request, parsed, "key-of-the-unit-tests")
    assert not verify(
        replace(request, headers={**call.headers, "x-tc-content-sha256": ""}), parsed, "key-of-the-unit-tests"
    )


@pytest.mark.parametrize(
    "signed", ["content-type", "host", "host;x-tc-action", "content-type;host;host", "Content-Type;Host"]
)
def test_content_type_and_host_must_be_signed_once_each(signed: str) -> None:
    header = f"TC3-HMAC-SHA256 Credential=id/2019-02-25/ocr/tc3_request, SignedHeaders={signed}, Signature={'0' * 64}"
    assert Authorization.parse(header) is None


@given(st.text())
def test_any_other_text_is_not_an_authorization(text: str) -> None:
    assert Authorization.parse(text) is None
