"""Figures from an author's own files: a drawing or a picture with its words, put into the draft of a lesson.

What was sent is judged and cleaned before anything is stored, and goes to readers with the lesson.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Content, Media, Upload
from quizapp.db.session import Lock, retrying, writing
from quizapp.formats import figures, pictures
from quizapp.formats.figures import Drawing
from quizapp.formats.pictures import Form, form_of
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.authoring import drafting
from quizapp.services.authoring.drafting import Opened, Saved, Unfit
from quizapp.services.content.standing import get_tree

MOST_FIGURES = 40
MOST_NAMED = 6
"""Faults of a drawing that are told; of more only the number."""
WORDS = {
    "title": (True, 200, "Give the figure a title."),
    "alt": (True, 1_000, "Say what one sees: whoever cannot see the figure reads this instead."),
    "description": (True, 8_000, "Describe the figure at length; it stands beside it in words."),
    "caption": (True, 1_000, "Write the sentence that stands beneath it."),
    "credit": (True, 200, "Say who made it."),
    "licence": (True, 200, "Say under which licence it may be shown, such as CC BY 4.0."),
}
"""The words of a figure: whether they must be there, how long they may be, and what to do."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")


class Incomplete(Exception):
    """Nothing was stored. `problems` are sentences by field: id, file, or one of WORDS."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True)
class Sent:
    """A figure as an author sends it: its name in the lesson, its words by the keys of WORDS, the bytes of its file."""

    id: str
    words: Mapping[str, str]
    data: bytes


def upload(
    session: Session, actor: Actor, content_id: int, sent: Sent, *, based_on_revision: int, now: dt.datetime
) -> Saved:
    """Put a figure into the draft of a lesson, or another drawing and other words into one that is there.

    Sent twice it changes nothing. Raises LookupError for whoever may not write it, Incomplete, Unfit, StaleDraft.
    """
    opened = drafting.open_draft(session, actor, content_id, right="write")
    if opened.kind != "lesson":
        raise LookupError(content_id)
    form, data = _judge(session, opened, sent)
    digest, src = sha256(data).hexdigest(), f"media/{sent.id}.{form}"
    told = {"id": sent.id, "src": src} | {name: _told(sent.words, name) for name in WORDS}

    def deed() -> Saved:
        with writing(session, Lock(content=content_id)):
            held = drafting.open_draft(session, actor, content_id, right="write")
            figures = [dict(figure) for figure in held.body.get("figures") or ()]
            place = next((at for at, figure in enumerate(figures) if figure.get("id") == sent.id), len(figures))
            if place >= MOST_FIGURES:
                raise Unfit(f"A lesson can hold {MOST_FIGURES} figures. Take one away first; nothing was kept.")
            figures[place:place] = [] if place < len(figures) else [{}]
            old_src = figures[place].get("src")
            figures[place] = told
            kept = session.get(Upload, (content_id, src))
            is_same = kept.sha256 == digest if kept else _standing(session, opened.slug, sent.id) == digest
            saved = drafting.store(
                session,
                actor,
                content_id,
                held.body | {"figures": figures},
                based_on_revision=based_on_revision,
                now=now,
                changes_more=not is_same,
            )
            if not saved.changed:
                return saved
            if session.get(Media, digest) is None:
                session.add(Media(sha256=digest, mime=pictures.MIME[form], bytes=data))
                session.flush()
            if old_src and old_src != src:
                session.execute(sa.delete(Upload).where(Upload.content_id == content_id, Upload.src == old_src))
            session.merge(Upload(content_id=content_id, src=src, sha256=digest, by_id=actor.id, at=now))
            session.flush()
            auditing.record(
                session,
                actor_id=actor.id,
                deed="upload",
                subject=("lesson", opened.slug),
                details={"figure": sent.id, "sha256": digest, "bytes": len(data)},
                now=now,
            )
            return saved

    return retrying(deed)


def _told(words: Mapping[str, str], name: str) -> str:
    text = words.get(name, "").replace("\r\n", "\n").strip()
    return text if name == "description" else " ".join(text.split())


def _judge(session: Session, opened: Opened, sent: Sent) -> tuple[Form, bytes]:
    """What is to be kept of the file. Raises Incomplete with everything that is wrong."""
    problems = {}
    if not _NAME.match(sent.id):
        problems["id"] = "A name of small letters, digits and hyphens, such as two-brakes."
    elif of := _taken(session, opened, sent.id):
        problems["id"] = f"The lesson “{of}” has a figure of this name. Choose another."
    for name, (must, longest, hint) in WORDS.items():
        length = len(_told(sent.words, name))
        if must and not length:
            problems[name] = hint
        elif length > longest:
            problems[name] = f"At most {longest:,} characters fit; these are {length:,}."
    try:
        form, data = _cleaned(sent.data, _told(sent.words, "title"), _told(sent.words, "alt"))
    except pictures.Unfit as unfit:
        problems["file"] = str(unfit)
    if problems:
        raise Incomplete(problems)
    return form, data


def _cleaned(data: bytes, title: str, alt: str) -> tuple[Form, bytes]:
    """Raises pictures.Unfit."""
    form = form_of(data)
    if not data:
        raise pictures.Unfit("Choose the file of the figure: SVG, PNG or JPEG.")
    if form is None:
        raise pictures.Unfit("This is no SVG, PNG or JPEG, whatever its name says.")
    if form != "svg":
        picture = pictures.clean(data)
        return picture.form, picture.data
    adopted = figures.adopt(data, title or "…", alt or "…")
    _, faults = figures.read(adopted, "The drawing")
    told = list(dict.fromkeys(fault.message for fault in faults))
    if told:
        more = f" And {len(told) - MOST_NAMED} more." if len(told) > MOST_NAMED else ""
        raise pictures.Unfit(f"{' '.join(told[:MOST_NAMED])}{more}")
    return form, adopted


def _taken(session: Session, opened: Opened, figure_id: str) -> str:
    """The other lesson that has a figure of this name, published or uploaded for its draft; "" where there is none."""
    standing = get_tree(session).entries.get(("figure", figure_id))
    if standing is not None and standing.group != opened.slug:
        return standing.group
    names = [f"media/{figure_id}.{form}" for form in pictures.MIME]
    query = sa.select(Content.slug).join(Upload, Upload.content_id == Content.id).where(Upload.src.in_(names))
    return session.scalar(query.where(Content.id != opened.content_id).limit(1)) or ""


def _standing(session: Session, lesson: str, figure_id: str) -> str:
    standing = get_tree(session).entries.get(("figure", figure_id))
    return str(getattr(standing.fields, "wide", "")) if standing is not None and standing.group == lesson else ""


def uploads_of(session: Session, lesson: str) -> Mapping[str, str]:
    """What was uploaded for the draft of a lesson: SHA-256 by the place in its folder."""
    rows = session.execute(
        sa.select(Upload.src, Upload.sha256)
        .join(Content, Content.id == Upload.content_id)
        .where(Content.kind == "lesson", Content.slug == lesson)
    )
    return dict(iter(rows))


def drawn(session: Session, opened: Opened) -> frozenset[str]:
    """The figures of a lesson's draft that have a drawing, uploaded or published."""
    uploads, standing = uploads_of(session, opened.slug), get_tree(session)
    figures = [figure for figure in opened.body.get("figures") or () if isinstance(figure, dict)]
    return frozenset(
        str(figure["id"])
        for figure in figures
        if figure.get("id")
        and (
            figure.get("src") in uploads
            or ((entry := standing.entries.get(("figure", figure["id"]))) is not None and entry.group == opened.slug)
        )
    )


def get_drawing(session: Session, opened: Opened, figure_id: str) -> Drawing:
    """The figure of a lesson's draft as it would stand in a page, the uploaded one before the published.

    Raises LookupError where there is none.
    """
    told = next((one for one in opened.body.get("figures") or () if one.get("id") == figure_id), None)
    if opened.kind != "lesson" or told is None:
        raise LookupError(figure_id)
    digest = uploads_of(session, opened.slug).get(str(told.get("src"))) or _standing(session, opened.slug, figure_id)
    data = session.scalar(sa.select(Media.bytes).where(Media.sha256 == digest))
    drawn = pictures.draw(data, figure_id, str(told.get("title") or ""), str(told.get("alt") or "")) if data else None
    if drawn is None:
        raise LookupError(figure_id)
    return drawn
