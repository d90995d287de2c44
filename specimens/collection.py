"""Generate specimens and write them to a folder: one JPEG each, and ``truth.json`` with the expected answers."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final, Protocol

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.permits import Kind
from specimens.cards.card import Card, CardSide, Edition
from specimens.cards.generate import CardSpec, generate_card
from specimens.negatives.kinds import NegativeKind, draw_negative
from specimens.photography.copies import Treatment, apply_treatment
from specimens.photography.legibility import legible_fields
from specimens.photography.perspective import Corners
from specimens.photography.photo import Level, take_photo
from specimens.rendering.canvas import Box
from specimens.rendering.fonts import FontLoader
from specimens.rendering.layout import draw_card, round_corners

AUTO: Final = "auto"
"""The document type to upload with when the uploader does not know what the photo shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A photo and its truth."""

    file: str
    document: str
    card: Card
    level: Level
    jpeg: bytes
    card_corners: Corners
    portrait_corners: Corners | None
    treatment: Treatment = Treatment.ORIGINAL
    illegible: tuple[str, ...] = ()
    """Answer fields that nobody could read in the photo; nested ones as ``Outer.Inner``."""
    positions: Mapping[str, Corners] = field(default_factory=dict)
    """The corners of each printed answer field, named like ``illegible``."""

    def truth(self) -> dict[str, Any]:
        """Return the truth as JSON: the upload options to use and the answer to expect from the OCR action.

        Corners are in photo pixels: the card's own upper left, upper right, lower right and lower left corner.
        """
        card_side = self.card.card_side
        return {
            "file": self.file,
            "document": self.document,
            "card_side": "" if self.document == AUTO else card_side.side.upper(),
            "kind": card_side.kind.value,
            "side": card_side.side.value,
            "permit_type": card_side.permit_type.value,
            "edition": self.card.edition.value,
            "level": self.level.value,
            "treatment": self.treatment.value,
            "answer": asdict(self.card.answer),
            "illegible": list(self.illegible),
            "positions": dict(self.positions),
            "title": self.card.title,
            "mrz": list(self.card.mrz),
            "card_corners": self.card_corners,
            "portrait_corners": self.portrait_corners,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative:
    """A photo of a document that no action may answer as a permit."""

    file: str
    kind: NegativeKind
    level: Level
    jpeg: bytes
    mrz: tuple[str, ...]
    corners: Corners

    def truth(self) -> dict[str, Any]:
        """Return the truth as JSON: the kind of document, and no answer."""
        return {
            "file": self.file,
            "negative": self.kind.value,
            "level": self.level.value,
            "answer": None,
            "mrz": list(self.mrz),
            "card_corners": self.corners,
        }


COMMITTED: Final = Path(__file__).parents[1] / "events" / "specimens" / "truth.json"
"""The truth of the committed set. It stores the card contents, so changes to the generator do not affect them."""
_COMMITTED_SEED: Final = "committed"


def committed_cards(truth: Path = COMMITTED) -> Iterator[Card]:
    """Return the cards of ``events/specimens``, in the order of its ``truth.json``."""
    for entry in _read_truth(truth):
        yield Card(
            card_side=CardSide(f"{entry['permit_type']}-{entry['side']}"),
            edition=Edition(entry["edition"]),
            answer=_parse_answer(entry["kind"], entry["answer"]),
            title=entry["title"],
            mrz=tuple(entry["mrz"]),
        )


def make_committed(fonts: FontLoader, truth: Path = COMMITTED) -> Iterator[Specimen]:
    """Photograph the cards of ``events/specimens`` again, with the file names and levels of its truth."""
    for card, entry in zip(committed_cards(truth), _read_truth(truth), strict=True):
        name, level = Path(entry["file"]).stem, Level(entry["level"])
        yield _make_specimen(card, name, _COMMITTED_SEED, level, fonts, document=entry["document"])


def _read_truth(truth: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(truth.read_text(encoding="utf-8"))["specimens"]
    return entries


def _parse_answer(kind: str, fields: dict[str, Any]) -> Answer:
    if kind == Kind.RESIDENCE_PERMIT:
        return ResidencePermitAnswer(**fields)
    back = fields["MainlandTravelPermitBackInfos"]
    return MainlandPermitAnswer(**fields | {"MainlandTravelPermitBackInfos": back and MainlandPermitBack(**back)})


def make_specimens(
    *,
    seed: int,
    count: int,
    level: Level,
    card_sides: Sequence[CardSide],
    fonts: FontLoader,
    treatments: Sequence[Treatment] = (Treatment.ORIGINAL,),
) -> Iterator[Specimen]:
    """Make ``count`` specimens, cycling through the card sides, and through the treatments for each side.

    A specimen does not depend on the count or on the other card sides.
    """
    for number in range(count):
        card_side = card_sides[number % len(card_sides)]
        name = f"{card_side.value}-{number // len(card_sides) + 1}"
        card = generate_card(Random(f"{seed}/{name}"), CardSpec(card_side=card_side))
        treatment = treatments[number // len(card_sides) % len(treatments)]
        yield _make_specimen(card, name, str(seed), level, fonts, treatment=treatment)


def make_negatives(
    *, seed: int, count: int, level: Level, kinds: Sequence[NegativeKind], fonts: FontLoader
) -> Iterator[Negative]:
    """Make ``count`` photos of documents that are no permit, cycling through the kinds.

    A photo does not depend on the count or on the other kinds.
    """
    for number in range(count):
        kind = kinds[number % len(kinds)]
        name = f"{kind.value}-{number // len(kinds) + 1}"
        document = draw_negative(kind, Random(f"{seed}/{name}"), fonts)
        image = document.canvas.image
        subject = round_corners(image) if document.is_card else image.convert("RGBA")
        random, box = Random(f"{seed}/{name}/level-{level.value}"), Box(0, 0, *image.size)
        photo = take_photo(subject, random, level, fonts, box=box)
        yield Negative(
            file=f"{name}.jpg", kind=kind, level=level, jpeg=photo.jpeg, mrz=document.mrz, corners=photo.card
        )


def _make_specimen(
    card: Card,
    name: str,
    seed: str,
    level: Level,
    fonts: FontLoader,
    *,
    document: str = "",
    treatment: Treatment = Treatment.ORIGINAL,
) -> Specimen:
    """Draw a card and photograph it. The level is seeded only here, so the same card exists at every level."""
    random = Random(f"{seed}/{name}/level-{level.value}")
    canvas = draw_card(card, random, fonts)
    image, origin = apply_treatment(round_corners(canvas.image), treatment, random)
    photo = take_photo(image, random, level, fonts, origin=origin)
    boxes = canvas.boxes
    legible = legible_fields(boxes, photo.project, photo.hidden)
    fields = list(_printed_fields(card))
    return Specimen(
        file=f"{name}.jpg",
        document=document or card.card_side.kind.value,
        card=card,
        level=level,
        treatment=treatment,
        jpeg=photo.jpeg,
        card_corners=photo.card,
        portrait_corners=photo.corners(boxes["portrait"][0]) if "portrait" in boxes else None,
        illegible=tuple(name for name, drawn in fields if not legible.get(drawn, True)),
        positions={name: photo.corners(_around(boxes[drawn])) for name, drawn in fields if drawn in boxes},
    )


def _printed_fields(card: Card) -> Iterator[tuple[str, str]]:
    """Return the answer's fields with a text, in its order: as ``Outer.Inner`` and as named on the canvas.

    ``Type`` occurs twice.
    """
    nested = "MainlandTravelPermitBackInfos"
    for name, value in asdict(card.answer).items():
        if name == nested:
            inner = value if card.card_side is CardSide.HK_MACAO_BACK else {"Type": card.title}
            yield from ((f"{nested}.{back}", back) for back in inner if value and inner[back])
        elif value:
            yield name, name


def _around(boxes: Sequence[Box]) -> Box:
    """Return the rectangle around all lines of a field."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


class PhotoWithTruth(Protocol):
    """A photo of any generator."""

    @property
    def file(self) -> str:
        """The file's name."""

    @property
    def jpeg(self) -> bytes:
        """The photo."""

    def truth(self) -> dict[str, Any]:
        """Return its entry in ``truth.json``."""


def write(photos: Iterable[PhotoWithTruth], folder: Path) -> int:
    """Write the JPEGs and ``truth.json`` to a folder, creating it if necessary; return the number of photos."""
    folder.mkdir(parents=True, exist_ok=True)
    truths = []
    for photo in photos:
        (folder / photo.file).write_bytes(photo.jpeg)
        truths.append(photo.truth())
    text = json.dumps({"specimens": truths}, ensure_ascii=False, indent=2)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")
    return len(truths)
