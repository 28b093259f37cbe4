"""From a draft to what an edition would state, and all that keeps it from being published. Decides, stores nothing."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quizapp.core.assembly import Blueprint, assemble
from quizapp.core.credit.amounts import named, shown, unit_of
from quizapp.core.credit.front_matter import FrontMatter, PoolQuestion, Problem, checklist
from quizapp.core.credit.statements import fill
from quizapp.core.windows import moment, wall_time
from quizapp.services.crediting import lessons
from quizapp.services.crediting.activities import BLOCK, FEWEST_PEERS, FORMATS, LESSON, Edition, System, as_edition
from quizapp.services.crediting.drafting import Draft, Drafted
from quizapp.services.crediting.in_control import Person
from quizapp.services.crediting.providers import Held, ProviderText, SystemText
from quizapp.services.crediting.stock import Question, Stock

Json = dict[str, Any]

AS_WRITTEN = (
    "title", "joint_provider", "released", "expires", "audience", "practice_gap", "need", "intended_change",
    "why_this_format", "competencies", "minutes", "method", "minimum_percent", "attempts", "validity_reviewer",
    "validity_reviewed_on", "commercial_support", "bibliography", "board_label", "board_reference", "board_from",
    "board_until",
)  # fmt: skip
"""What the front matter takes from the draft as it stands."""
_QUARTER = re.compile(r"([0-9]{4})-Q([1-4])")


@dataclass(frozen=True)
class Assembled:
    """What publishing would write. `problems`: all that keeps it from being published, each with the field where it is
    mended; `edition`: as a learner would read it, without an id; `provider_id`, None without a provider."""

    problems: tuple[Problem, ...]
    edition: Edition
    body: Json
    provider_id: int | None
    designations: Mapping[int, int]
    """Id of the system’s edition → quarters at most."""


@dataclass(frozen=True)
class _Row:
    """What `as_edition` reads of the tables, where there is no row yet."""

    id: int
    activity_id: int
    slug: str
    edition: int
    kind: str
    title: str
    provider: str
    provider_id: int
    provider_body: Json
    released: dt.datetime
    expires: dt.datetime
    claim_until: dt.datetime
    at: dt.datetime
    withdrawn_at: dt.datetime | None


@dataclass(frozen=True)
class Desk:
    """All that an activity is put together from: the editions in force of providers and systems by slug, the content,
    the people in control by activity."""

    providers: Mapping[str, Held[ProviderText]]
    systems: Mapping[str, Held[SystemText]]
    stock: Stock
    people: Mapping[int, tuple[Person, ...]]


def put_together(drafted: Drafted, desk: Desk, now: dt.datetime) -> Assembled:
    """The edition that a draft would become now."""
    draft = drafted.draft
    provider = desk.providers.get(draft.provider)
    text = provider.text if provider else ProviderText()
    people = desk.people.get(drafted.id, ())
    questions = [desk.stock.questions[slug] for slug in draft.questions if slug in desk.stock.questions]
    chosen = {slug: desk.systems[slug] for slug in draft.systems if slug in desk.systems}
    designated = any(held.text.designated for held in chosen.values())
    systems = _systems(draft, chosen, text)
    front = _front(draft, text, people, questions, systems, desk.stock, designated=designated)
    body = {
        "front": front.to_json(),
        "people": [person.stated().to_json() for person in people],
        "lesson": lessons.pin(desk.stock, draft.lesson) if draft.kind == LESSON else None,
        "objectives": [
            {"slug": slug, "content_id": version.content_id, "statement": version.body["statement"]}
            for slug in draft.objectives
            if (version := desk.stock.objectives.get(slug))
        ],
        "questions": [
            {
                "slug": one.slug,
                "content_id": one.content_id,
                "version_id": one.version_id,
                "objective": one.objective,
                "signed_by": one.signed_by,
            }
            for one in questions
        ],
        "a_test": front.a_test,
        "minimum_percent": draft.minimum_percent,
        "attempts": draft.attempts,
        "cool_down_minutes": draft.cool_down_minutes,
        "pretest": draft.pretest and draft.kind == LESSON,
        "systems": {one.slug: _stored(one) for one in systems},
        "in_control_may_claim": text.in_control_may_claim,
        "credit_designated": designated,
        "quarter": draft.quarter if draft.kind == BLOCK else None,
        "fewest_peers": FEWEST_PEERS,
    }
    problems = (
        *checklist(front),
        *_dates(draft, text.zone, now),
        *_credit(draft, text, chosen),
        *_content(draft, desk.stock, questions, designated=designated),
    )
    row = _row(drafted, provider, now)
    return Assembled(
        problems,
        as_edition(row, body, systems),
        body,
        provider.id if provider else None,
        {chosen[slug].id: quarters for slug, quarters in draft.systems.items() if slug in chosen},
    )


def _front(
    draft: Draft,
    provider: ProviderText,
    people: Sequence[Person],
    questions: Sequence[Question],
    systems: Sequence[System],
    stock: Stock,
    *,
    designated: bool,
) -> FrontMatter:
    words = {"provider": provider.name, "joint_provider": draft.joint_provider, "title": draft.title}
    stated = {slug: version.body["statement"] for slug, version in stock.objectives.items()}
    return FrontMatter(
        **{name: getattr(draft, name) for name in AS_WRITTEN},
        provider=provider.name,
        accreditation_statement=fill(provider.accreditation_statement, words),
        designation_statement=" ".join(one.designation_statement for one in systems),
        objectives=tuple(stated[slug] for slug in draft.objectives if slug in stated),
        maximum=max((one.maximum for one in systems), default=0),
        in_control=tuple(person.stated() for person in people),
        exclusion=fill(provider.exclusion, words),
        contact=fill(provider.contact, words),
        privacy=fill(provider.privacy, words),
        questions=tuple(PoolQuestion(one.slug, stated.get(one.objective, ""), one.signed_by) for one in questions),
        a_test=len(questions) if draft.kind == BLOCK else draft.a_test,
        longest_years=provider.longest_years,
        credit_designated=designated,
    )


def _systems(draft: Draft, chosen: Mapping[str, Held[SystemText]], provider: ProviderText) -> list[System]:
    found = []
    for slug, held in chosen.items():
        words = {
            "provider": provider.name,
            "joint_provider": draft.joint_provider,
            "title": draft.title,
            "format": FORMATS[draft.kind],
            "maximum": shown(draft.systems[slug]),
            "unit": unit_of(draft.systems[slug], held.text.unit),
        }
        found.append(
            System(
                id=held.id,
                slug=slug,
                unit=held.text.unit,
                step=held.text.step,
                professions=held.text.professions,
                maximum=draft.systems[slug],
                designation_statement=fill(held.text.designation_statement, words),
                claim_statement=fill(held.text.claim_statement, words | {"unit": held.text.unit}),
                report_format=held.text.report_format,
                designated=held.text.designated,
            )
        )
    return sorted(found, key=lambda one: one.id)


def _stored(system: System) -> Json:
    names = ("unit", "step", "maximum", "designation_statement", "claim_statement", "report_format", "designated")
    return {name: getattr(system, name) for name in names} | {"professions": list(system.professions)}


def _row(drafted: Drafted, provider: Held[ProviderText] | None, now: dt.datetime) -> _Row:
    released, expires, claim_until = moments(drafted.draft, provider.text.zone if provider else "UTC", now)
    return _Row(
        id=0,
        activity_id=drafted.id,
        slug=drafted.slug,
        edition=0,
        kind=drafted.draft.kind,
        title=drafted.draft.title,
        provider=provider.slug if provider else "",
        provider_id=provider.id if provider else 0,
        provider_body={"zone": provider.text.zone if provider else "UTC"},
        released=released,
        expires=expires,
        claim_until=claim_until,
        at=now,
        withdrawn_at=drafted.withdrawn_at,
    )


def moments(draft: Draft, zone: str, now: dt.datetime) -> tuple[dt.datetime, dt.datetime, dt.datetime]:
    """When the activity opens, expires and can be claimed no longer: the day of release from its beginning, the others
    to their end, by the provider’s clock. `now` stands for a day that is missing."""
    end = dt.timedelta(days=1) - dt.timedelta(seconds=1)

    def day(at: dt.date | None, more: dt.timedelta = dt.timedelta()) -> dt.datetime:
        if at is None:
            return now
        return moment(dt.datetime.combine(at, dt.time()) + more, zone, second=bool(more))

    return day(draft.released), day(draft.expires, end), day(draft.claim_until or draft.expires, end)


def _dates(draft: Draft, zone: str, now: dt.datetime) -> list[Problem]:
    found = []
    if draft.released is not None and draft.released < wall_time(now, zone).date():
        sentence = "The release lies in the past; credit is designated in advance, never for what was done before."
        found.append(Problem("released", sentence))
    if draft.claim_until is None:
        found.append(Problem("claim_until", "Missing: last day for claiming."))
    elif draft.expires is not None and draft.claim_until < draft.expires:
        found.append(Problem("claim_until", "Claiming ends before the activity expires; give at least until then."))
    if draft.kind == BLOCK:
        found += _quarter(draft)
    return found


def _quarter(draft: Draft) -> list[Problem]:
    named = _QUARTER.fullmatch(draft.quarter)
    if named is None:
        return [Problem("quarter", "Missing: the quarter of the block, for example “2027-Q1”.")]
    if draft.expires is not None and quarter_of(draft.expires) != draft.quarter:
        return [Problem("quarter", f"The block expires in {quarter_of(draft.expires)}, not in {draft.quarter}.")]
    return []


def quarter_of(day: dt.date) -> str:
    """“2026-Q4”."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def _credit(draft: Draft, provider: ProviderText, chosen: Mapping[str, Held[SystemText]]) -> list[Problem]:
    found = [
        Problem("maximum", f"There is no system of credit “{slug}” any more.")
        for slug in draft.systems
        if slug not in chosen
    ]
    for slug, held in chosen.items():
        unit = named(held.text.unit)
        if draft.systems[slug] % held.text.step:
            found.append(Problem("maximum", f"{unit} is designated in steps of {shown(held.text.step)}."))
        if held.text.designated and provider.name and not provider.accredited:
            sentence = f"{provider.name} is not marked as accredited, so it cannot designate {unit}."
            found.append(Problem("maximum", sentence))
        if not held.text.designation_statement.strip():
            found.append(Problem("designation_statement", f"{unit} has no designation statement."))
        if not held.text.claim_statement.strip():
            found.append(Problem("designation_statement", f"{unit} has no statement of claiming."))
    return found


