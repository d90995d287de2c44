"""Machine-readable lines of foreign documents: TD1, TD2 and TD3 of ICAO 9303, parts 4 to 6."""

from dataclasses import dataclass
from datetime import date

from specimens.cards.mrz import check_digit, checked


@dataclass(frozen=True, slots=True, kw_only=True)
class TravelDocument:
    """What the lines contain. ``name`` is ``SURNAME,GIVEN``; ``code`` has one or two letters."""

    code: str
    country: str
    nationality: str
    name: str
    number: str
    sex: str
    birth: date
    expiry: date

    @property
    def _dates(self) -> str:
        return f"{checked(f'{self.birth:%y%m%d}')}{self.sex}{checked(f'{self.expiry:%y%m%d}')}"

    @property
    def _roman(self) -> str:
        return self.name.replace(",", "<<").replace(" ", "<").replace("-", "<")

    def passport_lines(self) -> tuple[str, str]:
        """Return the two 44-character lines of a passport (TD3)."""
        first = f"{self.code:<<2}{self.country}{self._roman}".ljust(44, "<")[:44]
        dates = self._dates
        second = f"{checked(self.number.ljust(9, '<'))}{self.nationality}{dates}{'<' * 14}<"
        return first, second + check_digit(second[:10] + second[13:20] + second[21:43])

    def two_lines(self) -> tuple[str, str]:
        """Return the two 36-character lines of a TD2 card."""
        first = f"{self.code:<<2}{self.country}{self._roman}".ljust(36, "<")[:36]
        second = f"{checked(self.number.ljust(9, '<'))}{self.nationality}{self._dates}{'<' * 7}"
        return first, second + check_digit(second[:10] + second[13:20] + second[21:35])

    def three_lines(self) -> tuple[str, str, str]:
        """Return the three 30-character lines of a TD1 card."""
        first = f"{self.code:<<2}{self.country}{checked(self.number.ljust(9, '<'))}".ljust(30, "<")
        dates = self._dates
        second = f"{dates}{self.nationality}{'<' * 11}"
        composite = check_digit(first[5:] + dates[:7] + dates[8:15] + second[18:])
        return first, second + composite, self._roman.ljust(30, "<")[:30]
