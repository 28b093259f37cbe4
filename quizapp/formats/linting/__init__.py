"""The item-writing linter: flaws that help the test-wise or trouble the learner for nothing, found without any answers.

Pure: an item as plain JSON in, findings with their place out, so that the same rules serve files and the editor. The
rules follow the two families of the item-writing guide of the National Board of Medical Examiners: cues for the
test-wise, and irrelevant difficulty. Every rule has its section with a bad and a good example in `docs/linting.md`.
Whether an item can be read at all and whether its links hold is not decided here, but by `native`, the question types
and `crosscheck`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quizapp.formats.anatomy import take_apart
from quizapp.formats.linting import banks, care, cues, difficulty
from quizapp.formats.linting.found import Finding, Question

ITEM_RULES = {**cues.RULES, **difficulty.RULES, **care.RULES}
"""Rules that judge one item by itself, by name."""
REASON_RULES = ("idle-reason", "unknown-rule")
"""Rules about the reasons that an item gives under `lint`; they cannot be excused."""
RULES = (*ITEM_RULES, *banks.RULES, *REASON_RULES)


@dataclass(frozen=True)
class Report:
    """What was found, and what its authors have given a reason for. A finding without an item is about the bank."""

    findings: tuple[Finding, ...]
    excused: tuple[Finding, ...]


def lint(item: Mapping[str, Any]) -> Report:
    """Judge one item by itself."""
    found = list(_judged(Question(item, take_apart(item))))
    return _report([item], found, ITEM_RULES)


def lint_beside(item: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> Report:
    """Judge one item by itself and beside others of its bank: what `lint_bank` would find of this one."""
    question = Question(item, take_apart(item))
    found = list(_judged(question))
    beside = [Question(other, take_apart(other)) for other in others]
    found += [Finding(name, path, "given-away", said) for name, path, said in banks.given_away_by(question, beside)]
    return _report([item], found, RULES)


def gives_away(other: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    """What the rule *given-away* says of an item beside another that may hold its answer; "" for nothing. No excuse
    is asked for."""
    found = banks.given_away_by(Question(item, take_apart(item)), [Question(other, take_apart(other))])
    return next((said for _, _, said in found), "")


def lint_bank(items: Sequence[Mapping[str, Any]]) -> Report:
    """Judge the items of a bank, each by itself and all together."""
    questions = [Question(item, take_apart(item)) for item in items]
    found = [finding for question in questions for finding in _judged(question)]
    for name, rule in banks.RULES.items():
        found += [Finding(item, path, name, message) for item, path, message in rule(questions)]
    return _report(items, found, RULES)


def _judged(question: Question) -> Iterator[Finding]:
    for name, rule in ITEM_RULES.items():
        for path, message in dict.fromkeys(rule(question)):
            yield Finding(str(question.item["id"]), path, name, message)


def _report(items: Sequence[Mapping[str, Any]], found: Sequence[Finding], asked: Collection[str]) -> Report:
    """Set apart what an item gives a reason for, and name reasons that have nothing to excuse."""
    reasons = {(item["id"], name) for item in items for name in item.get("lint") or {}}
    excused = tuple(finding for finding in found if (finding.item, finding.rule) in reasons)
    used = {(finding.item, finding.rule) for finding in excused}
    findings = [finding for finding in found if (finding.item, finding.rule) not in reasons]
    for item, name in sorted(reasons - used):
        if name not in RULES or name in REASON_RULES:
            message = f"There is no rule “{name}” to give a reason for; docs/linting.md names them all."
            findings.append(Finding(item, ("lint", name), "unknown-rule", message))
        elif name in asked:
            message = f"The rule “{name}” finds nothing here; take the reason away."
            findings.append(Finding(item, ("lint", name), "idle-reason", message))
    return Report(tuple(findings), excused)
