"""The implementations of the ports: DynamoDB, S3, SQS, webhooks and the OCR provider."""
