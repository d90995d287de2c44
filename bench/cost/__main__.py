"""Computes what a deployment costs on AWS, and writes it to ``docs/cost.md``.

.venv/bin/python -m bench.cost
"""

import sys
from collections.abc import Sequence
from typing import Final

from bench import markdown
from bench.cost import prices
from bench.cost.bill import DOCUMENTS, Item, for_an_idle_month, for_documents
from bench.environment.build import ROOT
from bench.reminders.model import modelled

PAGE: Final = ROOT / "docs" / "cost.md"
COMMAND: Final = ".venv/bin/python -m bench.cost"


def figures() -> str:
    """Return the page's figures as Markdown."""
    return "\n\n".join(
        (
            f"List prices of {prices.REGION} on {prices.DATE}, in US dollars, without the free tier.",
            f"### {DOCUMENTS:,} documents",
            _table(for_documents()),
            "### An idle month",
            _table(for_an_idle_month()),
            "### Reminders of one day",
            modelled(),
        )
    )


def _table(items: Sequence[Item]) -> str:
    rows = [[item.name, f"{item.quantity:,.4g}", item.note, f"{item.dollars:.4f}"] for item in items]
    total = sum(item.dollars for item in items)
    return markdown.table(["item", "quantity", "of", "$"], [*rows, ["**together**", "", "", f"**{total:.2f}**"]])


def main() -> int:
    """Print the figures, write them to the page and return the exit status."""
    sys.stdout.write(figures() + "\n")
    markdown.write_figures(PAGE, command=COMMAND, figures=figures())
    return 0


if __name__ == "__main__":
    sys.exit(main())
