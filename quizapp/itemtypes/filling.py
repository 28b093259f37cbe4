"""A form filled in by nobody: what would be sent for a right answer, or for a wrong one, to any question.

Reads the content in the vocabulary that all types share: rows with the choice that is their key, elements in their
order, blanks, options with a key, something typed. A type with words of its own has to be added here; the contract test
notices.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from decimal import Decimal

from quizapp import itemtypes
from quizapp.core.grading import NotGradable
from quizapp.itemtypes import Json, Part, token

TABLES = (("rows", "columns"), ("premises", "responses"), ("vignettes", "options"))
"""Where a list of rows stands, and the choices that are given to them."""
TRIES = 200
UNKNOWN = "no idea"
Form = dict[str, list[str]]


def fill(part: Part, layout: Json, *, right: bool, rng: random.Random) -> Form:
    """The form fields of an answer that counts as right, or does not (`Grade.right`). `layout`: that of the part.

    Raises ValueError for a question to which no such answer was found.
    """
    verbs = itemtypes.get(part.type)
    asked = itemtypes.filled(part, layout)
    for _ in range(1 if right else TRIES):
        form = _form(asked, layout, right, rng)
        answer = verbs.parse(part.content, layout, form)
        if not isinstance(answer, NotGradable) and verbs.grade(part.content, answer).right is right:
            return form
    raise ValueError(f"no {'right' if right else 'wrong'} answer to a question of the type {part.type} was found")


def _form(content: Json, layout: Json, right: bool, rng: random.Random) -> Form:
    for rows, choices in TABLES:
        if rows in content:
            return _table(content[rows], layout[rows], layout[choices], right, rng)
    if "elements" in content:
        order = [element["id"] for element in content["elements"]]
        order = order if right else rng.sample(order, len(order))
        return {f"place-{token(layout['elements'], name)}": [str(place)] for place, name in enumerate(order, 1)}
    if "blanks" in content:
        return {
            f"blank-{token(layout['blanks'], blank['id'])}": [_blank(blank, layout["options"], right, rng)]
            for blank in content["blanks"]
        }
    if "accept" in content:
        return {"text": [_typed(content, right, rng)]}
    if "votes" in content:
        return {"choice": [_on_the_scale(content, layout, right, rng)]}
    if "value" in content:
        return {"number": [_number(content, right, rng)]}
    return {"choice": _choice(content, layout, right, rng)}


def _table(
    rows: Sequence[Mapping[str, str]], order: Sequence[str], choices: Sequence[str], right: bool, rng: random.Random
) -> Form:
    """Who does not know still gets some rows right."""
    return {
        f"row-{token(order, row['id'])}": [
            token(choices, row["key"] if right or rng.random() < 0.5 else rng.choice(choices))
        ]
        for row in rows
    }


def _blank(blank: Json, orders: Mapping[str, Sequence[str]], right: bool, rng: random.Random) -> str:
    if not blank["options"]:
        return _typed(blank, right, rng)
    key = next(option["id"] for option in blank["options"] if option["key"])
    order = orders[blank["id"]]
    return token(order, key if right else rng.choice(order))


def _typed(content: Json, right: bool, rng: random.Random) -> str:
    refused = [text for group in content["refuse"] for text in group["texts"]]
    return str(content["accept"][0] if right else rng.choice([*refused, UNKNOWN]))


def _number(content: Json, right: bool, rng: random.Random) -> str:
    value = Decimal(content["value"])
    slips = [Decimal(wrong["value"]) for wrong in content["wrong"]]
    slips += [value * 10, value / 10, value + 1 + 2 * Decimal(content["tolerance"])]
    return f"{format(value if right else rng.choice(slips), 'f')} {content['unit'] or ''}".strip()


def _on_the_scale(content: Json, layout: Json, right: bool, rng: random.Random) -> str:
    """What most of a panel voted for, or anything; steps run from −2 upwards."""
    votes = [int(content["votes"].get(str(step), 0)) for step in range(-2, 3)]
    place = votes.index(max(votes)) if right else rng.randrange(len(votes))
    return token(layout["options"], layout["options"][place])


def _choice(content: Json, layout: Json, right: bool, rng: random.Random) -> list[str]:
    if "answer" in content:
        keys, order = [str(content["answer"]).lower()], layout["options"]
    else:
        listed = "regions" if "regions" in content else "options"
        keys, order = [one["id"] for one in content[listed] if one["key"]], layout[listed]
    if right:
        return [token(order, key) for key in keys]
    several = "scoring" in content
    return [token(order, name) for name in rng.sample(order, rng.randint(1, len(order)) if several else 1)]
