"""The call to the provider, as in the SDK's README and the API Explorer."""

import os
from typing import Any

from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ocr.v20181119 import models, ocr_client

_credential = credential.Credential(os.environ["TENCENTCLOUD_SECRET_ID"], os.environ["TENCENTCLOUD_SECRET_KEY"])
_http_profile = HttpProfile(protocol=os.environ["OCR_SCHEME"], endpoint=os.environ["OCR_ENDPOINT"])
_client = ocr_client.OcrClient(_credential, "ap-guangzhou", ClientProfile(httpProfile=_http_profile))


def recognize(image_base64: str) -> dict[str, Any]:
    """Return the card's fields and the request id. Raises ``TencentCloudSDKException``."""
    request = models.MainlandPermitOCRRequest()
    request.ImageBase64 = image_base64
    response = _client.MainlandPermitOCR(request)
    return {
        "name": response.Name,
        "number": response.Number,
        "sex": response.Sex,
        "birthday": response.Birthday,
        "valid_date": response.ValidDate,
        "request_id": response.RequestId,
    }
