"""What the machine-readable zone on the back of a Hong Kong and Macao permit repeats of the front."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from permit_ocr.domain.permits import Sex

_NAME_LENGTH: Final = 4
_ENGLISH_NAME_LENGTH: Final = 28
"""The zone's line has 30 characters. Two fillers separate the surname, and a cut between two names leaves another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineReadableZone:
    """The contents of a machine-readable zone whose check digits hold; null for what it does not prove."""

    number: str | None = None
    """Permit number, as on the front."""
    issue_count: int | None = None
    """How many times the card has been issued; the first card has 0."""
    valid_until: date | None = None
    """Last day of validity."""
    sex: Sex = Sex.NOT_KNOWN
    """Sex as in ISO/IEC 5218."""
    birth_date: date | None = None
    """Date of birth."""
    name: str | None = None
    """Name in Chinese; the zone has room for its first four characters."""
    english_name: str | None = None
    """Romanised name, such as ``LAU,TSZ LAN``; the zone has room for its first 30 characters."""
    id_card_number: str | None = None
    """Number of the Hong Kong or Macao identity card."""

    @property
    def is_name_full(self) -> bool:
        """Whether the Chinese name may go on after what the zone has room for."""
        return len(self.name or "") >= _NAME_LENGTH

    @property
    def is_english_name_full(self) -> bool:
        """Whether the romanised name may go on after what the zone has room for."""
        return len(self.english_name or "") >= _ENGLISH_NAME_LENGTH
