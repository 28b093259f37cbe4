"""What an activity must state before anybody takes part, and what keeps it from being published.

The list follows what an accredited provider must be able to show: purpose and need, who controlled the content and
with which interests, how credit is earned, and on what it rests. A missing element blocks publishing by its name.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from quizapp.core.credit.amounts import QUARTER_MINUTES
from quizapp.core.credit.recognition import Recognition
from quizapp.core.wording import plain_day

NEEDS = ("knowledge", "competence", "performance")
NONE = "none"
"""What must be written where there is nothing: silence could be forgetfulness."""
LOOK_BACK_MONTHS = 24
"""Relationships with ineligible companies of so many months before are disclosed, whatever their amount."""
LONGEST_YEARS = 3
"""An activity is reviewed at least so often; a provider may ask for less."""


@dataclass(frozen=True)
class InControl:
    """Somebody who controls content. `relationships`: in sentences, each with its company; None: not asked yet, empty:
    none. `mitigated_on` and `mitigation`: when and how what is disclosed was kept from the content; `employed`: owner
    or employee of an ineligible company."""

    name: str
    role: str
    began: dt.date | None
    relationships: tuple[str, ...] | None
    mitigation: str = ""
    mitigated_on: dt.date | None = None
    employed: bool = False

    def to_json(self) -> dict[str, Any]:
        return {one.name: _plain(getattr(self, one.name)) for one in fields(self)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> InControl:
        """What `to_json` wrote."""
        days = {name: dt.date.fromisoformat(stored[name]) for name in ("began", "mitigated_on") if stored.get(name)}
        told = stored.get("relationships")
        return cls(
            name=stored["name"],
            role=stored["role"],
            began=days.get("began"),
            relationships=None if told is None else tuple(told),
            mitigation=stored.get("mitigation", ""),
            mitigated_on=days.get("mitigated_on"),
            employed=bool(stored.get("employed")),
        )


@dataclass(frozen=True)
class PoolQuestion:
    """A question the test may draw. `signed_by`: the clinician who reviewed exactly this version, or nobody."""

    id: str
    objective: str
    signed_by: str = ""


@dataclass(frozen=True)
class FrontMatter:
    """Everything an activity states. Texts are empty where nothing was written; `maximum` in quarters of a credit."""

    title: str = ""
    provider: str = ""
    joint_provider: str = ""
    accreditation_statement: str = ""
    designation_statement: str = ""
    released: dt.date | None = None
    expires: dt.date | None = None
    audience: str = ""
    practice_gap: str = ""
    need: str = ""
    intended_change: str = ""
    why_this_format: str = ""
    competencies: str = ""
    objectives: tuple[str, ...] = ()
    minutes: int = 0
    method: str = ""
    minimum_percent: int = 0
    attempts: int = 0
    maximum: int = 0
    in_control: tuple[InControl, ...] = ()
    exclusion: str = ""
    validity_reviewer: str = ""
    validity_reviewed_on: dt.date | None = None
    commercial_support: str = ""
    bibliography: tuple[str, ...] = ()
    contact: str = ""
    privacy: str = ""
    questions: tuple[PoolQuestion, ...] = ()
    a_test: int = 0
    """How many questions one test asks."""
    longest_years: int = field(default=LONGEST_YEARS)
    credit_designated: bool = True
    """Whether a system that is reported anywhere stands behind the credit; if not, its pages say so."""
    board_label: str = ""
    board_reference: str = ""
    board_from: dt.date | None = None
    board_until: dt.date | None = None

    @property
    def recognition(self) -> Recognition:
        """What a board has approved, if any has."""
        return Recognition(self.board_label, self.board_reference, self.board_from, self.board_until)

    def to_json(self) -> dict[str, Any]:
        """What it states as JSON, days as ISO dates; people and questions stand elsewhere, and a board’s label only
        where there is one."""
        held = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in _ELSEWHERE}
        return {name: _plain(value) for name, value in held.items() if value or not name.startswith("board_")}

    @classmethod
    def from_json(
        cls, stored: Mapping[str, Any], people: tuple[InControl, ...] = (), questions: tuple[PoolQuestion, ...] = ()
    ) -> FrontMatter:
        """What `to_json` wrote. A field that is not there is empty."""
        known = {one.name for one in fields(cls)} - _ELSEWHERE
        held = {name: value for name, value in stored.items() if name in known}
        held |= {name: dt.date.fromisoformat(held[name]) for name in _DAYS if held.get(name)}
        held |= {name: tuple(held[name]) for name in _LISTS if name in held}
        return cls(**held, in_control=people, questions=questions)


_ELSEWHERE = {"in_control", "questions"}
_DAYS = ("released", "expires", "validity_reviewed_on", "board_from", "board_until")
_LISTS = ("objectives", "bibliography")


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


ELEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "title": "title",
        "provider": "provider",
        "joint_provider": "joint provider, or “none”",
        "accreditation_statement": "accreditation statement",
        "designation_statement": "designation statement",
        "released": "release date",
        "expires": "expiry date",
        "audience": "audience",
        "practice_gap": "practice gap",
        "need": "need behind the gap: knowledge, competence or performance",
        "intended_change": "intended change",
        "why_this_format": "why this format",
        "competencies": "competencies",
        "objectives": "objectives",
        "minutes": "time it takes, in minutes",
        "method": "method: how to take part and to complete it",
        "minimum_percent": "minimum level of performance",
        "attempts": "number of attempts",
        "maximum": "credit designated",
        "in_control": "faculty and others in control of content, with their disclosures",
        "exclusion": "statement that owners and employees of ineligible companies are excluded",
        "validity_reviewer": "reviewer of content validity",
        "validity_reviewed_on": "date of the review of content validity",
        "commercial_support": "commercial support: supporter and kind, or “none”",
        "bibliography": "bibliography",
        "contact": "contact",
        "privacy": "privacy",
        "questions": "questions of the test",
    }
)
"""Field → what it is called in the checklist. A field that is empty is missing."""


@dataclass(frozen=True)
class Problem:
    """What keeps an activity from being published: the field where it is mended, and a sentence."""

    element: str
    sentence: str


def problems(front: FrontMatter) -> tuple[str, ...]:
    """All that keeps an activity from being published, each in a sentence; empty when it may be."""
    return tuple(one.sentence for one in checklist(front))


def checklist(front: FrontMatter) -> tuple[Problem, ...]:
    """The same with the field where each is mended."""
    missing = [
        Problem(element, f"Missing: {name}.") for element, name in ELEMENTS.items() if not getattr(front, element)
    ]
    board = front.recognition.problems(front.released, front.expires, credit_designated=front.credit_designated)
    return (
        *missing,
        *_dates(front),
        *_levels(front),
        *_people(front),
        *_test(front),
        *(Problem(f"board_{part}", sentence) for part, sentence in board),
    )


def _dates(front: FrontMatter) -> list[Problem]:
    if front.released is None:
        return []
    found = []
    if front.validity_reviewed_on is not None and front.validity_reviewed_on > front.released:
        sentence = "The review of content validity is dated after the release; it comes before it."
        found.append(Problem("validity_reviewed_on", sentence))
    if front.expires is not None and front.expires <= front.released:
        found.append(Problem("expires", "The activity expires before it is released."))
    elif front.expires is not None and front.expires > _years_after(front.released, front.longest_years):
        years = f"{front.longest_years} year{'s' if front.longest_years != 1 else ''}"
        found.append(Problem("expires", f"The expiry lies more than {years} after the release; review it sooner."))
    return found


def _years_after(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _levels(front: FrontMatter) -> list[Problem]:
    found = []
    if front.need and front.need not in NEEDS:
        found.append(Problem("need", f"The need is one of {', '.join(NEEDS)}; “{front.need}” is not."))
    if not 0 <= front.minimum_percent <= 100:
        found.append(Problem("minimum_percent", "The minimum level is a share of the marks, from 1 to 100 %."))
    if front.maximum * QUARTER_MINUTES > front.minutes > 0:
        stands = front.maximum * QUARTER_MINUTES
        sentence = f"The credit designated stands for {stands} minutes; the activity takes {front.minutes}."
        found.append(Problem("maximum", sentence))
    return found


def _people(front: FrontMatter) -> list[Problem]:
    return [Problem("in_control", sentence) for person in front.in_control for sentence in _person(person)]


def _person(person: InControl) -> list[str]:
    found = []
    if person.relationships is None:
        found.append(f"{person.name} ({person.role}) has not disclosed relationships, nor that there are none.")
    if person.began is None:
        found.append(f"It is not said when {person.name} began as {person.role}.")
    if person.employed:
        found.append(f"{person.name} owns or works for an ineligible company and must not control content.")
    if not person.relationships:
        return found
    if not person.mitigation.strip() or person.mitigated_on is None:
        found.append(f"What {person.name} discloses has not been mitigated.")
    elif person.began is not None and person.mitigated_on > person.began:
        found.append(
            f"The mitigation for {person.name} is dated {plain_day(person.mitigated_on)}, after the role began on "
            f"{plain_day(person.began)}."
        )
    return found


def _test(front: FrontMatter) -> list[Problem]:
    asked = Counter(question.objective for question in front.questions)
    found = [
        Problem("questions", f"No question of the test samples the objective “{one}”.")
        for one in front.objectives
        if not asked[one]
    ]
    found += [
        Problem("questions", f"The question {question.id} has no clinician’s signature for this version.")
        for question in front.questions
        if front.credit_designated and not question.signed_by
    ]
    if front.questions and front.a_test < len(front.objectives):
        sentence = "A test that asks fewer questions than there are objectives cannot sample each of them."
        found.append(Problem("a_test", sentence))
    if front.a_test > len(front.questions):
        sentence = f"A test asks {front.a_test} questions, and there are {len(front.questions)}."
        found.append(Problem("a_test", sentence))
    return found
