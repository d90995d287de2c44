"""The environment variables of the functions, all but ``POWERTOOLS_SERVICE_NAME``, which ``observability`` reads."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, Self, cast

from permit_ocr.tencent.actions import Site


class SettingsError(ValueError):
    """An environment variable is missing or has a wrong type; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Each field is an environment variable, there in capitals. The template sets all but those with a default.

    Lambda sets ``AWS_LAMBDA_FUNCTION_NAME``. Only functions that act by themselves have ``ROLE_ARN``.
    Only the sandbox sets ``OCR_SCHEME`` and ``WEBHOOK_TARGETS``: its provider and its receiver run on one machine; and
    ``TODAY_FILE``, with which it can have another date.
    """

    ocr_site: Site
    ocr_scheme: str = "https"
    residence_permit_endpoint: str
    mainland_permit_endpoint: str
    residence_permit_rate: float
    mainland_permit_rate: float
    limiter_shards: int
    ocr_timeout_seconds: float
    credentials_secret: str
    image_source: str
    upload_bucket: str
    upload_prefix: str
    intake_queue_url: str
    images_queue_url: str
    dead_letter_queue_url: str
    results_queue_url: str
    webhook_queue_url: str
    webhook_dead_letter_queue_url: str
    webhook_url: str
    webhook_secret: str
    webhook_targets: str = "public"
    work_table: str
    references_table: str
    limiter_table: str
    expiries_table: str
    audit_log_group: str
    role_arn: str = ""
    aws_lambda_function_name: str = "function"
    expiring_within_days: int
    expiry_notice_days: str
    today_file: str = ""
    keep_days: int
    reviews: str
    upload_retention_days: int
    event_source: str
    api_base_path: str
    jwt_review_scope: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the settings. Raises ``SettingsError``."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            name = field.name.upper()
            if name not in environment:
                if field.default is not MISSING:
                    continue
                raise SettingsError(f"the environment variable {name} is missing")
            from_text = cast("type", field.type)
            try:
                values[field.name] = from_text(environment[name])
            except ValueError:
                raise SettingsError(f"the environment variable {name} must be a {from_text.__name__}") from None
        return cls(**values)


@cache
def settings() -> Settings:
    """Return the function's settings."""
    return Settings.from_environment()
