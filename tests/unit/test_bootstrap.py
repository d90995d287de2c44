"""The settings, and what is built from them."""

from dataclasses import fields

import pytest

from permit_ocr.adapters.ocr.endpoints import Endpoint
from permit_ocr.bootstrap import endpoints
from permit_ocr.domain.permits import Kind
from permit_ocr.settings import Settings, SettingsError

ENVIRONMENT = {field.name.upper(): "" for field in fields(Settings)} | {
    "OCR_SITE": "intl",
    "OCR_SCHEME": "https",
    "OCR_TIMEOUT_SECONDS": "10",
    "RESIDENCE_PERMIT_RATE": "19",
    "MAINLAND_PERMIT_RATE": "9.5",
    "LIMITER_SHARDS": "1",
    "EXPIRING_WITHIN_DAYS": "30",
    "REVIEWS": "enabled",
    "KEEP_DAYS": "7",
    "UPLOAD_RETENTION_DAYS": "30",
}


def test_endpoints_keep_their_order_and_default_to_the_sites_own() -> None:
    values = Settings.from_environment(ENVIRONMENT | {"RESIDENCE_PERMIT_ENDPOINT": "ocr.example,reader.example:8443"})
    assert endpoints(values) == {
        Kind.RESIDENCE_PERMIT: (
            Endpoint(host="ocr.example", scheme="https"),
            Endpoint(host="reader.example:8443", scheme="https"),
        ),
        Kind.MAINLAND_PERMIT: (Endpoint(host="ocr.intl.tencentcloudapi.com", scheme="https"),),
    }


def test_a_missing_or_wrong_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="LIMITER_TABLE is missing"):
        Settings.from_environment({name: value for name, value in ENVIRONMENT.items() if name != "LIMITER_TABLE"})
    with pytest.raises(SettingsError, match="MAINLAND_PERMIT_RATE must be a float"):
        Settings.from_environment(ENVIRONMENT | {"MAINLAND_PERMIT_RATE": "many"})
