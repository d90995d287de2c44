"""AWS's list prices in US dollars, without the free tier. Check them before you rely on a total."""

from typing import Final

DATE: Final = "2026-11-29"
REGION: Final = "us-east-1"

MILLION: Final = 1_000_000

LAMBDA_GB_SECOND: Final = 0.0000166667
LAMBDA_REQUEST: Final = 0.20 / MILLION
SCHEDULER_INVOCATION: Final = 1.00 / MILLION
DYNAMODB_READ_UNIT: Final = 0.125 / MILLION
DYNAMODB_WRITE_UNIT: Final = 0.625 / MILLION
SQS_STANDARD_REQUEST: Final = 0.40 / MILLION
SQS_FIFO_REQUEST: Final = 0.50 / MILLION
S3_PUT: Final = 0.005 / 1000
S3_GET: Final = 0.0004 / 1000
S3_GB_MONTH: Final = 0.023
LOGS_GB: Final = 0.50
TRANSFER_OUT_GB: Final = 0.09
HTTP_API_REQUEST: Final = 1.00 / MILLION
ALARM_METRIC_MONTH: Final = 0.10
"""For each metric of an alarm; one with metric math watches several."""
DASHBOARD_MONTH: Final = 3.00
SECRET_MONTH: Final = 0.40
KMS_KEY_MONTH: Final = 1.00
