"""Search over lessons and evidence, never over questions: no key can be found with it.

Words are compared as `core.wording` writes them, so that norepinephrine finds noradrenaline and α2 finds alpha-2.
"""

from __future__ import annotations

import html
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from quizapp.core import wording
from quizapp.services.content.editions import at_edition
from quizapp.services.versions import published

LONGEST_QUERY = 200
MOST_HITS = 30
EXCERPT = 220
"""Characters of text shown around a find."""
_SHORTEST_BEGINNING = 4
"""A beginning of a word finds the word from this many letters."""


@dataclass(frozen=True)
class Hit:
    """A section of a lesson, a figure or a statement. `anchor` is set for sections. The excerpt is safe HTML."""

    kind: str
    slug: str
    anchor: str
    title: str
    where: str
    excerpt_html: str


@dataclass(frozen=True)
class Search:
    """What was found for a query, best first; `also` holds other names under which it was looked for."""

    query: str
    found: tuple[Hit, ...]
    also: tuple[str, ...]


@dataclass(frozen=True)
class _Page:
    kind: str
    slug: str
    anchor: str
    title: str
    where: str
    text: str
    counts: Counter[str]
    title_terms: frozenset[str]


@dataclass(frozen=True)
class _Index:
    pages: tuple[_Page, ...]
    pages_with: Counter[str]
    mean_length: float


def search(session: Session, query: str) -> Search:
    """Find sections, figures and statements that hold all words of a query, or most of them where none holds all."""
    query = wording.tidy(query)[:LONGEST_QUERY]
    terms = list(dict.fromkeys(wording.terms(re.sub(r"[<>&+]", " ", query))))
    if not terms:
        return Search(query, (), ())
    index = at_edition(session, "search", lambda: _build(session))
    expanded = [_words_like(index, term) for term in terms]
    scored = [(page, [_score(index, page, like) for like in expanded]) for page in index.pages]
    named = [page for page, _ in scored if page.slug.casefold() == query.casefold()]
    most = max((sum(score > 0 for score in scores) for _, scores in scored), default=0)
    wanted = [(sum(scores), page) for page, scores in scored if most and sum(score > 0 for score in scores) == most]
    wanted.sort(key=lambda entry: (-entry[0], entry[1].where, entry[1].slug, entry[1].anchor))
    if most < len(terms) and named:
        wanted = []
    pages = list(dict.fromkeys([*(id(page) for page in named), *(id(page) for _, page in wanted)]))
    by_id = {id(page): page for page in index.pages}
    shown = {word for like in expanded for word in like}
    found = tuple(_hit(by_id[page], shown) for page in pages[:MOST_HITS])
    return Search(query, found, _other_names(query, terms))


def _build(session: Session) -> _Index:
    pages = []
    for slug, lesson in published(session, "lesson").items():
        for section in lesson.rendered["sections"]:
            text = _plain(" ".join(part.get("html", "") for part in section["parts"]))
            pages.append(_page("lesson", slug, section["anchor"], section["title"], lesson.body["title"], text))
    for slug, figure in published(session, "figure").items():
        text = _plain(f"{figure.body['alt']} {figure.rendered['description']} {figure.rendered['caption']}")
        pages.append(_page("figure", slug, "", figure.body["title"], "Figure", text))
    for slug, fact in published(session, "fact").items():
        pages.append(_page("evidence", slug, "", f"Evidence {slug}", "Evidence", _plain(fact.rendered["statement"])))
    return _Index(
        tuple(pages),
        Counter(term for page in pages for term in page.counts),
        sum(page.counts.total() for page in pages) / max(1, len(pages)),
    )


def _page(kind: str, slug: str, anchor: str, title: str, where: str, text: str) -> _Page:
    title_terms = wording.terms(title)
    counts = Counter(wording.terms(text)) + Counter(title_terms)
    return _Page(kind, slug, anchor, title, where, text, counts, frozenset(title_terms))


def _plain(markup: str) -> str:
    """The text of sanitised HTML, without the marks that cite evidence."""
    bare = re.sub(r'<sup class="ev">.*?</sup>', "", markup)
    bare = re.sub(r"</?(?:p|li|h3|h4|td|th|dd|dt|tr|div|blockquote)\b[^>]*>", " ", bare)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", bare)).split())


def _words_like(index: _Index, term: str) -> dict[str, float]:
    """Words of the index that a term stands for, with their weight: itself, or words that begin with it."""
    like = {term: 1.0} if term in index.pages_with else {}
    if len(term) >= _SHORTEST_BEGINNING:
        like |= {word: 0.5 for word in index.pages_with if word.startswith(term) and word != term}
    return like


def _score(index: _Index, page: _Page, like: dict[str, float]) -> float:
    """BM25 (Robertson and Zaragoza 2009) with the usual constants; a word of the title counts twice."""
    best = 0.0
    length = page.counts.total() / index.mean_length
    for word, weight in like.items():
        if times := page.counts[word]:
            rarity = math.log(1 + (len(index.pages) - index.pages_with[word] + 0.5) / (index.pages_with[word] + 0.5))
            score = weight * rarity * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * length))
            best = max(best, 2 * score if word in page.title_terms else score)
    return best


def _hit(page: _Page, words: Iterable[str]) -> Hit:
    return Hit(page.kind, page.slug, page.anchor, page.title, page.where, _excerpt(page.text, set(words)))


def _excerpt(text: str, words: set[str]) -> str:
    """The text around its first find, with every find marked."""
    marks = [found.span() for found in re.finditer(r"\S+", text) if words.intersection(wording.terms(found.group()))]
    begin = max(0, marks[0][0] - EXCERPT // 3) if marks else 0
    begin = text.rfind(" ", 0, begin) + 1 if begin else 0
    end = text.find(" ", begin + EXCERPT)
    end = len(text) if end < 0 else end
    pieces, at = ["…" if begin else ""], begin
    for left, right in marks:
        if begin <= left and right <= end:
            pieces += [html.escape(text[at:left]), "<mark>", html.escape(text[left:right]), "</mark>"]
            at = right
    return "".join([*pieces, html.escape(text[at:end]), "…" if end < len(text) else ""])


def _other_names(query: str, terms: list[str]) -> tuple[str, ...]:
    """Names of the same things that a reader may not have typed."""
    typed = f" {' '.join(terms)} "
    found = []
    for name, one in wording.NAMES.items():
        same = " ".join(wording.terms(one))
        if f" {same} " in typed:
            found += [other for other in (one, name) if other.casefold() not in query.casefold()]
    return tuple(dict.fromkeys(found))[:3]
