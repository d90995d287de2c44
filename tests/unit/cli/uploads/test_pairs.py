"""Which photos are the two sides of one card, and the result that they have together."""

import json
from pathlib import Path

import pytest

from cli.deployment import Deployment
from cli.uploads.pairs import completed_events, find_pairs
from permit_ocr.adapters.dynamodb.cases import DynamoDbCases
from permit_ocr.application.ports import CaseSide
from permit_ocr.domain.pair import is_case
from permit_ocr.domain.permits import Kind, Side


def pairs_of(folder: Path, names: list[str]) -> tuple[list[set[str]], set[str]]:
    """Return the pairs among files with these names, and the files without a partner."""
    files = []
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
        files.append(file)
    found = find_pairs(files)

    def relative(chosen: list[Path]) -> set[str]:
        return {file.relative_to(folder).as_posix() for file in chosen}

    return [relative(pair) for pair in found.files_by_case().values()], relative(list(found.alone))


@pytest.mark.parametrize(
    "pair",
    [
        ["front.jpg", "back.png"],
        ["permit-Front-1.jpg", "permit-back-1.jpg"],
        ["0815_FRONT.heic", "0815_BACK.heic"],
        ["张三正面.jpg", "张三反面.jpg"],
        ["张三正面.jpg", "张三背面.jpg"],
    ],
)
def test_names_that_differ_in_the_side_are_a_pair(pair: list[str], tmp_path: Path) -> None:
    assert pairs_of(tmp_path, [*pair, "another.jpg", "frontier.jpg"]) == ([set(pair)], {"another.jpg", "frontier.jpg"})


def test_the_only_two_photos_of_a_folder_are_a_pair(tmp_path: Path) -> None:
    names = [
        "chan/1.jpg",
        "chan/2.jpg",
        "lee/a.jpg",
        "lee/b.jpg",
        "wong/1.jpg",
        "more/1.jpg",
        "more/2.jpg",
        "more/3.jpg",
    ]
    pairs, alone = pairs_of(tmp_path, names)
    assert pairs == [{"chan/1.jpg", "chan/2.jpg"}, {"lee/a.jpg", "lee/b.jpg"}]
    assert alone == {"wong/1.jpg", "more/1.jpg", "more/2.jpg", "more/3.jpg"}


def test_three_candidates_are_no_pair(tmp_path: Path) -> None:
    assert pairs_of(tmp_path, ["front.jpg", "front.png", "back.jpg"])[0] == []
    assert pairs_of(tmp_path, ["x front.jpg", "x front.png", "y.jpg"])[0] == []


def test_photos_of_different_folders_are_no_pair(tmp_path: Path) -> None:
    assert pairs_of(tmp_path, ["a/front.jpg", "b/back.jpg"])[0] == []


def test_a_case_is_named_after_the_photos_content_only(tmp_path: Path) -> None:
    names = set()
    for folder, files in (("a", ("front.jpg", "back.jpg")), ("b", ("Chan back.jpg", "Chan front.jpg"))):
        for file in files:
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / file).write_bytes(b"front" if "front" in file else b"back")
        names |= set(find_pairs(sorted((tmp_path / folder).iterdir())).files_by_case())
    (name,) = names
    assert is_case(name)


def test_the_event_of_a_complete_pair_is_found(work: Deployment) -> None:
    cases = DynamoDbCases(work.dynamodb, table=work.work_table, keep_days=1)
    front, back = (
        CaseSide(kind=Kind.MAINLAND_PERMIT, side=side, document_id=side, sort_key="1", event="{}") for side in Side
    )
    cases.add_side("both", front)
    cases.add_side("both", back)
    cases.store_completed("both", front, back, event_id="7", event=json.dumps({"id": "7"}))
    cases.add_side("one", front)
    assert completed_events(["both", "one", "none"], work) == {"both": [{"id": "7"}], "one": [], "none": []}
