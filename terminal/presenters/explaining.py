"""The arithmetic behind a number as sentences, from the trace a decision leaves. Pure.

Each rule has a sentence `why.<rule>` in both languages, whose parameters are the operands of its
step, written as amounts, points or shares; the number at the right is what the step came to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sync.domain.trace import Step
from terminal.presenters.parts_view import AmountRow, ExplainView
from terminal.text import Text

MAX_ROWS = 40
_MONEY = frozenset({
    "tag", "discount", "member", "gross", "charged", "principal", "bonus", "amount", "purchase",
    "from", "sum", "base", "face", "settle", "spend", "price", "offers", "tariff",
})  # fmt: skip
_POINTS = frozenset({"points", "unit", "cap"})
_IS_POINTS = frozenset({
    "earn.ratio", "earn.total", "gift.points", "earn.cap_sale", "earn.cap_till", "earn.redeemed",
    "event.points", "virtual.points",
})  # fmt: skip
_YES_OR_NO = ("joining.", "tier.up", "tier.kept", "tier.down")

Names = Mapping[int, tuple[str, int]]
"""Name and quantity of each line of a sale, by item."""


def explain(
    text: Text,
    title: str,
    steps: Sequence[Step],
    result: AmountRow,
    names: Names | None = None,
    tiers: Mapping[str, str] | None = None,
    limit: int = MAX_ROWS,
) -> ExplainView:
    """A panel of these steps. `title` and `result` are finished; `tiers`: names by code."""
    shown = steps[:limit]
    rows = tuple(_row(text, step, names or {}, tiers or {}) for step in shown)
    return ExplainView(title, _rules(text, steps), rows, result)


def of_rules(steps: Iterable[Step], *rules: str) -> tuple[Step, ...]:
    """Only the steps of these rules."""
    return tuple(step for step in steps if step.rule in rules)


def operands(text: Text, step: Step) -> dict[str, object]:
    """What the sentence of a step is filled with: every operand, written as what it is."""
    made: dict[str, object] = {name: _written(text, name, v) for name, v in step.of.items()}
    for name in ("per_mille",):
        if name in step.of:
            made["percent"] = per_cent_off(int(step.of[name]))
            made["rate"] = rate(int(step.of[name]))
    if "num" in step.of and "den" in step.of:
        made["ratio"] = ratio(int(step.of["num"]), int(step.of["den"]))
    return made


def per_cent_off(per_mille: int) -> str:
    """950 -> "5", 985 -> "1.5": what is taken off, in per cent."""
    return _tenths(1000 - per_mille)


def rate(per_mille: int) -> str:
    """900 -> "9", 950 -> "95", 985 -> "98.5": the 折 of a share."""
    return str(per_mille // 100) if per_mille % 100 == 0 else _tenths(per_mille)


def ratio(num: int, den: int) -> str:
    """1/1 -> "1", 1/2 -> "1/2"."""
    return str(num) if den == 1 else f"{num}/{den}"


def _tenths(per_mille: int) -> str:
    return f"{per_mille // 10}.{per_mille % 10}".removesuffix(".0")


def _row(text: Text, step: Step, names: Names, tiers: Mapping[str, str]) -> AmountRow:
    made = operands(text, step)
    if made.get("tier") is not None:
        made["tier"] = tiers.get(str(step.of["tier"]), made["tier"])
    words = text.sentence(f"why.{step.rule}", made)
    times = 1
    if step.item is not None and step.item in names:
        name, times = names[step.item]
        words = f"{name}: {words}" if text.language == "en" else f"{name}：{words}"
    write: Callable[[int], str] = text.points if step.rule in _IS_POINTS else text.money
    if step.rule == "service.promise":
        write = text.number
    if step.rule.startswith(_YES_OR_NO):
        code = "why.reached" if step.is_ else "why.not_reached"
        return AmountRow(words, text(code), "ok" if step.is_ else "")
    per_piece = step.rule in {"price.tier", "price.member", "price.vip"}
    if per_piece and times > 1:
        words = f"{words} × {times}"
    value = step.is_ * times if per_piece else step.is_
    return AmountRow(words, write(-value if per_piece else value))


def _rules(text: Text, steps: Sequence[Step]) -> str:
    names: list[str] = []
    for step in steps:
        name = text(f"rule.{step.rule}")
        if name not in names:
            names.append(name)
    version = str(steps[0].v) if steps else "—"
    return text("explain.rule", rule=text("explain.and").join(names), version=version)


def _written(text: Text, name: str, value: int | str) -> str:
    if isinstance(value, str):
        known = name == "tier" and text.has(f"tier.{value}")
        return text(f"tier.{value}") if known else value
    if name in _MONEY:
        return text.money(value)
    if name in _POINTS:
        return text.points(value)
    return text.number(value)
