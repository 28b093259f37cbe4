"""The page of the rules, `docs/linting.md`, taken apart for those who write in the browser."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quizapp.formats import markdown


@dataclass(frozen=True)
class Rule:
    """A rule with its reason as HTML. `bad` and `good` are examples as a content file would hold them, or ""."""

    name: str
    html: str
    bad: str
    good: str
    after_html: str


@dataclass(frozen=True)
class Family:
    """Rules under one heading."""

    title: str
    rules: tuple[Rule, ...]


_FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read(text: str) -> tuple[Family, ...]:
    """The families of rules in the order of the page; headings without rules are left out."""
    families = []
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, below = part.partition("\n")
        rules = tuple(_rule(section) for section in re.split(r"^### ", below, flags=re.MULTILINE)[1:])
        if rules:
            families.append(Family(title, rules))
    return tuple(families)


def _rule(section: str) -> Rule:
    name, _, below = section.partition("\n")
    examples = _FENCE.findall(below)
    before, *rest = _FENCE.split(below)
    after = "".join(rest[1::2])
    bad, good = [*examples, "", ""][:2]
    return Rule(name.strip(), _html(before), bad.rstrip(), good.rstrip(), _html(after))


def _html(text: str) -> str:
    """Links to other pages of the documents lead nowhere in a browser; their words stay."""
    text = re.sub(r"\[([^\]]*)\]\((?!#|https?://)[^)]*\)", r"\1", text.strip())
    return markdown.render(text)[0] if text else ""
