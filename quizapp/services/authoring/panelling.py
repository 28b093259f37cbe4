"""Panels: experts vote, each for themselves (`voting`), and a question that is marked by their votes gets them.

The authors see how many have voted, and what only once it is counted. The votes are on the words that stood when the
panel was opened, and count for no others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.db.models import Panel, PanelSeat, PanelVote, User, UserRole, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.formats.sketching import sketch
from quizapp.itemtypes.script_concordance.item import PANEL
from quizapp.services import auditing, outbox
from quizapp.services.accounts import Actor
from quizapp.services.authoring import drafting
from quizapp.services.authoring.drafting import Opened, StaleDraft, open_draft
from quizapp.services.authoring.reviewing import Refused

Json = dict[str, Any]

TYPE = "script_concordance"
LEAST = PANEL
"""Votes on every scenario before which they are not counted."""
MOST_SEATS = 100
MOST_DAYS = 180
VOTES_IN = ("instructor", "coordinator", "administrator")
"""Roles of those who can be asked. Whether an address has any other account is nobody's business."""
_SHOWN = ("stem", "lead_in", "hypothesis", "information", "effect")


@dataclass(frozen=True)
class Progress:
    """How far a panel is. `voted` have voted on every scenario; `fewest` is the number of votes on the scenario that
    has fewest. `seats` are the names of those who were asked, not who of them has voted."""

    id: int
    state: str
    deadline: dt.datetime | None
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    by: str
    seats: tuple[str, ...]
    voted: int
    fewest: int
    is_current: bool
    """Whether the question still says what is voted on."""

    @property
    def missing(self) -> int:
        return max(0, LEAST - self.fewest)


@dataclass(frozen=True)
class Asked:
    """What became of addresses: how many are asked now, who was before, and those that cannot be, with the reason."""

    new: int
    known: int
    refused: tuple[tuple[str, str], ...]


def scenarios_of(body: Json) -> list[Json]:
    """The scenarios of a question as a panel reads them; empty for one that needs no panel or is not whole yet."""
    if body.get("type") not in itemtypes.names():
        return []
    drawn = sketch(body)
    if drawn is None:
        return []
    found, before = [], []
    content = drawn.model_dump(mode="json")
    is_case = itemtypes.is_container(drawn.type)
    if is_case:
        before.append(str(content.get("stem") or ""))
    for part in itemtypes.parts(drawn.type, content):
        if is_case and part.content.get("reveal"):
            before.append(str(part.content["reveal"]))
        if part.type == TYPE:
            shown = {name: part.content.get(name) or "" for name in _SHOWN}
            found.append({"part": part.id, "before": list(before), **shown})
    return found


def open_panel(
    session: Session, actor: Actor, content_id: int, deadline: dt.datetime | None, *, now: dt.datetime
) -> None:
    """Let a panel vote on a question as it stands. Opening it twice is opening it once, until the deadline given first.

    Raises LookupError for whoever may not write it, Refused.
    """

    def deed() -> None:
        with writing(session, Lock(content=content_id)):
            opened = open_draft(session, actor, content_id, right="write")
            if _open_panel_of(session, content_id) is not None:
                return
            scenarios = scenarios_of(opened.body)
            if not scenarios:
                raise Refused("A panel votes on script concordance; this question has none that is written yet.")
            lacking = [
                name
                for scenario in scenarios
                for name in ("lead_in", "hypothesis", "information")
                if scenario[name] in ("", "…")
            ]
            if lacking:
                raise Refused("Write the question, the hypothesis and the new information first; the panel reads them.")
            _check_deadline(deadline, now)
            panel = Panel(
                content_id=content_id,
                scenarios=scenarios,
                state="open",
                deadline=deadline,
                by_id=actor.id,
                opened_at=now,
            )
            session.add(panel)
            session.flush()
            _record(session, actor, "open panel", opened, {"panel": panel.id}, now)

    retrying(deed)


def _check_deadline(deadline: dt.datetime | None, now: dt.datetime) -> None:
    if deadline is not None and not now < deadline <= now + dt.timedelta(days=MOST_DAYS):
        raise Refused(f"The last day to vote lies ahead, and not more than {MOST_DAYS} days.")


def move_deadline(
    session: Session, actor: Actor, content_id: int, deadline: dt.datetime | None, *, now: dt.datetime
) -> None:
    """Let the panel vote until another day, or without an end. Raises LookupError, Refused."""

    def deed() -> None:
        with writing(session, Lock(content=content_id)):
            opened, panel = _held(session, actor, content_id)
            _check_deadline(deadline, now)
            if panel.deadline != deadline:
                session.execute(_change(panel.id).values(deadline=deadline))
                _record(session, actor, "move panel", opened, {"panel": panel.id, "until": str(deadline or "")}, now)

    retrying(deed)


