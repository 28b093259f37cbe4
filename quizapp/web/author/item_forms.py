"""The form of a question of any type: what all have in common, around the fields of the type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from werkzeug.datastructures import MultiDict

from quizapp import itemtypes
from quizapp.formats.native import ItemHead
from quizapp.itemtypes.editing import (
    Asked,
    Choice,
    Group,
    Json,
    Line,
    Lines,
    Offers,
    Pairs,
    Picks,
    Told,
    Words,
    blank,
    body,
    offer,
)

KEPT = ("id", "type", "state", "signoff")
"""What is not written in the form: identity, and what the workflow decides."""
BLOOM = (
    ("remember", "Remember"),
    ("understand", "Understand"),
    ("apply", "Apply"),
    ("analyse", "Analyse"),
    ("evaluate", "Evaluate"),
)
DIFFICULTY = (("easy", "Easy"), ("medium", "Medium"), ("hard", "Hard"))
POOLS = (("practice", "Practice: anybody may meet it"), ("secure", "Secure: kept for examinations that count"))


class Excuse(Group):
    """Why a rule of the linter does not hold here."""

    rule = Choice("Rule", offer="rules")
    reason = Words("Because", inline=True)


class Head(Group):
    """What every question has before its own fields."""

    objective = Choice("Objective", offer="objectives", description="What somebody can do who answers it: “You can …”.")
    also = Picks("Further objectives", kind="objective")
    lesson = Choice("Paragraph of a lesson", offer="sections", first="None", description="Where a miss leads.")
    pool = Choice("Pool", choices=POOLS, first="", default="practice")
    bloom = Choice("What it asks of the mind", choices=BLOOM)
    difficulty = Choice("Difficulty, by your estimate", choices=DIFFICULTY)
    facts = Picks("Facts", kind="fact", description="What the key rests on.")
    references = Picks("References", kind="reference", description="Where the answer can be read.")
    authors = Lines("Authors", description="One a line.")
    enemies = Picks("Enemies", kind="item", description="Questions that give each other away; never in one session.")
    region = Line("Region", description="Only where a label or guideline of one region is meant.")
    review_by = Line("To be looked at again by", kind="date")
    lint = Pairs(Excuse, "Exceptions from the rules", one="Exception", most=40)
    note = Words("Note to authors", description="Learners never see it.")


class Vignette(Group):
    """What a container says before its parts."""

    stem = Words("Vignette", description="What is known from the start; each part may tell more.")


@cache
def form_for(type_name: str) -> type[Group]:
    """The form of a question of one type. Raises KeyError for a name that is no type."""
    own = body(type_name)
    before = Vignette if itemtypes.is_container(type_name) else Asked
    return cast(type[Group], type(f"Edit_{type_name}", (Told, own, before, Head), {}))


def with_rows(content: Mapping[str, Any]) -> Json:
    """A question with empty rows where it has none: rows without a word are not stored, and nobody begins with none."""
    rows = {name: begun for name, begun in blank(content["type"]).items() if isinstance(begun, list)}
    return {**content, **{name: begun for name, begun in rows.items() if not content.get(name)}}


def filled(content: Mapping[str, Any], offers: Offers) -> Group:
    """The form with a question in it. `content`: its fields as a file states them, complete or not."""
    form = form_for(content["type"])(data={name: value for name, value in content.items() if name not in KEPT})
    offer(form, offers)
    return form


def sent(kept: Mapping[str, Any], formdata: MultiDict[str, str], offers: Offers) -> Group:
    """The form as it was sent; `kept` is the question as it was before."""
    form = form_for(kept["type"])(formdata)
    offer(form, offers)
    return form


def said(kept: Mapping[str, Any], form: Group) -> Json:
    """What the form says, in the order of a file; rows without a word are still in it."""
    values = {name: kept[name] for name in KEPT if kept.get(name) is not None} | form.said
    order = [*ItemHead.model_fields, *values]
    return {name: values[name] for name in dict.fromkeys(order) if name in values}


def worded(value: Any) -> Any:
    """What remains without the rows in which nobody has written anything but a tick."""
    if isinstance(value, dict):
        return {name: worded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [worded(part) for part in value if not (isinstance(part, dict) and is_blank(part))]
    return value


def is_blank(row: Mapping[str, Any]) -> bool:
    """A part that was added is meant, whatever it holds."""
    return "type" not in row and not _has_words(row)


def _has_words(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_words(part) for name, part in value.items() if name != "id")
    if isinstance(value, list):
        return any(_has_words(part) for part in value)
    return value not in ("", None) and not isinstance(value, bool)
