"""Cloze: a text with blanks, each to be typed or chosen from a short list."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable, luck, per_step
from quizapp.itemtypes import Example, Json, Problem, Submitted, permanent_id, token, typed
from quizapp.itemtypes.fields import Choice, Fields, InnerId, Markdown, Refusal, Text, repeated

PLACE = re.compile(r"\{\{([a-z][a-z0-9]{0,11})\}\}")
_HIDDEN = re.compile(r"`[^`\n]*\{\{[^`\n]*`|\]\([^)\n]*\{\{|\$[^$\n]*\{\{[^$\n]*\$|<[^>\n]*\{\{")
"""Places in Markdown where a blank would end up inside code, an address or a formula."""


class Blank(Fields):
    id: InnerId
    accept: list[Text] = Field(default=[], max_length=30)
    options: list[Choice] = Field(default=[], max_length=8)
    why: Markdown | None = None
    refuse: list[Refusal] = Field(default=[], max_length=12)


class Body(Fields):
    text: Markdown
    blanks: list[Blank] = Field(min_length=1, max_length=12)


def check(content: Json) -> list[Problem]:
    places, blanks = PLACE.findall(content["text"]), content["blanks"]
    ids = [blank["id"] for blank in blanks]
    problems = [Problem(("blanks",), "repeated-id", f"Two blanks have the id “{name}”.") for name in repeated(ids)]
    problems += [
        Problem(("text",), "repeated-blank", f"The blank {{{{{name}}}}} stands twice in the text.")
        for name in repeated(places)
    ]
    problems += [
        Problem(("text",), "unknown-blank", f"The text has a blank {{{{{name}}}}} that is not among the blanks.")
        for name in sorted(set(places) - set(ids))
    ]
    problems += [
        Problem(("blanks", place), "unplaced-blank", f"The blank “{name}” has no {{{{{name}}}}} in the text.")
        for place, name in enumerate(ids)
        if name not in places
    ]
    if _HIDDEN.search(content["text"]):
        problems.append(Problem(("text",), "hidden-blank", "A blank stands inside code, a link or a formula."))
    for place, blank in enumerate(blanks):
        problems += _check_blank(("blanks", place), blank)
    return problems


def _check_blank(path: tuple[str | int, ...], blank: Json) -> list[Problem]:
    if bool(blank["accept"]) == bool(blank["options"]):
        return [Problem(path, "blank-kind", "A blank has either “accept” (typed) or “options” (chosen).")]
    if blank["accept"]:
        missing = [] if blank["why"] else [Problem(path, "no-why", "A typed blank needs a “why”.")]
        return typed.check(path, blank["accept"], blank["refuse"]) + missing
    keys = sum(option["key"] for option in blank["options"])
    problems = [
        Problem((*path, "options"), rule, f"{what} “{text}” stands twice in one blank.")
        for rule, what, texts in (
            ("repeated-id", "The option id", [option["id"] for option in blank["options"]]),
            ("duplicate-option", "The option", [option["text"].casefold() for option in blank["options"]]),
        )
        for text in repeated(texts)
    ]
    if keys != 1:
        rule = "several-keys" if keys else "no-key"
        problems.append(Problem((*path, "options"), rule, f"{keys} options of the blank are keys; one must be."))
    if len(blank["options"]) < 2:
        problems.append(Problem((*path, "options"), "no-distractor", "A blank to choose from needs two options."))
    if blank["refuse"]:
        problems.append(Problem((*path, "refuse"), "blank-kind", "Only a typed blank can refuse answers."))
    return problems


def lay_out(content: Json, rng: random.Random) -> Json:
    options = {}
    for blank in sorted(content["blanks"], key=lambda blank: str(blank["id"])):
        if blank["options"]:
            options[blank["id"]] = [option["id"] for option in blank["options"]]
            rng.shuffle(options[blank["id"]])
    return {"blanks": PLACE.findall(content["text"]), "options": options}


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    blanks = {blank["id"]: blank for blank in content["blanks"]}
    given = answer["blanks"] if answer else {}
    faces = {}
    for name in layout["blanks"]:
        order = layout["options"].get(name)
        faces[name] = {"token": token(layout["blanks"], name), "options": None, "typed": given.get(name, "")}
        if order:
            texts = {option["id"]: option["text"] for option in blanks[name]["options"]}
            faces[name] |= {
                "typed": "",
                "options": [
                    {"token": token(order, one), "text": texts[one], "chosen": one == given.get(name)} for one in order
                ],
            }
    return {"pieces": _pieces(content["text"], faces)}


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    given: dict[str, str] = {}
    refused: list[NotGradable] = []
    for name in layout["blanks"]:
        field = f"blank-{token(layout['blanks'], name)}"
        sent = submitted.get(field, ())
        order = layout["options"].get(name)
        read = _read_choice(sent, field, order) if order else typed.read(sent, field)
        if isinstance(read, NotGradable):
            refused.append(read)
        else:
            given[name] = read
    if not refused:
        return {"blanks": given}
    fields = tuple(field for one in refused for field in one.fields)
    if not given:
        return NotGradable("Fill in every blank first.", fields)
    if len(refused) == 1:
        return NotGradable(f"One blank is still open. {refused[0].message}", fields, {"blanks": given})
    return NotGradable(f"{len(refused)} blanks are still open. The others are kept.", fields, {"blanks": given})


def _read_choice(sent: Sequence[str], field: str, order: Sequence[str]) -> str | NotGradable:
    choice = permanent_id(order, sent[0]) if len(sent) == 1 else None
    return choice or NotGradable("Choose one of the words offered.", (field,))


def grade(content: Json, answer: Json | None) -> Grade:
    given = answer["blanks"] if answer else {}
    judged = {blank["id"]: _judge(blank, given.get(blank["id"])) for blank in content["blanks"]}
    classes = tuple(f"{name}={fate}" for name, (fate, _) in sorted(judged.items()) if fate)
    return per_step([right for _, right in judged.values()], classes)


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    blanks = {blank["id"]: blank for blank in content["blanks"]}
    given = answer["blanks"] if answer else {}
    rows = {
        name: _explain_blank(blanks[name], layout["options"].get(name), given.get(name)) for name in layout["blanks"]
    }
    for name, row in rows.items():
        row["token"] = token(layout["blanks"], name)
    return {"pieces": _pieces(content["text"], rows), "blanks": list(rows.values())}


def _explain_blank(blank: Json, order: Sequence[str] | None, given: str | None) -> Json:
    """`chosen` tells whether `given` and `answer` are rendered HTML (chosen) or plain text (typed)."""
    fate, right = _judge(blank, given)
    row: Json = {"chosen": bool(blank["options"]), "right": right, "given": given, "why": blank["why"]}
    if not blank["options"]:
        why = typed.reason(fate, blank["refuse"])
        return row | {
            "answer": blank["accept"][0],
            "also": typed.others(blank["accept"]),
            "given_why": why,
            "others": [],
            "class": f"{blank['id']}={typed.RIGHT}",
        }
    by_id = {option["id"]: option for option in blank["options"]}
    key = next(option for option in blank["options"] if option["key"])
    own = by_id.get(given or "")
    return row | {
        "answer": key["text"],
        "also": [],
        "given": own["text"] if own else None,
        "given_why": own["why"] if own and not right else None,
        "why": key["why"],
        "others": [
            {"text": by_id[name]["text"], "why": by_id[name]["why"]}
            for name in order or []
            if name not in (key["id"], given)
        ],
        "class": f"{blank['id']}={key['id']}",
    }


def _judge(blank: Json, given: str | None) -> tuple[str, bool]:
    """The class of what was given for a blank ("" for nothing), and whether it is right."""
    if given is None:
        return "", False
    if blank["options"]:
        return given, any(option["key"] and option["id"] == given for option in blank["options"])
    fate = typed.judge(given, blank["accept"], blank["refuse"])
    return fate, fate == typed.RIGHT


def _pieces(rendered: str, blanks: Json) -> list[Json]:
    """The rendered text cut at its blanks: each piece is `html`, or a `blank`."""
    cut = PLACE.split(rendered)
    pieces = [{"html": cut[0], "blank": None}]
    for name, html in zip(cut[1::2], cut[2::2], strict=True):
        pieces += [{"html": "", "blank": blanks[name]}, {"html": html, "blank": None}]
    return pieces


def chance(content: Json) -> float:
    return luck([1 / len(blank["options"]) if blank["options"] else 0.0 for blank in content["blanks"]])


def examples() -> list[Example]:
    content = {
        "text": "Mirtazapine blocks {{rec}} on noradrenergic terminals, so that release {{dir}}.",
        "blanks": [
            {
                "id": "dir",
                "accept": [],
                "options": [
                    {"id": "up", "text": "rises", "key": True, "why": "The brake is gone."},
                    {"id": "down", "text": "falls", "key": False, "why": "That would follow stimulation."},
                ],
                "why": None,
                "refuse": [],
            },
            {
                "id": "rec",
                "accept": ["α2-autoreceptors"],
                "options": [],
                "why": "They sit on the terminal itself.",
                "refuse": [{"id": "het", "texts": ["α2-heteroreceptors"], "why": "Those sit on other terminals."}],
            },
        ],
    }
    return [
        Example(
            content, {"blank-rec": ["alpha2 autoreceptor"], "blank-dir": ["up"]}, Grade(2, 2, ("dir=up", "rec=right"))
        ),
        Example(
            content,
            {"blank-rec": ["a2 heteroreceptors"], "blank-dir": ["up"]},
            Grade(1, 2, ("dir=up", "rec=wrong:het")),
        ),
        Example(
            content, {"blank-rec": ["transporters"], "blank-dir": ["down"]}, Grade(0, 2, ("dir=down", "rec=other"))
        ),
        Example(content, {}, NotGradable),
        Example(content, {"blank-rec": [""], "blank-dir": ["up"]}, NotGradable),
        Example(content, {"blank-rec": ["x" * 300], "blank-dir": ["up"]}, NotGradable),
        Example(content, {"blank-rec": ["transporters"], "blank-dir": ["z"]}, NotGradable),
    ]
