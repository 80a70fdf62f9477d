"""The member pane from what is known about a member. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sync.domain.programme import Programme, Tier
from terminal.presenters.lookups import Served
from terminal.presenters.member_pane_view import FindView, MatchRow, MemberPaneView, MemberView
from terminal.presenters.parts_view import IconLine
from terminal.text import Text
from terminal.usecases.search import PROFILES, Found, Hit

SOON_DAYS = 30
BIRTHDAY_DAYS = 14
MATCHES_MAX = 6
_STYLES = ("silver", "gold", "diamond")


def member_view(
    text: Text, served: Served, today: date, as_of: datetime | None, *, offline: bool
) -> MemberView:
    """A member in one look."""
    card = served.card
    standing = card.standing
    held, pending = standing.confirmed + standing.pending, standing.pending
    row = standing.row
    phone = _masked_phone(card.profile.phone) if card.profile else f"**** {row.phone_tail}"
    tail = card.card.tail if card.card else ""
    identity = text("member.identity", phone=phone, tail=tail) if tail else phone
    negative = card.negative
    return MemberView(
        name=card.name or phone,
        identity=identity,
        tier=tier_style(served.programme, card.tier.code if card.tier else row.tier),
        tier_label=tier_name(text, card.tier, row.tier),
        points=text.number(held.points),
        points_note=(
            text("member.points_worth", worth_minor=served.worth_minor)
            if served.worth_minor is not None
            else text("member.points_gifts")
        ),
        stored_value=text.money(held.stored_value),
        stored_value_note=text(
            "member.value_parts",
            principal=text.money_short(held.principal).lstrip("¥"),
            bonus=text.money_short(held.bonus).lstrip("¥"),
        ),
        confirmed=_confirmed(text, pending.points, pending.stored_value, as_of),
        offline=_offline(text, served) if offline else "",
        lines=_lines(text, served, today),
        alert=text("member.negative") if negative else "",
        points_tone="bad" if held.points < 0 else "",
    )


def tier_style(programme: Programme | None, code: str) -> str:
    """Which pill a tier gets: by its rank in the programme."""
    if code in _STYLES or programme is None:
        return code
    codes = [tier.code for tier in sorted(programme.tiers, key=lambda t: t.threshold_minor)]
    if code not in codes:
        return "silver"
    top = len(codes) - 1
    return _STYLES[codes.index(code) * (len(_STYLES) - 1) // top] if top else "silver"


def tier_name(text: Text, tier: Tier | None, code: str) -> str:
    """What a tier is called."""
    if tier is None:
        known = text.has(f"tier.{code}")
        return text(f"tier.{code}") if known else code
    return tier.name.en if text.language == "en" else tier.name.zh


def find_view(text: Text, entry: str, found: Found | None, *, busy: bool) -> FindView:
    """What a search found."""
    if found is None:
        return FindView(entry, text("find.busy") if busy else "", (), busy)
    matches = tuple(_match(text, hit) for hit in found.hits[:MATCHES_MAX])
    if not found.hits:
        note = text("find.none_profiles" if found.scope == PROFILES else "find.none")
    elif len(found.hits) > MATCHES_MAX:
        note = text("find.more", count=len(found.hits) - MATCHES_MAX)
    else:
        note = text("find.scope_profiles" if found.scope == PROFILES else "find.scope_chain")
    return FindView(entry, note, matches, busy)


def empty_pane(text: Text, find: FindView, *, needed: bool, can_enrol: bool) -> MemberPaneView:
    """Nobody at the counter. `needed`: this screen can do nothing without a member."""
    prompt = text("member.empty_needed" if needed else "member.empty")
    return MemberPaneView(
        prompt_title=text("member.empty_title"), prompt=prompt, can_enrol=can_enrol, find=find
    )


def _match(text: Text, hit: Hit) -> MatchRow:
    return MatchRow(str(hit.member), hit.name, text("find.match", tail=hit.phone_tail or "—"))


def _masked_phone(phone: str) -> str:
    bare = phone.removeprefix("+86")
    if len(bare) == 11:
        return f"{bare[:3]} **** {bare[-4:]}"
    return f"**** {bare[-4:]}"


def _confirmed(text: Text, points: int, value: int, as_of: datetime | None) -> str:
    parts = [text.points(points, sign=True)] if points else []
    parts += [text.money(value, sign=True)] if value else []
    pending = " · ".join(parts).replace("−", "−\u2060")  # a minus stays with its amount
    if as_of is None:
        return text("member.newcomer")
    if pending:
        return text("member.confirmed_pending", as_of_time=as_of.time(), pending=pending)
    return text("member.confirmed", as_of_time=as_of.time())


def _offline(text: Text, served: Served) -> str:
    if not served.usable_points and not served.usable_minor:
        return text("member.offline_none")
    return text(
        "member.offline", usable_points=served.usable_points, value_minor=served.usable_minor
    )


def _lines(text: Text, served: Served, today: date) -> tuple[IconLine, ...]:
    found = []
    day = _next_birthday(served, today)
    if day is not None and (day - today).days <= BIRTHDAY_DAYS:
        found.append(IconLine("cake", text("member.birthday_near", birth_date=day), "warn"))
    soon = sum(
        lot.points
        for lot in served.card.standing.row.lots
        if lot.expires_on is not None and lot.expires_on <= today + timedelta(days=SOON_DAYS)
    )
    if soon:
        found.append(IconLine("clock", text("member.expiring", soon_points=soon), "warn"))
    waits = served.card.standing.unvested
    if waits:
        found.append(IconLine("clock", text("member.unvested", wait_points=waits)))
    found += _keeping(text, served)
    step = _next_tier(text, served)
    return (*found, IconLine("percent", step)) if step else tuple(found)


def _keeping(text: Text, served: Served) -> list[IconLine]:
    """The level's end, and what keeps it: "再消费 ¥1,180 保级至 2027年"."""
    level = served.card.level
    if level is None or (level.to is None and not level.provisional):
        return []
    tier, found = tier_name(text, level.tier, level.tier.code), []
    if level.provisional:
        found.append(IconLine("star", text("member.tier_provisional", tier=tier)))
    if level.to is None or level.keep_to is None or level.keep_minor is None:
        return found
    found.append(IconLine("star", text("member.tier_to", tier=tier, until=_until(text, level.to))))
    until = _until(text, level.keep_to)
    if not level.keep_minor:
        return [*found, IconLine("check", text("member.kept", until=until))]
    missing = text.money_short(level.keep_minor)
    return [
        *found,
        IconLine("percent", text("member.keep", missing=missing, until=until)),
    ]


