"""Which questions may decide over somebody: an examination that counts, or credit. Whoever grades asks here first."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from quizapp.formats.crosscheck import why_not_graded
from quizapp.formats.native import Fact, ItemHead
from quizapp.services.content.making import fields_of
from quizapp.services.versions import published


def not_graded(session: Session, slugs: Collection[str]) -> dict[str, list[str]]:
    """Of these questions those that may not be graded for credit, each with the reasons; an empty dict lets all pass.

    A question is judged as it is published now, with its facts as they stand now. One that is not published, or that
    no longer fits its schema, may not be graded.
    """
    items = {slug: fields_of("item", version.body) for slug, version in published(session, "item", slugs).items()}
    named = {name for item in items.values() if isinstance(item, ItemHead) for name in _facts(item)}
    facts = {slug: fields_of("fact", version.body) for slug, version in published(session, "fact", named).items()}
    known = {slug: fact for slug, fact in facts.items() if isinstance(fact, Fact)}
    found = {}
    for slug in slugs:
        item = items.get(slug)
        if not isinstance(item, ItemHead):
            found[slug] = ["it is not published"]
        elif reasons := [
            *(f"{name} is not published" for name in _facts(item) if name not in known),
            *why_not_graded(item, known),
        ]:
            found[slug] = reasons
    return found


def _facts(item: ItemHead) -> list[str]:
    parts = getattr(item, "parts", ())
    return list(dict.fromkeys([*item.facts, *(name for part in parts for name in part.facts)]))
