"""What an author must mend in a parameterised question: each formula by itself, then the question as it would be drawn.

Every set of values is tried where there are few; else a sample that is the same on every run.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from quizapp.core import formula
from quizapp.core.formula import Fault, Formula
from quizapp.itemtypes import Json, Problem
from quizapp.itemtypes.fields import repeated
from quizapp.itemtypes.parameterised.values import (
    ANSWER,
    IN_FORMULA,
    PLACE,
    TRIES,
    Path,
    Stuck,
    Worked,
    asked,
    draw,
    every,
    is_number,
    sentences,
    space,
)

STEPS = 60_000
"""Steps of formulas that one check may take: less than half a second."""
LEAST_TRIED, MOST_TRIED = 400, 2_000
RANGE = 10_000
"""Values of one parameter."""
FEWEST = 3
"""Different sets of values below which a question is better written out."""
RARE = 20
"""One draw in so many must meet the constraints."""
BEFORE = ("stem", "reveal")
AFTER = ("explanation", "why")
BARE = ("lead_in", "take_home")


def check(content: Json) -> list[Problem]:
    """Everything that is wrong; the values are only tried once the formulas can be read."""
    problems = [*_parameters(content), *_formulas(content)]
    return problems + list(_texts(content)) or list(_tried(content))


# --- each by itself ---------------------------------------------------------------------------------------------------


def _parameters(content: Json) -> Iterator[Problem]:
    listed = content["parameters"]
    names = [one["name"] for one in (*listed, *content["worked"])]
    for name in repeated(names):
        yield Problem(("parameters",), "repeated-name", f"Two values have the name “{name}”.")
    for group in ("parameters", "worked"):
        for place, one in enumerate(content[group]):
            if one["name"] in (*formula.FUNCTIONS, ANSWER):
                message = f"“{one['name']}” has a meaning of its own in formulas; choose another name."
                yield Problem((group, place, "name"), "reserved-name", message)
    by_name = {one["name"]: one for one in listed}
    for place, one in enumerate(listed):
        for inside, message in _parameter(one, by_name):
            yield Problem(("parameters", place, *inside), "bad-parameter", message)


def _parameter(one: Json, by_name: Mapping[str, Json]) -> Iterator[tuple[Path, str]]:
    name, low, high, step = one["name"], one["low"], one["high"], one["step"]
    if bool(one["choices"]) == (low is not None or high is not None):
        yield (), f"“{name}” has either “low” and “high”, or “choices”."
    elif one["choices"]:
        if twice := repeated(one["choices"]):
            if one["follows"] is None:
                yield ("choices",), f"“{twice[0]}” stands twice among the choices of “{name}”."
        elif len(one["choices"]) < 2:
            yield ("choices",), f"“{name}” has one choice only; write it into the text."
    elif low is None or high is None:
        yield (), f"“{name}” needs both “low” and “high”."
    elif Decimal(low) >= Decimal(high):
        yield ("high",), f"“{name}” ends at {high}, which is not above {low}."
    elif (Decimal(high) - Decimal(low)) // Decimal(step) >= RANGE:
        yield ("step",), f"“{name}” has more than {RANGE:,} values; take larger steps."
    elif (Decimal(high) - Decimal(low)) % Decimal(step):
        yield ("step",), f"Steps of {step} from {low} do not reach {high}."
    if one["follows"] is None:
        return
    leader = by_name.get(one["follows"])
    if leader is None or leader["follows"] is not None or not leader["choices"] or not one["choices"]:
        yield ("follows",), f"“{name}” can follow only a parameter with choices that follows nothing itself."
    elif len(leader["choices"]) != len(one["choices"]):
        counts = f"{len(one['choices'])} choices, “{leader['name']}” has {len(leader['choices'])}"
        yield ("follows",), f"“{name}” has {counts}; each belongs to one."


def _formulas(content: Json) -> Iterator[Problem]:
    drawn = {one["name"] for one in content["parameters"] if not one["choices"] or all(map(is_number, one["choices"]))}
    hints = {one["name"]: "is a word and no number" for one in content["parameters"] if one["name"] not in drawn}
    hints |= {one["name"]: "is worked out further down; a value uses only those above it" for one in content["worked"]}
    for path, text, decides, known in _written(content, drawn):
        try:
            read = formula.read(text)
            _known(read, text, known, hints)
        except Fault as fault:
            yield Problem(path, "formula", str(fault))
            continue
        if decides and not read.decides:
            yield Problem(path, "formula", "A constraint is a condition, such as dose > 30.")
        elif read.decides and not decides:
            yield Problem(path, "formula", "This is a condition; a number is wanted.")


def _written(content: Json, drawn: Collection[str]) -> Iterator[tuple[Path, str, bool, set[str]]]:
    """Every formula with its place, whether it is a condition, and the names it may use.

    A value is worked out from those above it, so that none can lead back to itself.
    """
    known = set(drawn)
    for place, one in enumerate(content["worked"]):
        yield ("worked", place, "formula"), one["formula"], False, set(known)
        known.add(one["name"])
    if content["formula"] is not None:
        yield ("formula",), content["formula"], False, known
    for name in ("options", "wrong"):
        for place, one in enumerate(content[name]):
            yield (name, place, "formula"), one["formula"], False, known | ({ANSWER} if name == "wrong" else set())
    for place, text in enumerate(content["constraints"]):
        yield ("constraints", place), text, True, known | {ANSWER}


def _known(read: Formula, text: str, known: Collection[str], hints: Mapping[str, str]) -> None:
    for name in sorted(read.names - set(known)):
        place = text.find(name) + 1
        if name in hints:
            raise Fault(place, f"“{name}” {hints[name]}.")
        raise Fault(place, f"there is no value “{name}” here{_nearest(name, known)}.")


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f" (nearest: {near[0]})" if near else f"; there is {', '.join(names)}" if names else ""


def _texts(content: Json) -> Iterator[Problem]:
    values = {one["name"] for group in ("parameters", "worked") for one in content[group]}
    for path, text in _told(content):
        after = path[0] in AFTER or len(path) > 1
        known = values | {ANSWER} if after else values
        if path[0] in BARE:
            if PLACE.search(text):
                message = "The question itself and the key point are read in lists too; let them hold no drawn value."
                yield Problem(path, "placeholder", message)
            continue
        for found in IN_FORMULA.finditer(text):
            if any(each[1] in known for each in PLACE.finditer(found.group())):
                yield Problem(path, "placeholder", "A drawn value cannot stand between “$”; write the formula as text.")
        rest = IN_FORMULA.sub("", text)
        for found in PLACE.finditer(rest):
            if found[1] == ANSWER and not after:
                yield Problem(path, "placeholder", "“{answer}” would give the answer away here.")
            elif found[1] not in known:
                message = f"There is no value “{found[1][:20]}” to put here{_nearest(found[1], known)}."
                yield Problem(path, "placeholder", message)
        if "{" in PLACE.sub("", rest) or "}" in PLACE.sub("", rest):
            yield Problem(path, "placeholder", "A brace stands alone; a drawn value is written {dose}.")


def _told(content: Json) -> Iterator[tuple[Path, str]]:
    for name in (*BEFORE, *AFTER, *BARE):
        if content.get(name):
            yield (name,), content[name]
    for name in ("options", "wrong"):
        for place, one in enumerate(content[name]):
            yield (name, place, "why"), one["why"]


# --- as it would be drawn ---------------------------------------------------------------------------------------------


def _tried(content: Json) -> list[Problem]:
    size = space(content)
    steps = sum(_steps(content)) or 1
    most = min(max(STEPS // steps, LEAST_TRIED), MOST_TRIED)
    rng = random.Random(8431)  # the same sample on every run
    sample: Iterable[dict[str, str]] = every(content) if size <= most else (draw(content, rng) for _ in range(most))
    found: dict[tuple[str, Path], Problem] = {}
    fit: set[tuple[str, ...]] = set()
    tried = fitting = 0
    for drawn in sample:
        tried += 1
        try:
            if not Worked(content, drawn).fits(content):
                continue
            fitting += 1
            fit.add(tuple(drawn.values()))
            problem = next(faults(content, drawn), None)
        except Stuck as stuck:
            problem = Problem(stuck.path, "formula", str(stuck))
        if problem is not None:
            told = f"With {_listed(drawn)}: {problem.message[:1].lower()}{problem.message[1:]}"
            found.setdefault((problem.rule, problem.path), Problem(problem.path, problem.rule, told))
    if found:
        return list(found.values())
    return list(_drawable(content, size if size <= most else None, tried, fitting, len(fit)))


def _steps(content: Json) -> Iterator[int]:
    for _, text, _, _ in _written(content, ()):
        yield formula.read(text).size


def _drawable(content: Json, size: int | None, tried: int, fitting: int, different: int) -> Iterator[Problem]:
    """Whether enough sets of values meet the constraints. `size`: how many there are, None if only a sample was."""
    all_of = f"all {tried:,} sets of values" if size is not None else f"a sample of {tried:,} sets of values"
    if not fitting:
        yield Problem(("constraints",), "unmet-constraints", f"Nothing meets the constraints; {all_of} were tried.")
    elif fitting * RARE < tried:
        few = f"Only {fitting:,} of {tried:,} sets of values meet the constraints; let it be one in {RARE} at least."
        yield Problem(("constraints",), "unmet-constraints", f"{few} Narrow the ranges instead.")
    elif different < FEWEST:
        message = f"Only {different} different sets of values can be drawn; let there be {FEWEST}, or write them out."
        yield Problem(("parameters",), "too-few-values", message)


def faults(content: Json, drawn: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with the question under one set of values that meets its constraints. Raises Stuck."""
    sentences(content, drawn)
    made = asked(content, drawn)
    if not content["options"]:
        value, tolerance = Decimal(made["value"]), Decimal(content["tolerance"])
        for place, one in enumerate(made["wrong"]):
            if abs(Decimal(one["value"]) - value) <= tolerance:
                message = f"The wrong value {one['value']} is within the tolerance of the answer, {made['value']}."
                yield Problem(("wrong", place, "formula"), "contradiction", message)
        return
    key = next((one["text"] for one in made["options"] if one["key"]), None)
    seen: dict[str, str] = {}
    for place, one in enumerate(made["options"]):
        if not one["key"] and one["text"] == key:
            message = f"The option “{one['id']}” is {key}, which is the answer."
            yield Problem(("options", place, "formula"), "distractor-equals-key", message)
        elif one["text"] in seen:
            message = f"The options “{seen[one['text']]}” and “{one['id']}” are both {one['text']}."
            yield Problem(("options", place, "formula"), "duplicate-option", message)
        seen.setdefault(one["text"], one["id"])


def drawable(content: Json, rng: random.Random) -> dict[str, str]:
    """A set of values with which the question can be asked.

    If TRIES draws find none it is the last of them: so it goes with a question that is half written, and a check rules
    it out for others.
    """
    drawn: dict[str, str] = {}
    for _ in range(TRIES):
        drawn = draw(content, rng)
        try:
            if Worked(content, drawn).fits(content) and next(faults(content, drawn), None) is None:
                break
        except Stuck:
            continue
    return drawn


def _listed(drawn: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in drawn.items())
