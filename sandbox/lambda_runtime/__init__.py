"""Lambda on this machine: execution environments, SQS pollers, CPU quotas."""
