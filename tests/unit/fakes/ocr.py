"""The OCR provider, and its answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from permit_ocr.application.ports import OcrRequest, OcrResponse
from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.errors import CircuitOpen, PermitOcrError, RejectDocument
from permit_ocr.domain.permits import Kind

RESIDENCE_FRONT = ResidencePermitAnswer(
    Name="陈样本", Sex="女", Birth="1997/6/2", Address="样本市样本路1号", IdCardNo="830000199706020042", CardType=0
)


MAINLAND_FRONT = MainlandPermitAnswer(
    Name="样本",
    EnglishName="YANG,BEN",
    Sex="男",
    Birthday="1981.08.03",
    ValidDate="2020.10.09-2030.10.08",
    Number="H12345678",
    IssueNumber="1",
    Type="港澳居民来往内地通行证",
    WarnCardInfos=(),
)


RESIDENCE_BACK = ResidencePermitAnswer(
    ValidDate="2022.05.04-2027.05.04", Authority="样本市公安局", VisaNum="1", PassNo="12345678", CardType=1
)


MAINLAND_BACK = MainlandPermitAnswer(
    Type="港澳居民来往内地通行证",
    MainlandTravelPermitBackInfos=MainlandPermitBack(Type="港澳居民来往内地通行证", Name="樣本", IDNumber="A123456(3)"),
    WarnCardInfos=(),
)


OTHER_CARD = RejectDocument("FailedOperation.ImageNoSpecifiedCard", "another card", "name it")


@dataclass
class FakeOcr:
    """Returns its responses in turn, and raises those that are errors."""

    responses: list[Answer | OcrResponse | PermitOcrError]
    site: str = "intl"
    requests: list[OcrRequest] = field(default_factory=list)
    opened: dict[Kind, CircuitOpen] = field(default_factory=dict)
    before_call: Callable[[], None] = lambda: None

    def recognize(self, request: OcrRequest, *, deadline: float) -> OcrResponse:
        assert deadline > 0
        self.before_call()
        self.requests.append(request)
        response = self.responses.pop(0)
        if isinstance(response, PermitOcrError):
            raise response
        if isinstance(response, OcrResponse):
            return response
        request_id = f"request-{len(self.requests)}"
        return OcrResponse(answer=response, endpoint="ocr.example", request_id=request_id, attempts=1, milliseconds=600)

    def open_circuits(self) -> Mapping[Kind, CircuitOpen]:
        return self.opened
