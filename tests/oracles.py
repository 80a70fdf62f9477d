"""The engine against two independently written second opinions, on as many random sales as asked.

    .venv/bin/python -m tests.oracles [allocation] [prices] [--sales 100000] [--seed 1]

The gate compares a few thousand of each; this command is for the night. Whatever differs stops it
with the sale; the seed plays it again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from random import Random


def allocation(random: Random, sales: int) -> None:
    """Lots, uncovered rests and nets against a naive replay, unit by unit."""
    from tests.sync.domain.test_oracle import compare

    compare(random, 0, sales)


def prices(random: Random, sales: int) -> None:
    """Price lists and offers against an exhaustive search over combinations, piece by piece."""
    from tests.sync.domain.comparing_prices import compare

    tally = compare(sales, random.randrange(10**9))
    if tally.differ:
        raise AssertionError(f"sales of seeds {tally.differ[:10]} differ")


ORACLES: dict[str, Callable[[Random, int], None]] = {"allocation": allocation, "prices": prices}


def main() -> int:
    """Compare and say how long it took. Exit code 0: they agree."""
    told = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    told.add_argument("oracles", nargs="*", help="which; none: all")
    told.add_argument("--sales", type=int, default=100_000, help="random sales for each")
    told.add_argument("--seed", type=int, default=1, help="of the first random number")
    asked = told.parse_args()
    for name in asked.oracles or list(ORACLES):
        if name not in ORACLES:
            print(f"no such oracle: {name}; there are {', '.join(ORACLES)}", file=sys.stderr)
            return 2
        started = time.monotonic()
        ORACLES[name](Random(asked.seed), asked.sales)
        took = time.monotonic() - started
        print(f"{name:<12} {asked.sales} random sales agree, seed {asked.seed}, in {took:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
