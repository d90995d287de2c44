"""moto's account, and the credentials and region that everything in the sandbox uses."""

from typing import Final

ACCOUNT_ID: Final = "123456789012"
REGION: Final = "us-east-1"
CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
