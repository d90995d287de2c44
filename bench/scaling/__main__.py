"""Scaling: the first bottleneck at larger quotas, and the parameter that removes it.

    .venv/bin/python -m bench.scaling            # quotas of 20, 200 and 2,000 calls a second, a backlog of 10 million
    .venv/bin/python -m bench.scaling --check    # the simulation against the sandbox; exit status 1 beyond 10 %

Both write their figures to ``docs/scaling.md``.
"""

import argparse
import os
import sys
import time
from typing import Final

from bench import markdown
from bench.environment.build import ROOT
from bench.scaling import search, validation

PAGE: Final = ROOT / "docs" / "scaling.md"
COMMAND: Final = ".venv/bin/python -m bench.scaling"
CHECK_COMMAND: Final = f"{COMMAND} --check"


def main() -> int:
    """Simulate, or compare the simulation with the sandbox; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.scaling", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare the simulation with the sandbox")
    parser.add_argument("--documents", type=int, default=400, help="documents in each run of --check")
    arguments = parser.parse_args()
    if not arguments.check:
        _publish(COMMAND, search.figures(COMMAND))
        return 0
    load, started = os.getloadavg()[0], time.monotonic()
    figures, passed = validation.validate(arguments.documents)
    command = f"{CHECK_COMMAND} --documents {arguments.documents}"
    duration = {"Duration": f"{(time.monotonic() - started) / 60:.0f} minutes"}
    run = markdown.key_value_table({"Command": f"`{command}`"} | markdown.date_and_machine(load=load) | duration)
    _publish(CHECK_COMMAND, f"{run}\n\n{figures}")
    return 0 if passed else 1


def _publish(command: str, figures: str) -> None:
    sys.stdout.write(f"{figures}\n")
    markdown.write_figures(PAGE, command=command, figures=figures)


if __name__ == "__main__":
    sys.exit(main())
