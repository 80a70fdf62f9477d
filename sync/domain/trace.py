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
    """The steps, if they fit in an entry; those of single lines go first, the last line's before.

    Raises TraceTooLong when the steps about the whole do not fit.
    """
    if len(msgspec.json.encode(steps)) <= MAX_TRACE_BYTES:
        return steps
    sizes = [
        len(msgspec.json.encode(step)) + 1 for step in steps
    ]  # 1: the comma or bracket after it
    over = 1 + sum(sizes) - MAX_TRACE_BYTES
    kept = list(steps)
    for i in reversed(range(len(steps))):
        if over <= 0:
            break
        if steps[i].item is not None:
            del kept[i]
            over -= sizes[i]
    if over > 0:
        raise TraceTooLong(f"{len(kept)} steps do not fit in {MAX_TRACE_BYTES} bytes")
    return tuple(kept)