def _until(text: Text, day: date) -> str:
    """A whole year by its number, any other day in full."""
    if (day.month, day.day) == (12, 31):
        return text("member.year", year=str(day.year))
    return text.date(day, year=True)


def _next_birthday(served: Served, today: date) -> date | None:
    profile = served.card.profile
    if profile is None or profile.birthday_month is None or profile.birthday_day is None:
        return None
    for year in (today.year, today.year + 1):
        try:
            day = date(year, profile.birthday_month, profile.birthday_day)
        except ValueError:  # 29 February of a common year
            day = date(year, 3, 1)
        if day >= today:
            return day
    return None


def _next_tier(text: Text, served: Served) -> str:
    if served.programme is None:
        return ""
    level = served.card.level
    if level is not None and served.programme.levels is not None:
        if level.next is None or level.next_minor is None:
            return ""
        missing = text.money_short(level.next_minor)
        name = tier_name(text, level.next, level.next.code)
        return text("member.next_tier", missing=missing, tier=name)
    standing = served.card.standing
    spent = (standing.confirmed + standing.pending).qualifying
    above = [t for t in served.programme.tiers if t.threshold_minor > spent]
    if not above:
        return ""
    tier = min(above, key=lambda t: t.threshold_minor)
    missing = text.money_short(tier.threshold_minor - spent)
    return text("member.next_tier", missing=missing, tier=tier_name(text, tier, tier.code))
