"""All benchmarks, one table: ``python -m tests.benchmarks [--quick] [WORD…]``.

Every figure stands beside its baseline, measured in the same round on the same machine; a ratio of 1 is the baseline's
own speed. Figures of different machines, or of different runs, are not comparable, ratios are. Nothing is written but
in a temporary folder, whose disk is the one that is measured (``--folder``).
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

import structlog

from tests.benchmarks import call_outs, engine, glass, memory, next_ticket, restart, storm, tickets, year
from tests.benchmarks.options import FULL, QUICK, Options
from tests.benchmarks.table import Case, Figure, table


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only cases whose name has one of these words")
    parser.add_argument("--quick", action="store_true", help="one short round: does it all run, roughly how fast")
    parser.add_argument("--rounds", type=int, help="how often everything is measured")
    parser.add_argument("--folder", type=Path, help="where temporary data go; by default the system's place for them")
    given = parser.parse_args()
    options = QUICK if given.quick else FULL
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    chosen = [case for case in _cases(options) if not given.words or any(word in case.name for word in given.words)]
    found = asyncio.run(_measure(chosen, given.rounds or options.rounds, given.folder))
    sys.stdout.write(table(chosen, found) + "\n")


def _cases(options: Options) -> list[Case]:
    parts = (next_ticket, year, engine, tickets, glass, memory, restart, storm, call_outs)
    return [case for part in parts for case in part.cases(options)]


async def _measure(cases: list[Case], rounds: int, folder: Path | None) -> dict[str, list[list[Figure]]]:
    """Measure every case in every round: what disturbs the machine for a while then disturbs one round of each."""
    found: dict[str, list[list[Figure]]] = {case.name: [] for case in cases}
    began = time.monotonic()
    for number in range(rounds):
        for place, case in enumerate(cases):
            done = number * len(cases) + place
            _progress(f"[{done + 1}/{rounds * len(cases)}] {time.monotonic() - began:4.0f} s  {case.name}")
            with tempfile.TemporaryDirectory(prefix="yichuang-bench-", dir=folder) as own:
                found[case.name].append(await case.measure(Path(own)))
    _progress(f"measured in {time.monotonic() - began:.0f} s\n")
    return found


def _progress(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
