"""Where a learner stands in an activity, for its page: the way through it in one line, and one button for what is next.

`templates/credit/parts/standing.html` draws it; whatever page shows an activity passes `standing=standing_of(edition)`.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from quizapp import clock
from quizapp.core.credit.amounts import shown
from quizapp.core.wording import count
from quizapp.db.extension import db
from quizapp.services.crediting import standing
from quizapp.services.crediting.activities import BLOCK, Edition
from quizapp.services.crediting.standing import Next, Standing
from quizapp.web.allow import get_actor


@dataclass(frozen=True)
class Step:
    label: str
    done: bool
    here: bool


@dataclass(frozen=True)
class Button:
    """`post`: it does something and is sent as a form; else it leads somewhere. `name`, `value`: what the form says."""

    label: str
    url: str
    post: bool = False
    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class Certificate:
    """`amount`: in words, with the stars of italics; "" for one of participation."""

    code: str
    amount: str
    url: str
    verify_url: str
    good: bool


@dataclass(frozen=True)
class StandingView:
    """`sentence`: where one stands; `why`: what keeps the next step from being taken, or ""."""

    steps: tuple[Step, ...]
    sentence: str
    why: str
    button: Button | None
    beside: tuple[Button, ...]
    certificates: tuple[Certificate, ...]
    profile_url: str


def standing_of(edition: Edition) -> StandingView:
    """For the page of an activity."""
    held = standing.get_standing(db.session(), get_actor(), edition, clock.now())
    return view_of(held)


def view_of(held: Standing) -> StandingView:
    way = standing.steps(held)
    here = next((number for number, (_, done) in enumerate(way) if not done), len(way))
    return StandingView(
        steps=tuple(Step(label, done, number == here) for number, (label, done) in enumerate(way)),
        sentence=sentence_of(held),
        why=held.why,
        button=button_of(held),
        beside=beside_of(held),
        certificates=tuple(
            Certificate(
                code=one.code,
                amount=f"{shown(one.quarters)} {one.unit}" if one.quarters else "",
                url=url_for("credit.certificate", code=one.code),
                verify_url=url_for("verify.code", code=one.code),
                good=one.good,
            )
            for one in held.certificates
        ),
        profile_url=url_for("credit.profile") if held.enrolled else "",
    )


def sentence_of(held: Standing) -> str:
    """One sentence; nothing that a button beside it says already."""
    taken = held.taken
    if taken is None:
        return "You are not enrolled."
    if held.next is Next.CERTIFICATE:
        good = any(one.good for one in held.certificates)
        return "You have your certificate." if good else "Your certificate is no longer good."
    if held.next is Next.MAKE:
        return "Your claim is granted. Its certificate is still to be made."
    if held.next is Next.PARTICIPATION:
        return "You have done all that is asked. A certificate of participation, which carries no credit, is yours."
    if held.passed:
        return "You have passed." if not held.evaluated else "You have passed, and your evaluation is in."
    if held.running is not None and held.running_before:
        return "You have begun the questions before the lesson."
    if held.running is not None:
        return "You have begun the test." if held.edition.kind != BLOCK else "You have begun the questions."
    tried = len(taken.sat)
    if tried:
        left = max(held.edition.attempts - tried, 0)
        return f"Not passed yet; {left} of {count(held.edition.attempts, 'attempt')} left."
    return "You are enrolled."


def button_of(held: Standing) -> Button | None:
    slug = held.edition.slug
    block = held.edition.kind == BLOCK
    test = "Begin the questions" if block else "Begin the test" if not (held.taken and held.taken.sat) else "Try again"
    match held.next:
        case Next.ENROL:
            return Button("Enrol", url_for("credit.enrol", slug=slug))
        case Next.BEFORE:
            return Button("Answer some questions first", url_for("credit.start_before", slug=slug), post=True)
        case Next.LESSON:
            return Button("Read the lesson", url_for("credit.open_lesson", slug=slug), post=True)
        case Next.TEST:
            return None if held.why else Button(test, url_for("credit.start_test", slug=slug), post=True)
        case Next.GO_ON:
            return Button("Go on", url_for("learn.session", sitting_id=held.running))
        case Next.EVALUATE:
            return Button("Evaluate the activity", url_for("credit.evaluation", slug=slug))
        case Next.CLAIM:
            return Button("Claim your credit", url_for("credit.claim", slug=slug))
        case Next.MAKE:
            return Button("Make the certificate", url_for("credit.make_certificate", slug=slug), post=True)
        case Next.PARTICIPATION:
            return Button("Get the certificate", url_for("credit.make_certificate", slug=slug), post=True)
        case Next.CERTIFICATE:
            good = next((one for one in held.certificates if one.good), None)
            return Button("Download the certificate", url_for("credit.certificate", code=good.code)) if good else None
        case _:
            return None


def beside_of(held: Standing) -> tuple[Button, ...]:
    """What can be done too."""
    slug = held.edition.slug
    found = []
    if held.later is not None:
        where = url_for("credit.start_later", slug=slug)
        found.append(Button("Answer questions on what stays", where, post=True, name="purpose", value=held.later))
    if held.taken is None:
        return tuple(found)
    if held.further:
        found.append(Button("Claim your other credit", url_for("credit.claim", slug=slug)))
    if held.edition.lesson is not None and held.next is not Next.LESSON and not held.running:
        label = "Read the lesson again" if held.read else "Begin with the lesson"
        found.append(Button(label, url_for("credit.open_lesson", slug=slug), post=True))
    last = next((one for one in reversed(held.taken.sat) if one.attempt.closed is not None), None)
    if last is not None:
        found.append(Button("See the result of the test", url_for("credit.result", sitting_id=last.sitting_id)))
    return tuple(found)
