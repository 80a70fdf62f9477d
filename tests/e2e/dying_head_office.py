"""A head office in a process of its own that may kill itself: folder, port, where, which time.

Where: nowhere; save (in the middle of storing a batch), commit (all is written, not committed),
committed (the till has not been told).
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from sync.database.headoffice import ledger
from sync.headoffice.posting.push import Poster, _Push
from sync.headoffice.service import read_settings
from sync.headoffice.serving import serve

left = 0


def passing() -> None:
    """The place is passed; at the last time the process ends as when the power goes."""
    global left  # noqa: PLW0603  # counted over the life of this process
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def plant(where: str) -> None:
    """Put the kill where it was asked for."""
    if where == "save":
        lots = ledger._save_lots

        async def save_lots(*args: Any) -> None:
            passing()
            await lots(*args)

        ledger._save_lots = save_lots  # type: ignore[assignment]  # a planted kill
    elif where == "commit":
        run = _Push.run

        async def ran(self: _Push, session: Any) -> Any:
            done = await run(self, session)
            passing()
            return done

        _Push.run = ran  # type: ignore[method-assign]  # a planted kill
    elif where == "committed":
        commit = Poster.commit

        async def committed(self: Poster, *args: Any) -> Any:
            done = await commit(self, *args)
            passing()
            return done

        Poster.commit = committed  # type: ignore[method-assign,assignment]  # a planted kill


def main() -> None:
    """Serve until killed."""
    global left  # noqa: PLW0603  # counted over the life of this process
    folder, port, where, left_text = sys.argv[1:]
    left = int(left_text)
    plant(where)
    serve(read_settings(Path(folder), scenario=True), "127.0.0.1", int(port), tls=False)


if __name__ == "__main__":
    main()
