"""The ports on S3."""
