"""Cards and points of members, as forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sync.domain.card_changes import Reason
from sync.domain.programme import Programme
from sync.domain.refusals import Refusal
from terminal.operations.spec import (
    Choice,
    Fact,
    FieldKind,
    FieldSpec,
    MemberUse,
    OperationSpec,
    Preview,
    Secrets,
)
from terminal.usecases import card_pins, cards, transfer
from terminal.usecases.commits import Done
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.outcome import Trouble
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

_NEW: Final = FieldSpec("new_card", FieldKind.SCAN)
_REASONS: Final = (Reason.LOST, Reason.STOLEN, Reason.DAMAGED)
UseCase = Callable[[Till, OperationDraft, Approval | None], Done | Refusal | Trouble]


def _reason(*more: Reason) -> FieldSpec:
    keys = [reason.value for reason in (*_REASONS, *more)]
    return FieldSpec(
        "reason",
        FieldKind.CHOICE,
        choices=tuple(Choice(key, f"card.reason.{key}") for key in keys),
        preset=keys[0],
    )


def _which(till: Till, member: MemberCard | None) -> FieldSpec:
    """Which of the member's cards; the presented one unless somebody says otherwise."""
    known = cards.cards_of(till, member) if member is not None else []
    keys = [cards.key_of(card, known) for card in known]
    return FieldSpec(
        "card",
        FieldKind.CHOICE,
        choices=tuple(
            Choice(key, f"…{card.tail} · {card.medium}")
            for key, card in zip(keys, known, strict=True)
        ),
        preset=keys[0] if keys else "",
    )


def _rules(till: Till, draft: OperationDraft) -> Programme | None:
    return till.programme_version(draft.programme)


def _issue_fields(
    till: Till, draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    tick = FieldSpec("supplementary", FieldKind.TICK)
    rules = _rules(till, draft)
    if not draft.fields.get("supplementary") or rules is None:
        return (_NEW, tick)
    most = rules.cards.supplementary
    limits = (
        FieldSpec(name, FieldKind.AMOUNT, preset=_yuan(getattr(most, name)))
        for name in cards.LIMITS
    )
    holder = FieldSpec("holder", FieldKind.TEXT)
    return (_NEW, tick, holder, FieldSpec("phone", FieldKind.TEXT, required=False), *limits)


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _bind_fields(
    till: Till, _draft: OperationDraft, member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    return (_which(till, member), _NEW)


def _block_fields(
    till: Till, _draft: OperationDraft, member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    return (_which(till, member), _reason())


def _unblock_fields(
    till: Till, _draft: OperationDraft, member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    return (_which(till, member),)


def _replace_fields(
    till: Till, _draft: OperationDraft, member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    return (_which(till, member), _reason(Reason.RECARDED), _NEW)


def _pin_fields(
    _till: Till, _draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    return (
        FieldSpec("pin", FieldKind.HIDDEN),
        FieldSpec("pin_again", FieldKind.HIDDEN),
        FieldSpec("pin_old", FieldKind.HIDDEN, required=False),
    )


def _transfer_fields(
    _till: Till, _draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    return (FieldSpec("to_card", FieldKind.SCAN), FieldSpec("points", FieldKind.COUNT))


def _nothing(_till: Till, _draft: OperationDraft, _member: MemberCard | None) -> Preview | Refusal:
    return Preview()


def _look_unblock(
    till: Till, draft: OperationDraft, _member: MemberCard | None
) -> Preview | Refusal:
    rules = _rules(till, draft)
    barred = cards.may_unblock(rules) if rules is not None else None
    return barred or Preview(approver_for=(cards.UNBLOCK_MARK,))


def _look_replace(
    _till: Till, _draft: OperationDraft, _member: MemberCard | None
) -> Preview | Refusal:
    return Preview(warning="card.replaced_warning")


def _look_pin(_till: Till, _draft: OperationDraft, _member: MemberCard | None) -> Preview | Refusal:
    return Preview(approver_for=(card_pins.CHANGE_MARK,))


def _look_transfer(
    _till: Till, _draft: OperationDraft, member: MemberCard | None
) -> Preview | Refusal:
    held = member.standing.available.points if member is not None else 0
    return Preview(
        (Fact("transfer.has", "has_points", held),),
        approver_for=(transfer.MARK,),
        warning="transfer.warning",
    )


def _by(use_case: UseCase) -> Callable[..., Done | Refusal | Trouble]:
    def commit(
        till: Till, draft: OperationDraft, approval: Approval | None, _secrets: Secrets
    ) -> Done | Refusal | Trouble:
        return use_case(till, draft, approval)

    return commit


OPERATIONS: Final = (
    OperationSpec(
        "issue_card", "member", "credit-card", MemberUse.NEEDED, _issue_fields, _nothing,
        _by(cards.issue_card),
    ),
    OperationSpec(
        "bind_card", "member", "credit-card", MemberUse.NEEDED, _bind_fields, _nothing,
        _by(cards.bind_card),
    ),
    OperationSpec(
        "block_card", "member", "credit-card", MemberUse.NEEDED, _block_fields, _nothing,
        _by(cards.block_card),
    ),
    OperationSpec(
        "unblock_card", "member", "credit-card", MemberUse.NEEDED, _unblock_fields, _look_unblock,
        _by(cards.unblock_card),
    ),
    OperationSpec(
        "replace_card", "member", "credit-card", MemberUse.NEEDED, _replace_fields, _look_replace,
        _by(cards.replace_card),
    ),
    OperationSpec(
        "set_card_pin", "member", "credit-card", MemberUse.NEEDED, _pin_fields, _look_pin,
        card_pins.set_card_pin,
    ),
    OperationSpec(
        "transfer_points", "member", "coins", MemberUse.NEEDED, _transfer_fields, _look_transfer,
        _by(transfer.transfer_points),
    ),
)  # fmt: skip
