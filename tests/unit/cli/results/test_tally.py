"""Counts of results by verdict, and files that are both sides of one card."""

from typing import Any

from cli.results.tally import Tally


def event(verdict: str, kind: str | None = None, side: str | None = None) -> dict[str, Any]:
    return {"data": {"verdict": verdict, "kind": kind, "side": side}}


def test_results_are_counted_by_verdict_the_best_first() -> None:
    tally = Tally()
    for verdict in ("rejected", "review", "accepted", "accepted"):
        tally.add("a.jpg", [event(verdict)])
    tally.add("b.jpg", [])
    assert tally.in_words() == "2 accepted, 1 review, 1 rejected, 1 without a result"


def test_only_sides_of_the_same_kind_are_one_card() -> None:
    tally = Tally()
    tally.add("both.pdf", [event("accepted", "k", "back"), event("incomplete", "k", "front")])
    tally.add("two kinds.pdf", [event("accepted", "k", "back"), event("incomplete", "l", "front")])
    tally.add("unreadable.pdf", [event("rejected"), event("rejected")])
    assert tally.two_sided == ["both.pdf"]
