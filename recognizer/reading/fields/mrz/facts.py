"""What the machine-readable lines of a Hong Kong and Macao permit's back prove."""

from dataclasses import dataclass

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.domain.card.machine_readable_zone import MachineReadableZone
from permit_ocr.domain.card.normalized import compact_number, normalize
from permit_ocr.domain.card.valid_date import parse_date


@dataclass(frozen=True, slots=True, kw_only=True)
class MrzFacts:
    """What the machine-readable lines of a HK/Macao permit's back say. A fact is only set if its check digits prove it.

    The Chinese name has no check digit: it is set if all of its letters decode and the facts beside it are proven.
    """

    number: str = ""
    """The permit's number, as on its front."""
    issue_count: str = ""
    """Two digits; the first issue is 00."""
    expiry: str = ""
    """The last day of validity, such as ``2028.10.08``."""
    sex: str = ""
    """男 or 女."""
    birth: str = ""
    """The birth date, such as ``1981.08.03``."""
    chinese_name: str = ""
    """In simplified or traditional characters, as registered."""
    romanized_name: str = ""
    """Such as ``CHAN,TAI MAN``."""
    identity_number: str = ""
    """The Hong Kong or Macao identity number, such as ``A123456(3)``."""

    def as_zone(self) -> MachineReadableZone:
        """Return the facts as the result event has them."""
        fields = normalize(MainlandPermitAnswer(Name=self.chinese_name, Sex=self.sex, IssueNumber=self.issue_count))
        return MachineReadableZone(
            number=self.number or None,
            issue_count=fields.issue_count,
            valid_until=parse_date(self.expiry),
            sex=fields.sex,
            birth_date=parse_date(self.birth),
            name=fields.name,
            english_name=self.romanized_name or None,
            id_card_number=compact_number(self.identity_number),
        )
