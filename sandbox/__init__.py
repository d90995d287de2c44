"""Runs the built template on this machine: moto stands in for AWS, AWS's own emulator runs the functions.

aws/             moto's server, corrected where it differs from AWS
template/        template.yaml: validated, transformed, deployed to moto, read back resolved
lambda_runtime/  execution environments, SQS pollers, CPU quotas
http_api/        API Gateway's HTTP API: routes, JWT authorizer, payload format 2.0
up.py            starts, supervises and stops all of it
"""