def _content(draft: Draft, stock: Stock, questions: Sequence[Question], *, designated: bool) -> list[Problem]:
    found = []
    if draft.kind == LESSON and draft.lesson not in stock.lessons:
        sentence = f"The lesson “{draft.lesson}” is not published." if draft.lesson else "Missing: the lesson."
        found.append(Problem("lesson", sentence))
    found += [
        Problem("objectives", f"The objective “{slug}” is not published.")
        for slug in draft.objectives
        if slug not in stock.objectives
    ]
    found += [
        Problem("questions", f"The question {slug} is not published in the secure pool; credit uses no other.")
        for slug in draft.questions
        if slug not in stock.questions
    ]
    found += [
        Problem("questions", f"The question {one.slug} tests none of the objectives of the activity.")
        for one in questions
        if one.objective not in draft.objectives
    ]
    if designated:
        found += [
            Problem("questions", f"The question {one.slug} may not be graded: {reason}.")
            for one in questions
            for reason in stock.unfit.get(one.slug, ())
            if "signed" not in reason  # the front matter says so already
        ]
    return [*found, *_together(draft, stock, questions)]


def _together(draft: Draft, stock: Stock, questions: Sequence[Question]) -> list[Problem]:
    """Questions that give each other away never stand in one test."""
    chosen = {one.slug for one in questions}
    if draft.kind == BLOCK:
        pairs = {tuple(sorted((one.slug, enemy))) for one in questions for enemy in one.enemies if enemy in chosen}
        return [
            Problem("questions", f"The questions {first} and {second} give each other away; a block asks one of them.")
            for first, second in sorted(pairs)
        ]
    if not questions or not draft.objectives or draft.a_test > len(questions):
        return []
    candidates = stock.candidates(draft.questions)
    known = {one.objective for one in candidates}
    form = assemble(candidates, Blueprint(dict.fromkeys(known, 1)), random.Random(draft.title))
    room = _most_together(candidates, set(form.items))
    if form.missing or (draft.a_test >= len(known) and room < draft.a_test):
        sentence = "Too many of the questions give each other away: no test of this length can be drawn from them."
        return [Problem("a_test", sentence)]
    return []


def _most_together(candidates: Sequence[Any], taken: set[int]) -> int:
    """How many questions a test can have when those of lesser enmity are added one by one."""
    barred = {enemy for one in candidates if one.item in taken for enemy in one.enemies}
    for one in sorted(candidates, key=lambda one: len(one.enemies)):
        if one.item not in taken and one.item not in barred and not one.enemies & taken:
            taken.add(one.item)
            barred |= one.enemies
    return len(taken)
