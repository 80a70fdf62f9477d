"""Goal 5: a card looked up through the replica's own functions, against a bare select."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from sync.database import floors
from sync.database.till.replica import Replica
from sync.database.till.seals import Seal
from sync.database.till.turns import Turn
from sync.lab.bench import sample
from sync.lab.bench.cashier import in_turns
from sync.lab.bench.harness import Goal, Group, Size, Values

LOOKUP: Final = Goal(
    5, "card lookup, p50", "lookup.p50", "lookup.raw_p50", "us", 2.5, at_least=False
)
STEP: Final = 7_919  # a prime: cards are asked for in no order of the file


class LookupBench:
    """Token to card and member, in turns."""

    goals: Sequence[Goal] = (LOOKUP,)

    def __init__(self, folder: Path, size: Size) -> None:
        self._members = size.of(200_000, least=200)
        self._asked = size.of(8_000, least=100)
        self.notes = [f"5: among {self._members:,} members"]
        path = folder / "replica-1.db"
        with floors.empty_replica(path, sample.KEY) as connection:
            rows = ((sample.light_row(n), sample.card(n)) for n in range(self._members))
            floors.fill_replica(connection, rows)
        self._replica = Replica(path, sample.KEY, Seal(sample.KEY, b"bench"), Turn())
        self._raw = floors.open_raw(path, sample.KEY)

    def close(self) -> None:
        """Close the file."""
        self._replica.close()
        self._raw.close()

    def sides(self) -> Mapping[str, Callable[[], Values]]:
        """One side: the two take turns inside it."""
        return {"lookup": self._lookups}

    def _lookups(self) -> Values:
        tokens = [sample.token(n * STEP % self._members) for n in range(self._asked)]
        plain = [bytes.fromhex(token) for token in tokens]

        def ours(number: int) -> None:
            card = self._replica.card(tokens[number])
            if card is None or self._replica.light(card.member) is None:
                raise LookupError(tokens[number])

        def raw(number: int) -> None:
            floors.raw_lookup(self._raw, plain[number])

        mine, theirs = in_turns((ours, raw), self._asked, time.perf_counter)
        return {"lookup.p50": median(mine) * 1e6, "lookup.raw_p50": median(theirs) * 1e6}


@contextmanager
def opened(size: Size) -> Iterator[LookupBench]:
    """The instrument on a replica of its own."""
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="guibin-bench-"))
        yield stack.enter_context(closing(LookupBench(Path(folder), size)))


GROUP: Final = Group((LOOKUP,), opened)
