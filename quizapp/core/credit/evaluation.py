"""What a participant is asked about an activity, as data; and what is wrong with the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

LONGEST_ANSWER = 2_000


@dataclass(frozen=True)
class Asked:
    """One question. `options`: value → words, of a choice; `needed_if`: (id, value) of a choice that makes a text
    necessary."""

    id: str
    label: str
    kind: Literal["text", "choice"]
    options: tuple[tuple[str, str], ...] = ()
    required: bool = False
    needed_if: tuple[str, str] | None = None


FORM: tuple[Asked, ...] = (
    Asked(
        "objectives",
        "Did the activity meet its objectives?",
        "choice",
        (("all", "All of them"), ("some", "Some of them"), ("none", "None of them")),
        required=True,
    ),
    Asked("change", "What will you change in your practice?", "text", required=True),
    Asked("barriers", "What stands in the way of it?", "text"),
    Asked("bias", "Did you find commercial bias in it?", "choice", (("no", "No"), ("yes", "Yes")), required=True),
    Asked("bias_where", "Where, and what kind of bias?", "text", needed_if=("bias", "yes")),
    Asked("comment", "What else should its authors know?", "text"),
)
"""The form where an edition brings none of its own. The ids `change` and `bias` are what reports count by."""


def read_form(body: Mapping[str, Any]) -> tuple[Asked, ...]:
    """The form of an edition, as it was frozen in its body; FORM where it brings none."""
    own: Sequence[Mapping[str, Any]] = body.get("evaluation") or ()
    if not own:
        return FORM
    return tuple(
        Asked(
            id=str(one["id"]),
            label=str(one["label"]),
            kind="choice" if one.get("options") else "text",
            options=tuple((str(value), str(words)) for value, words in one.get("options", ())),
            required=bool(one.get("required")),
            needed_if=(str(one["needed_if"][0]), str(one["needed_if"][1])) if one.get("needed_if") else None,
        )
        for one in own
    )


def problems(form: Sequence[Asked], answers: Mapping[str, str]) -> dict[str, str]:
    """Id of a question → why its answer cannot be taken; empty when all can."""
    found = {}
    for asked in form:
        answer = answers.get(asked.id, "").strip()
        needed = asked.required or (
            asked.needed_if is not None and answers.get(asked.needed_if[0]) == asked.needed_if[1]
        )
        if not answer:
            if needed:
                found[asked.id] = _what_to_do(asked)
        elif asked.kind == "choice" and answer not in dict(asked.options):
            found[asked.id] = "Choose one of those offered."
        elif len(answer) > LONGEST_ANSWER:
            found[asked.id] = f"Keep it within {LONGEST_ANSWER:,} characters; this has {len(answer):,}."
    return found


def _what_to_do(asked: Asked) -> str:
    """About a needed answer that is empty. What another answer calls for, as a bias that was found, is not nothing."""
    if asked.kind == "choice":
        return "Choose one."
    return "Write a sentence; “nothing” is one too." if asked.required else "Write a sentence about it."


def kept(form: Sequence[Asked], answers: Mapping[str, str]) -> dict[str, str]:
    """The answers as they are stored: of the form’s questions only, without what was left empty."""
    return {asked.id: text for asked in form if (text := answers.get(asked.id, "").strip())}