def ask(
    session: Session, actor: Actor, content_id: int, emails: Iterable[str], address: str, *, now: dt.datetime
) -> Asked:
    """Ask people to vote, by mail; `address` is that of the ballot, with PANEL for its number. Asked twice, told once.

    Raises LookupError, Refused.
    """
    wanted = list(dict.fromkeys(email.strip().lower() for email in emails if email.strip()))
    if not wanted:
        raise Refused("Write the mail addresses of those who are to vote, one a line.")
    if len(wanted) > MOST_SEATS:
        raise Refused(f"At most {MOST_SEATS} can be asked at once.")

    def deed() -> Asked:
        with writing(session, Lock(content=content_id)):
            opened, panel = _held(session, actor, content_id)
            found = _people(session, wanted)
            seated = set(session.scalars(sa.select(PanelSeat.user_id).where(PanelSeat.panel_id == panel.id)))
            refused = [
                (email, "No instructor or coordinator has this address.") for email in wanted if email not in found
            ]
            refused += [
                (email, "Has written this draft, and knows what it expects.")
                for email, user_id in found.items()
                if user_id in opened.writers
            ]
            new = {
                email: user_id
                for email, user_id in found.items()
                if user_id not in seated and user_id not in opened.writers
            }
            if len(seated) + len(new) > MOST_SEATS:
                raise Refused(f"A panel has at most {MOST_SEATS} seats.")
            rows = [{"panel_id": panel.id, "user_id": one, "by_id": actor.id, "at": now} for one in new.values()]
            if rows:
                session.execute(sa.insert(table(PanelSeat)), rows)
                mails = [_invitation(actor, panel, email, address) for email in new]
                outbox.queue_all(session, mails, now)
                _record(session, actor, "ask panel", opened, {"panel": panel.id, "people": len(rows)}, now)
            return Asked(
                len(new), len(found) - len(new) - sum(one in opened.writers for one in found.values()), tuple(refused)
            )

    return retrying(deed)


def remind(session: Session, actor: Actor, content_id: int, address: str, *, now: dt.datetime) -> int:
    """Mail to those who have not voted on everything, once a day; gives how many. Raises LookupError, Refused."""

    def deed() -> int:
        with writing(session, Lock(content=content_id)):
            opened, panel = _held(session, actor, content_id)
            votes = dict(iter(_votes_by_person(session, panel.id)))
            rows = session.execute(
                sa.select(User.id, User.email)
                .join(PanelSeat, PanelSeat.user_id == User.id)
                .where(PanelSeat.panel_id == panel.id, User.active)
            )
            waiting = [row.email for row in rows if votes.get(row.id, 0) < len(panel.scenarios)]
            event = f"panel/{panel.id}/remind/{now.date().isoformat()}"
            mails = [
                outbox.Mail(event, email, "Your vote is still wanted", _words(actor, panel, address))
                for email in waiting
            ]
            told = outbox.queue_all(session, mails, now)
            if told:
                _record(session, actor, "remind panel", opened, {"panel": panel.id, "people": told}, now)
            return told

    return retrying(deed)


def count(session: Session, actor: Actor, content_id: int, *, based_on_revision: int, now: dt.datetime) -> None:
    """Close the panel and write its votes into the draft. Counted already, nothing happens.

    Raises LookupError, StaleDraft; Refused while there are too few votes, or where the question says something else
    than what was voted on.
    """

    def deed() -> None:
        with writing(session, Lock(content=content_id)):
            opened = open_draft(session, actor, content_id, right="write")
            panel = _newest(session, content_id)
            if panel is not None and panel.state == "counted":
                return
            opened, panel = _held(session, actor, content_id)
            # No vote may come in between what is counted and the end of the panel.
            session.execute(_change(panel.id).values(state="counted", closed_at=now))
            if based_on_revision != opened.revision:
                raise StaleDraft(opened.body, opened.by, opened.at, opened.revision)
            if scenarios_of(opened.body) != panel.scenarios:
                raise Refused(
                    "The question says something else than what the panel voted on. Take the change back, or drop the "
                    "panel and open another."
                )
            tallies = tallies_of(session, panel)
            fewest = min(sum(tally.values()) for tally in tallies.values())
            if fewest < LEAST:
                raise Refused(
                    f"{fewest} votes are in; at least {LEAST} are needed on every scenario. Nothing was counted."
                )
            body = _with_votes(opened.body, tallies)
            drafting.store(
                session, actor, content_id, body, based_on_revision=based_on_revision, now=now, changes_more=True
            )
            _record(session, actor, "count panel", opened, {"panel": panel.id, "votes": fewest}, now)

    retrying(deed)


def drop(session: Session, actor: Actor, content_id: int, *, now: dt.datetime) -> None:
    """End a panel without counting it; its votes count for nothing. Twice is once. Raises LookupError."""

    def deed() -> None:
        with writing(session, Lock(content=content_id)):
            opened = open_draft(session, actor, content_id, right="write")
            panel = _open_panel_of(session, content_id)
            if panel is not None:
                session.execute(_change(panel.id).values(state="dropped", closed_at=now))
                _record(session, actor, "drop panel", opened, {"panel": panel.id}, now)

    retrying(deed)


