"""Calls with the international SDK's typed client.

PORT SECRET_ID SECRET_KEY METHOD ACTION, the parameters as JSON on standard input → the answer as JSON.
"""

import json
import sys

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ocr.v20181119 import models
from tencentcloud.ocr.v20181119.ocr_client import OcrClient

port, secret_id, secret_key, method, action = sys.argv[1:]
profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=f"127.0.0.1:{port}", reqMethod=method))
client = OcrClient(Credential(secret_id, secret_key), "", profile)
request = getattr(models, f"{action}Request")()
request.from_json_string(sys.stdin.read())
try:
    answer = getattr(client, action)(request).to_json_string()
except TencentCloudSDKException as error:
    answer = json.dumps({"Error": {"Code": error.code, "Message": error.message}, "RequestId": error.requestId})
sys.stdout.write(answer)
