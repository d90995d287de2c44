"""What a form quotes from a permit: its title and the labels and values of its fields."""

from dataclasses import asdict, dataclass
from random import Random
from typing import Final

from permit_ocr.domain.permits import PermitType
from specimens.cards.card import TITLES, Card, CardSide
from specimens.cards.generate import CardSpec, generate_card

_LABELS: Final = {
    "Name": "姓名",
    "EnglishName": "英文姓名",
    "Sex": "性别",
    "Birthday": "出生日期",
    "Birth": "出生日期",
    "Nationality": "国籍",
    "Address": "住址",
    "IdCardNo": "公民身份号码",
    "Number": "证件号码",
    "IDNumber": "身份证件号码",
    "HistoryNumber": "曾持证件号码",
    "PassNo": "通行证号码",
    "ValidDate": "有效期限",
    "IssueAuthority": "签发机关",
    "Authority": "签发机关",
    "IssueAddress": "签发地点",
    "IssueNumber": "换证次数",
    "VisaNum": "签发次数",
}


@dataclass(frozen=True, slots=True)
class Quotation:
    """A permit's title, and its fields as label and value in the order of a form."""

    title: str
    fields: tuple[tuple[str, str], ...]

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """The fields with the title as the first."""
        return (("证件类型", self.title), *self.fields)

    def value(self, *labels: str) -> str:
        """Return the value of the first of the labels that is quoted; empty if none is."""
        quoted = dict(self.fields)
        return next((quoted[label] for label in labels if label in quoted), "")


def quote_permit(random: Random) -> Quotation:
    """Return the fields of a random permit. Half of the names are also romanised without a label of their own."""
    card_side = random.choice(tuple(CardSide))
    card = generate_card(random, CardSpec(card_side=card_side))
    fields = asdict(card.answer)
    fields = fields.get("MainlandTravelPermitBackInfos") or fields if card_side is CardSide.HK_MACAO_BACK else fields
    labels = dict(_LABELS) | ({"EnglishName": ""} if random.random() < 0.5 else {})
    rows = tuple((label, str(fields[name])) for name, label in labels.items() if fields.get(name))
    return Quotation(_title(card), rows)


def _title(card: Card) -> str:
    permit = card.card_side.permit_type
    return card.title or TITLES.get(permit, "港澳居民居住证" if permit is PermitType.RESIDENCE_PERMIT else "")
