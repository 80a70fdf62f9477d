"""A till that kills itself during first contact: base address, folder, code, where.

Where: joined (after enrolment), part (after the first part of the snapshot), activate (before the
new replica is put in use), feed.applied.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from sync.client.till_store import ReplicaStore
from sync.database.till.replicas import Replicas
from tests.helpers.real_tills import RealTill


def die(*_: Any, **__: Any) -> None:
    """End at once, as when the power goes."""
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Join, sync, die on the way."""
    base, folder, code, point = sys.argv[1:]
    whole = ReplicaStore.snapshot_part

    def part(self: ReplicaStore, *args: Any) -> None:
        whole(self, *args)
        die()

    def step(name: str) -> None:
        if name == point:
            die()

    if point == "part":
        store: Any = ReplicaStore
        store.snapshot_part = part
    if point == "activate":
        Replicas.activate = die  # type: ignore[assignment]  # a planted kill
    till = RealTill(base, Path(folder), step=step)
    till.join(code)
    if point == "joined":
        die()
    till.sync()


if __name__ == "__main__":
    main()
