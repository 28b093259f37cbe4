"""The form of a parameterised question that draws a history of treatment and asks for its stage or score."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from decimal import Decimal
from html import escape
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from quizapp.core import drawn_history
from quizapp.core.drawn_history import STAGES, UNLESS
from quizapp.core.staging import Staging
from quizapp.core.treatment_history import History
from quizapp.itemtypes import Json, Problem, measured, token
from quizapp.itemtypes.fields import Fields
from quizapp.itemtypes.measured import RIGHT
from quizapp.itemtypes.parameterised.values import IN_FORMULA, PLACE, Path, replaced

OVER, UNDER = "over", "under"
HISTORY = "history"
PLACES = (HISTORY, "months", "severity")
_ALONE = re.compile(r"(?:\A|\n\n)\{history\}(?:\n\n|\Z)")
SAMPLE = 300
"""Histories that a check draws."""
_Result = Annotated[str, StringConstraints(pattern=r"^(?:[IV]{1,3}|[0-9]{1,2}(?:\.5)?)$")]
_Trials = Annotated[int, Field(ge=drawn_history.FEWEST, le=drawn_history.MOST)]


class DrawnHistory(Fields):
    """Which model is asked, and what may be drawn: `results` narrows the stage or score, `fewest` and `most` the number
    of trials."""

    model: Literal["thase_rush", "mgh_s", "msm"]
    results: list[_Result] = Field(default=[], max_length=16)
    fewest: _Trials = 3
    most: _Trials = 5


def check(content: Json) -> list[Problem]:
    asked, problems = content["history"], list(_texts(content))
    if asked["fewest"] > asked["most"]:
        problems.append(Problem(("history", "fewest"), "bad-parameter", "“fewest” is more than “most”."))
    if problems:
        return problems
    rng = random.Random(8431)  # the same sample on every run
    found = set(_drawn_results(asked, rng))
    for place, wanted in enumerate(asked["results"]):
        if wanted not in found:
            message = f"Histories with the result {wanted} hardly ever come up; leave it out."
            problems.append(Problem(("history", "results", place), "unmet-constraints", message))
    return problems


def _drawn_results(asked: Json, rng: random.Random) -> Iterator[str]:
    """Results of a sample. It ends with the first draw that is in vain: that tried hundreds of histories already."""
    for _ in range(SAMPLE):
        try:
            history = _draw(asked, rng)
        except ValueError:
            return
        yield _result(asked["model"], history)[0]


def _texts(content: Json) -> list[Problem]:
    problems: list[Problem] = []
    stem = content.get("stem")
    if stem is not None and not _ALONE.search(stem):
        problems.append(Problem(("stem",), "placeholder", "“{history}” stands in a paragraph of its own in the stem."))
    places: list[tuple[Path, str]] = [((name,), content.get(name) or "") for name in ("stem", "why", "explanation")]
    places += [((name,), content.get(name) or "") for name in ("lead_in", "take_home")]
    for path, text in places:
        known = PLACES if path == ("stem",) else PLACES[1:] if path[0] in ("why", "explanation") else ()
        bare = IN_FORMULA.sub("", text)
        unknown = [found[0] for found in PLACE.finditer(bare) if found[1] not in known]
        if unknown or "{" in PLACE.sub("", bare) or "}" in PLACE.sub("", bare):
            may = f"; here may stand {' and '.join('{' + name + '}' for name in known)}" if known else ""
            what = unknown[0][:40] if unknown else "A brace"
            problems.append(Problem(path, "placeholder", f"{what} has no meaning{may}."))
    return problems


def lay_out(content: Json, rng: random.Random) -> Json:
    asked = content["history"]
    try:
        history = _draw(asked, rng)
    except ValueError:  # of a question that is half written
        history = drawn_history.draw(asked["model"], (), drawn_history.FEWEST, drawn_history.MOST, rng)
    order = [f"s{number}" for number in range(1, len(STAGES) + 1)]
    return {"history": drawn_history.to_json(history)} | ({"options": order} if asks_stage(content) else {})


def _draw(asked: Json, rng: random.Random) -> History:
    fewest, most = sorted((asked["fewest"], asked["most"]))
    return drawn_history.draw(asked["model"], asked["results"], fewest, most, rng)


def asks_stage(content: Json) -> bool:
    """Whether a stage is chosen and no number typed."""
    return bool(content["history"]["model"] == "thase_rush")


def fill(content: Json, layout: Json) -> Json:
    """The history in the stem, and the result as a `value` or as options."""
    history = drawn_history.from_json(layout["history"])
    texts = {"months": str(history.months), "severity": history.severity.label}
    made = {name: replaced(content[name], texts) for name in ("stem", "why", "explanation") if content.get(name)}
    if "stem" in made:
        made["stem"] = _with_lines(made["stem"], drawn_history.tell(history))
    result = _result(content["history"]["model"], history)[0]
    if not asks_stage(content):
        return content | made | {"value": result}
    options = [
        {"id": f"s{number}", "text": f"Stage {stage}", "key": stage == result, "why": ""}
        for number, stage in enumerate(STAGES, 1)
    ]
    return content | made | {"options": options}


def _with_lines(stem: str, lines: tuple[str, ...]) -> str:
    """The history as a numbered list: HTML where the stem is rendered, Markdown where it is as written."""
    listed = "".join(f"<li>{escape(line, quote=False)}</li>" for line in lines)
    numbered = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    rendered = stem.replace("<p>{history}</p>", f"<p>{UNLESS}</p>\n<ol>{listed}</ol>")
    return rendered.replace("{history}", f"{UNLESS}\n\n{numbered}")


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    if not asks_stage(content):
        return measured.show(content, answer)
    chosen = answer["choice"] if answer else None
    return {
        "options": [
            {"token": token(layout["options"], name), "text": f"Stage {stage}", "chosen": name == chosen}
            for name, stage in zip(layout["options"], STAGES, strict=True)
        ]
    }


def judge(content: Json, answer: Json) -> str | None:
    """“right”, “over” or “under”; None for what is neither. Raises KeyError or ValueError for another answer."""
    if "number" not in answer and "choice" not in answer:
        return None
    result = _result(content["history"]["model"], drawn_history.from_json(answer["history"]))[0]
    if asks_stage(content):
        off = Decimal(int(answer["choice"][1:]) - 1 - STAGES.index(result))
    else:
        off = Decimal(answer["number"]) - Decimal(result)
    return RIGHT if off == 0 else OVER if off > 0 else UNDER


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    """The result and how it is counted, step by step; statements are named as far as the question names them too."""
    history = drawn_history.from_json(layout["history"])
    result, working = _result(content["history"]["model"], history)
    judged = judge(content, answer) if answer else None
    stage = "Stage " if asks_stage(content) else ""
    if not answer:
        given = None
    elif stage:
        given = f"Stage {STAGES[int(answer['choice'][1:]) - 1]}"
    else:
        given = measured.restated(answer)
    facts = set(content.get("facts") or ())
    return {
        "value": f"{stage}{result}",
        "low": None,
        "high": None,
        "unit": None,
        "given": given,
        "right": judged == RIGHT,
        "why": fill(content, layout).get("why") or "",
        "given_why": None,
        "class": RIGHT,
        "given_class": judged,
        "label": working.label,
        "working": [
            {
                "standing": step.standing.value,
                "text": step.text,
                "points": step.points,
                "facts": [name for name in step.facts if name in facts],
            }
            for step in working.steps
        ],
    }


def _result(model: str, history: History) -> tuple[str, Staging]:
    found = drawn_history.result(model, history)
    if found is None:
        raise ValueError("this history has no result of its own")
    return found.text, found.staging
