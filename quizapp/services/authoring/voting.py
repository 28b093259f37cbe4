"""The ballot of a panel: what an expert who was asked votes on, and the vote.

Whoever votes sees neither another vote nor what the authors think of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.db.models import Panel, PanelSeat, PanelVote
from quizapp.db.session import Lock, retrying, writing
from quizapp.formats import markdown
from quizapp.itemtypes.script_concordance.item import STEPS
from quizapp.services.accounts import Actor
from quizapp.services.authoring import panelling
from quizapp.services.authoring.panelling import TYPE, Progress
from quizapp.services.authoring.reviewing import Refused

Json = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """What is voted on, in sanitised HTML. `vote` is one's own, as an id of the scale; None before."""

    part: str
    before: tuple[str, ...]
    """What is told of the patient first."""
    lead_in: str
    face: Json
    vote: str | None


@dataclass(frozen=True)
class Ballot:
    panel_id: int
    scenarios: tuple[Scenario, ...]
    deadline: dt.datetime | None
    is_open: bool
    reason: str
    """Why nobody can vote any more; "" while one can."""


def get_ballot(session: Session, actor: Actor, panel_id: int, now: dt.datetime) -> Ballot:
    """What somebody who was asked votes on, with their own votes and nobody else's. Raises LookupError."""
    panel = _seated(session, actor, panel_id)
    rows = session.execute(
        sa.select(PanelVote.part, PanelVote.step).where(PanelVote.panel_id == panel_id, PanelVote.user_id == actor.id)
    )
    own = {row.part: row.step for row in rows}
    reason = _why_closed(panel, now)
    scenarios = tuple(_scenario(scenario, own.get(scenario["part"])) for scenario in panel.scenarios)
    return Ballot(panel_id, scenarios, panel.deadline, not reason, reason)


@dataclass(frozen=True)
class Fallen:
    """How the votes on a scenario fell. `information`: sanitised HTML; `votes`: step of the scale, number."""

    information: str
    votes: tuple[tuple[str, int], ...]


def list_fallen(session: Session, progress: Progress) -> tuple[Fallen, ...]:
    """How the votes of a panel fell, scenario by scenario, for who may read its question; nothing before they are
    counted, because until then the authors know how many have voted and not what."""
    if progress.state != "counted":
        return ()
    panel = session.get_one(Panel, progress.id)
    tallies = panelling.tallies_of(session, panel)
    return tuple(_fallen(_scenario(scenario, None), tallies[scenario["part"]]) for scenario in panel.scenarios)


def _fallen(scenario: Scenario, tally: Mapping[str, int]) -> Fallen:
    labels = [str(option["text"]) for option in scenario.face["options"]]
    votes = zip(labels, (tally.get(step, 0) for step in STEPS.values()), strict=True)
    return Fallen(scenario.face["information"], tuple(votes))


def vote(
    session: Session, actor: Actor, panel_id: int, part: str, submitted: Mapping[str, tuple[str, ...]], now: dt.datetime
) -> None:
    """Keep a vote, or another one in its place. Raises LookupError for whoever was not asked, Refused."""

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            panel = _seated(session, actor, panel_id, lock=True)
            scenario = next((one for one in panel.scenarios if one["part"] == part), None)
            if scenario is None:
                raise LookupError(part)
            if reason := _why_closed(panel, now):
                raise Refused(reason)
            verbs = itemtypes.get(TYPE)
            answer = verbs.parse(_content(scenario), {"options": list(STEPS)}, submitted)
            if not isinstance(answer, dict):
                raise Refused(answer.message)
            step = int(STEPS[answer["choice"]])
            held = session.get(PanelVote, (panel_id, actor.id, part))
            if held is None:
                session.add(PanelVote(panel_id=panel_id, user_id=actor.id, part=part, step=step, at=now))
            elif held.step != step:
                held.step, held.at = step, now
            session.flush()

    retrying(deed)


def _seated(session: Session, actor: Actor, panel_id: int, *, lock: bool = False) -> Panel:
    """A panel in which the actor has a seat. Raises LookupError for any other, whether it exists or not."""
    query = (
        sa.select(Panel)
        .join(PanelSeat, PanelSeat.panel_id == Panel.id)
        .where(Panel.id == panel_id, PanelSeat.user_id == actor.id)
        .execution_options(populate_existing=True)
    )
    # On PostgreSQL counting waits for votes that are being kept, and the other way round.
    panel = session.scalars(query.with_for_update(of=Panel, read=True) if lock else query).one_or_none()
    if panel is None:
        raise LookupError(panel_id)
    return panel


def _why_closed(panel: Panel, now: dt.datetime) -> str:
    if panel.state == "counted":
        return "The votes are counted. Thank you."
    if panel.state == "dropped":
        return "The authors have ended this panel; its votes are not used."
    return "The time to vote is over." if panel.deadline is not None and now >= panel.deadline else ""


def _content(scenario: Json) -> Json:
    """The scenario as its type draws it: without votes and reasons."""
    return {"hypothesis": scenario["hypothesis"], "information": scenario["information"], "effect": scenario["effect"]}


def _scenario(scenario: Json, step: int | None) -> Scenario:
    layout = {"options": list(STEPS)}
    chosen = next((name for name, said in STEPS.items() if step is not None and int(said) == step), None)
    html = {name: markdown.render(scenario[name], inline=True)[0] for name in ("hypothesis", "information", "lead_in")}
    content = _content(scenario) | {name: html[name] for name in ("hypothesis", "information")}
    face = itemtypes.get(TYPE).show(content, layout, {"choice": chosen} if chosen else None)
    told = [*scenario["before"], scenario["stem"]]
    before = tuple(markdown.render(text)[0] for text in told if text and text != "…")
    return Scenario(scenario["part"], before, html["lead_in"], face, chosen)
