"""Where the outside is translated: Tencent Cloud, S3, SQS, DynamoDB, API Gateway and the log."""
