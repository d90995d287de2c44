"""The call to the provider, as the SDK's README and the API Explorer write it."""

import os
from typing import Any

from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ocr.v20181119 import models, ocr_client

_credential = credential.Credential(os.environ["TENCENTCLOUD_SECRET_ID"], os.environ["TENCENTCLOUD_SECRET_KEY"])
_http_profile = HttpProfile(protocol=os.environ["OCR_SCHEME"], endpoint=os.environ["OCR_ENDPOINT"])
_client = ocr_client.OcrClient(_credential, "ap-guangzhou", ClientProfile(httpProfile=_http_profile))


def read(image_base64: str) -> dict[str, Any]:
    """Return what the card says, and the request's id. Raises ``TencentCloudSDKException``."""
    request = models.MainlandPermitOCRRequest()
    request.ImageBase64 = image_base64
    answer = _client.MainlandPermitOCR(request)
    return {
        "name": answer.Name,
        "number": answer.Number,
        "sex": answer.Sex,
        "birthday": answer.Birthday,
        "valid_date": answer.ValidDate,
        "request_id": answer.RequestId,
    }