def find_progress(session: Session, opened: Opened) -> Progress | None:
    """How far the newest panel of a question is; None where there was none. Reads only."""
    panel = _newest(session, opened.content_id)
    if panel is None:
        return None
    rows = session.execute(
        sa.select(sa.func.coalesce(sa.func.nullif(User.name, ""), User.email))
        .join(PanelSeat, PanelSeat.user_id == User.id)
        .where(PanelSeat.panel_id == panel.id)
    )
    votes = _votes_by_person(session, panel.id)
    counted = tallies_of(session, panel)
    return Progress(
        id=panel.id,
        state=panel.state,
        deadline=panel.deadline,
        opened_at=panel.opened_at,
        closed_at=panel.closed_at,
        by=session.scalar(
            sa.select(sa.func.coalesce(sa.func.nullif(User.name, ""), User.email)).where(User.id == panel.by_id)
        )
        or "",
        seats=tuple(sorted(rows.scalars(), key=str.lower)),
        voted=sum(number == len(panel.scenarios) for _, number in votes),
        fewest=min(sum(tally.values()) for tally in counted.values()),
        is_current=scenarios_of(opened.body) == panel.scenarios,
    )


# --- behind them ------------------------------------------------------------------------------------------------------


def _newest(session: Session, content_id: int) -> Panel | None:
    query = sa.select(Panel).where(Panel.content_id == content_id).order_by(Panel.id.desc()).limit(1)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _open_panel_of(session: Session, content_id: int) -> Panel | None:
    panel = _newest(session, content_id)
    return panel if panel is not None and panel.state == "open" else None


def _held(session: Session, actor: Actor, content_id: int) -> tuple[Opened, Panel]:
    """The question and its open panel. Raises LookupError, Refused."""
    opened = open_draft(session, actor, content_id, right="write")
    panel = _open_panel_of(session, content_id)
    if panel is None:
        raise Refused("No panel is open on this question.")
    return opened, panel


def _change(panel_id: int) -> sa.Update:
    return sa.update(table(Panel)).where(Panel.id == panel_id)


def _people(session: Session, emails: list[str]) -> dict[str, int]:
    rows = session.execute(
        sa.select(User.email, User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .where(User.email.in_(emails), User.active, UserRole.name.in_(VOTES_IN))
        .distinct()
    )
    return {row.email: row.id for row in rows}


def _votes_by_person(session: Session, panel_id: int) -> list[tuple[int, int]]:
    query = sa.select(PanelVote.user_id, sa.func.count()).where(PanelVote.panel_id == panel_id)
    return [(row[0], row[1]) for row in session.execute(query.group_by(PanelVote.user_id))]


def tallies_of(session: Session, panel: Panel) -> dict[str, dict[str, int]]:
    """Votes by scenario and step."""
    tallies: dict[str, dict[str, int]] = {scenario["part"]: {} for scenario in panel.scenarios}
    rows = session.execute(
        sa.select(PanelVote.part, PanelVote.step, sa.func.count().label("number"))
        .where(PanelVote.panel_id == panel.id)
        .group_by(PanelVote.part, PanelVote.step)
        .order_by(PanelVote.step)
    )
    for row in rows:
        tallies[row.part][str(row.step)] = row.number
    return tallies


def _with_votes(body: Json, tallies: Mapping[str, Mapping[str, int]]) -> Json:
    if body.get("type") == TYPE:
        return body | {"votes": dict(tallies[itemtypes.WHOLE])}
    parts = [
        part | {"votes": dict(tallies[str(part.get("id"))])} if str(part.get("id")) in tallies else part
        for part in body["parts"]
    ]
    return body | {"parts": parts}


def _invitation(actor: Actor, panel: Panel, email: str, address: str) -> outbox.Mail:
    return outbox.Mail(
        f"panel/{panel.id}/ask", email, "Your vote on a question is wanted", _words(actor, panel, address)
    )


def _words(actor: Actor, panel: Panel, address: str) -> str:
    number = len(panel.scenarios)
    until = f" Please vote until {panel.deadline:%d %B %Y, %H:%M} UTC." if panel.deadline else ""
    return (
        f"{actor.shown_name} asks you to be on the panel of a question about clinical reasoning: "
        f"{'one scenario' if number == 1 else f'{number} scenarios'}, one vote each.{until}\n\n"
        f"{address.replace('PANEL', str(panel.id))}\n\n"
        "Vote for yourself and speak with nobody about it first. Nobody is told what you voted.\n"
    )


def _record(session: Session, actor: Actor, deed: str, opened: Opened, details: Json, now: dt.datetime) -> None:
    session.flush()
    auditing.record(session, actor_id=actor.id, deed=deed, subject=(opened.kind, opened.slug), details=details, now=now)
