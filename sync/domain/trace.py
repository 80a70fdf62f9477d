"""Explanations: each decision lists the rules it applied, with integer operands and result
(design.md section 6).

A step is stored in the entry's body as it is; sentences are made from it later, in any language.
"""

from __future__ import annotations

import msgspec

MAX_TRACE_BYTES = 4096


class Step(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One applied rule.

    `rule`: id of the rule; `v`: programme version; `of`: named operands; `is_`: the result.

    `item` is the sale line it concerns, if it concerns one.
    """

    rule: str
    v: int
    of: dict[str, int | str]
    is_: int = msgspec.field(name="is")
    item: int | None = None


class TraceTooLong(ValueError):  # noqa: N818  # reads as what it says at every raise
    """More explanation than an entry may carry."""


def bounded(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps, if they fit in an entry; per-line steps of long sales are dropped before totals
    are.
    """
    kept = list(steps)
    while len(msgspec.json.encode(kept)) > MAX_TRACE_BYTES:
        last = next((i for i in reversed(range(len(kept))) if kept[i].item is not None), None)
        if last is None:
            raise TraceTooLong(f"{len(kept)} steps do not fit in {MAX_TRACE_BYTES} bytes")
        del kept[last]
    return tuple(kept)
