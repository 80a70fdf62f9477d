"""What all presenters of a till share: the till, who works, the notice line, ways to screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sync.domain.refusals import Refusal
from terminal.presenters.parts_view import Tone
from terminal.presenters.ports import Jobs
from terminal.presenters.shell_view import NoticeView
from terminal.text import Text
from terminal.usecases.commits import Done
from terminal.usecases.outcome import Trouble
from terminal.usecases.shift import OpenShift
from terminal.usecases.till import Session, Till

NoticeMaker = Callable[[], NoticeView]
"""Makes a notice in the language in use."""


def _nothing(*_args: object) -> None:
    return None


@dataclass(slots=True)
class Hooks:
    """What the frame does for every presenter. `notice` None takes the line away; `go` brings a
    screen on show; `committed` prints and sends what was done; `reprint` prints a receipt again;
    `redraw` draws the frame again."""

    notice: Callable[[NoticeMaker | None], None] = _nothing
    go: Callable[[str], None] = _nothing
    committed: Callable[[Done], None] = _nothing
    reprint: Callable[[int], None] = _nothing
    redraw: Callable[[], None] = _nothing


@dataclass(slots=True)
class Desk:
    """One per window. `session`, `shift`: who works, in which shift, None when nobody does;
    `last_refusal`: why something was last not done, for whoever drives a window."""

    till: Till
    text: Text
    jobs: Jobs
    hooks: Hooks = field(default_factory=Hooks)
    session: Session | None = None
    shift: OpenShift | None = None
    last_refusal: Refusal | Trouble | None = None

    def say(
        self,
        code: str,
        tone: Tone = "accent",
        *,
        action: str = "",
        small: str = "",
        **params: object,
    ) -> None:
        """Put a sentence on the notice line; `action` names its button (`action.<name>`)."""
        self.hooks.notice(
            lambda: notice(self.text, code, tone, action=action, small=small, **params)
        )

    def refuse(self, refusal: Refusal | Trouble, *, action: str = "") -> None:
        """Say aloud why something was not done."""
        self.last_refusal = refusal
        small = refusal.code if isinstance(refusal, Trouble) else refusal.code.value
        tone: Tone = "bad" if isinstance(refusal, Trouble) else "warn"

        def made() -> NoticeView:
            label = self.text(f"action.{action}") if action else ""
            words = sentence_of(self.text, refusal)
            return NoticeView(words, tone, "circle-alert", action, label, small)

        self.hooks.notice(made)

    def quiet(self) -> None:
        """Take the notice away."""
        self.hooks.notice(None)


_ICONS = {"accent": "info", "ok": "circle-check", "warn": "triangle-alert", "bad": "circle-alert"}


def notice(
    text: Text,
    code: str,
    tone: Tone = "accent",
    *,
    action: str = "",
    small: str = "",
    **params: object,
) -> NoticeView:
    """A notice from a sentence's code."""
    return NoticeView(
        text(code, **params),
        tone,
        _ICONS.get(tone, "info"),
        action,
        text(f"action.{action}") if action else "",
        small,
    )


def sentence_of(text: Text, refusal: Refusal | Trouble) -> str:
    """The sentence of a refusal or a fault."""
    if isinstance(refusal, Trouble):
        code = f"fault.{refusal.code}"
        if not text.has(code):
            code = "fault.store_fault"
        return text.sentence(code, dict(refusal.params))
    return text.sentence(f"refusal.{refusal.code.value}", dict(refusal.params))
