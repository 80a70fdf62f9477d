"""A random life of a chain of shops against the rules, as long as asked.

    .venv/bin/python -m tests.shop_life [--operations 10000] [--seed 1]

Any interleaving of all operations, over members, cards, dealers, returns and expiries, keeps the
invariants 9 to 11, 14 to 17, 23 to 30 and 33 to 35 of the ledger. (31 and 32 are about drawers and
Z reports, which are no part of the rules: tests/terminal.) What does not hold stops it with the
seed and the number of the operation; with that seed and that number it plays up to there again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping

from tests.sync.domain.shop_board import Shops
from tests.sync.domain.shop_life import Failed
from tests.sync.domain.shop_rules import FIRST


def main() -> int:
    """Play and tell. Exit code 0: everything held."""
    told = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    told.add_argument("--operations", type=int, default=10_000, help="how many that come about")
    told.add_argument("--seed", type=int, default=1, help="of the first random number")
    asked = told.parse_args()
    started = time.monotonic()
    try:
        life = Shops(asked.seed)
        life.play(asked.operations)
    except Failed as failed:
        print(f"{failed}: {failed.__cause__}", file=sys.stderr)
        print(
            f"again: python -m tests.shop_life --seed {failed.seed} --operations {failed.number}",
            file=sys.stderr,
        )
        return 1
    took = time.monotonic() - started
    office = life.office
    print(_line("operations", life.done))
    print(_line("exceptions", life.issues))
    print(
        f"{life.done.total()} operations, {life.refused.total()} refused or without cause, "
        f"{len(office.kept)} entries posted, {len(office.members)} members, "
        f"{len(office.cards)} cards, {(life.today - FIRST).days} days"
    )
    print(
        f"{len(office.lots)} lots, {len(office.allocations)} allocations, "
        f"{len(life.runs.approved)} clearing runs, deepest exposure of a till "
        f"{life.deepest_minor} fen; seed {asked.seed}, {took:.0f} s"
    )
    return 0


def _line(what: str, counts: Mapping[str, int]) -> str:
    return f"{what}: " + ", ".join(f"{name} {counts[name]}" for name in sorted(counts))


if __name__ == "__main__":
    sys.exit(main())
