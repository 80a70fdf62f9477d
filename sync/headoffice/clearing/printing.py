"""A statement for people: one HTML file that prints on A4, in Chinese and English, no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape

from sync.domain.clearing import Line, Position
from sync.domain.clearing_words import words_of
from sync.domain.lots import HEAD_OFFICE
from sync.domain.money import plain
from sync.headoffice.clearing.runs import APPROVED, Statement

_STYLE = """
body{font:14px/1.5 "Noto Sans SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#111;
margin:2em auto;max-width:56em}
h1{font-size:20px;margin:0}h2{font-size:16px;margin:1.5em 0 .3em}
table{border-collapse:collapse;width:100%}
th,td{padding:.25em .6em;border-bottom:1px solid #bbb;text-align:left;vertical-align:top}
th{border-bottom:2px solid #111}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
tr.sum td{border-top:2px solid #111;font-weight:bold}tr.own td{color:#666}
p.small{font-size:11px;color:#555;word-break:break-all}
@media print{body{margin:0;font-size:11px}thead{display:table-header-group}
tr{break-inside:avoid}@page{size:A4;margin:15mm}}
"""


def statement_html(statement: Statement, names: Mapping[str, str]) -> str:
    """The statement as a whole HTML document. `names`: what dealers are called, by id."""
    run, kept = statement.run, statement.kept
    state = "已核准 Approved" if kept.state == APPROVED else "草稿 Draft"
    approved = (
        f" · {escape(kept.approved_by)}, {_day(kept.approved_ms)}" if kept.approved_by else ""
    )
    title = f"清算单 Clearing statement {escape(run.label)}"
    return f"""<!DOCTYPE html>
<html lang="zh"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head>
<body><h1>{title}</h1>
<p>{state}{approved} · 制单 drawn up by {escape(kept.drafted_by)}, {_day(kept.drafted_ms)}<br>
过账序号 posting numbers {run.after + 1} - {run.upto} · {len(run.lines)} 行 lines ·
金额单位 amounts in CNY</p>
<h2>合计 Totals</h2>
{_positions(run.positions, names)}
<p class="small">应付 pays, 应收 receives: 与总部结算 with head office. 净额 net = pays - receives:
正数为应付 positive: the dealer pays. 自用 own: 本经销商自发自用，不经总部
earned and spent at the same dealer, passes through nobody.
本单为凭证，不发生款项 This statement moves no money.</p>
<h2>明细 Lines</h2>
{_lines(run.lines, names)}
<p class="small">SHA-256 {run.digest}</p>
</body></html>
"""


def _positions(found: Iterable[Position], names: Mapping[str, str]) -> str:
    listed = list(found)
    rows = "".join(f"<tr><td>{_name(p.dealer, names)}</td>{_amounts(p)}</tr>\n" for p in listed)
    total = Position(
        "",
        sum(p.pays_minor for p in listed),
        sum(p.receives_minor for p in listed),
        sum(p.own_minor for p in listed),
    )
    return (
        "<table><thead><tr><th>经销商 Dealer</th><th class=n>应付 Pays</th>"
        "<th class=n>应收 Receives</th><th class=n>净额 Net</th><th class=n>自用 Own</th></tr>"
        f"</thead><tbody>\n{rows}<tr class=sum><td>合计 Sum</td>{_amounts(total)}</tr>"
        "</tbody></table>"
    )


def _amounts(p: Position) -> str:
    figures = (p.pays_minor, p.receives_minor, p.net_minor, p.own_minor)
    return "".join(f"<td class=n>{plain(figure)}</td>" for figure in figures)


def _lines(found: Iterable[Line], names: Mapping[str, str]) -> str:
    rows = "".join(_line(line, names) for line in found)
    return (
        "<table><thead><tr><th class=n>行</th><th>付方 Pays</th><th>收方 Receives</th>"
        "<th class=n>金额 Amount</th><th>用途 For</th><th class=n>数量 Units</th>"
        "<th>门店 Store</th><th>来源 Origin</th></tr></thead><tbody>\n"
        f"{rows}</tbody></table>"
    )


def _line(line: Line, names: Mapping[str, str]) -> str:
    a = line.allocation
    own = " class=own" if line.own else ""
    kind = words_of(a)
    what = escape(f"{kind.zh} {kind.en} {a.offer}".strip())
    return (
        f"<tr{own}><td class=n>{line.number}</td><td>{_name(a.debtor, names)}</td>"
        f"<td>{_name(a.creditor, names)}</td><td class=n>{plain(a.amount_minor)}</td>"
        f"<td>{what}</td><td class=n>{a.quantity} {escape(a.account)}</td>"
        f"<td>{escape(a.store)} #{a.entry.seq}</td>"
        f"<td>{escape(a.lot_store)} #{a.lot_entry.seq}</td></tr>\n"
    )


def _name(party: str, names: Mapping[str, str]) -> str:
    if party == HEAD_OFFICE:
        return "总部 Head office"
    name = names.get(party, "")
    return f"{escape(party)} {escape(name)}".strip()


def _day(ms: int | None) -> str:
    return "" if ms is None else datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%d")
