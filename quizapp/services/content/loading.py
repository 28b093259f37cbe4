"""`content load`: files into versions, compared three ways with what was loaded before and what is published now."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Content, ContentVersion, LoadedFrom
from quizapp.db.session import retrying, writing
from quizapp.formats import Problem, documents, entries
from quizapp.formats.crosscheck import check
from quizapp.formats.native import ItemHead, Named, Objective
from quizapp.formats.tree import Entry, Tree
from quizapp.services.content import publishing
from quizapp.services.content.making import Made, fields_of, make
from quizapp.services.content.publishing import HOUSED, Held, Key, New, hold


class Unloadable(Exception):
    """The files have faults; nothing was loaded. `problems` names them all, warnings included."""

    def __init__(self, problems: list[Problem]) -> None:
        self.faults = sum(not problem.warning for problem in problems)
        total = f"{self.faults} {'fault' if self.faults == 1 else 'faults'} in the files; nothing was loaded."
        super().__init__("\n".join([*(str(problem) for problem in problems if not problem.warning), total]))
        self.problems = problems


class Step(StrEnum):
    """What becomes of an entry that stands in a file."""

    NEW = "new"
    CHANGED = "changed"
    AGREED = "agreed"
    """File and database say the same, though the last load did not know it yet."""
    NEWER_HERE = "newer here"
    """Only the database has changed; `content export` writes it to the file."""
    CONFLICT = "conflict"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Conflict:
    """An entry that was changed in its file and in the browser. Nothing was overwritten."""

    kind: str
    id: str
    place: str
    in_file: str
    in_database: str


@dataclass(frozen=True)
class LoadReport:
    """What a load has done. Entries are named as kind and id."""

    added: tuple[Key, ...] = ()
    changed: tuple[Key, ...] = ()
    newer_here: tuple[Key, ...] = ()
    gone: tuple[Key, ...] = ()
    """Loaded once, no longer in any file. They stay as they are; `state: draft` is the way to retire one."""
    key_changed: tuple[Key, ...] = ()
    """Questions whose marking changed: answers given before may want a regrade."""
    conflicts: tuple[Conflict, ...] = ()
    unchanged: int = 0
    warnings: tuple[Problem, ...] = ()

    def lines(self) -> list[str]:
        """The report in sentences, conflicts with both texts."""
        counts = [
            f"{len(self.added)} new",
            f"{len(self.changed)} changed",
            f"{self.unchanged} unchanged",
        ]
        lines = [f"Content: {', '.join(counts)}."]
        lines += [f"warning: {problem}" for problem in self.warnings]
        for kind, name in self.key_changed:
            lines.append(f"The marking of {kind} {name} has changed; answers given before keep their marks.")
        for kind, name in self.newer_here:
            lines.append(f"The {kind} {name} is newer in the database; “quizapp content export” writes it to its file.")
        for kind, name in self.gone:
            lines.append(f"The {kind} {name} stands in no file any more and was left as it is; to retire it, say so.")
        for conflict in self.conflicts:
            lines += [
                f"{conflict.place}: conflict: The {conflict.kind} {conflict.id} was changed in the file and in the "
                "browser. Nothing was overwritten. In the file:",
                *(f"  < {line}" for line in conflict.in_file.splitlines()),
                "In the database:",
                *(f"  > {line}" for line in conflict.in_database.splitlines()),
            ]
        return lines


def load(session: Session, tree: Tree, now: dt.datetime) -> LoadReport:
    """Bring all entries of the files into the database, in one transaction or not at all.

    A second load of the same files writes nothing. Raises Unloadable if the files have faults.
    """
    held = hold(session)
    steps = _steps(tree, held)
    moved = [key for key, entry in tree.entries.items() if key in held and held[key].loaded_place != _place(entry)]
    if not tree.problems and not moved and set(steps.values()) <= {Step.UNCHANGED, Step.NEWER_HERE}:
        return _report(session, tree, held, steps, (), ())
    problems = check(tree, now.date())
    if any(not problem.warning for problem in problems):
        raise Unloadable(problems)
    made = {
        key: make(key[0], tree.entries[key].fields, tree.entries[key].drawings)
        for key, step in steps.items()
        if step in (Step.NEW, Step.CHANGED)
    }

    def deed() -> LoadReport:
        with writing(session):
            publishing.take_turn(session)
            held = hold(session)
            return _Loading(session, tree, held, _steps(tree, held), made, now).run(tuple(problems))

    return retrying(deed)


def _place(entry: Entry) -> str:
    return f"{entry.file}:{entry.line}"


def _steps(tree: Tree, held: Mapping[Key, Held]) -> dict[Key, Step]:
    return {key: _step(entry.digest, held.get(key)) for key, entry in tree.entries.items()}


def _step(digest: str, held: Held | None) -> Step:
    if held is None:
        return Step.NEW
    if digest == held.loaded_digest:
        return Step.UNCHANGED if held.current_digest == held.loaded_digest else Step.NEWER_HERE
    if digest == held.current_digest:
        return Step.AGREED
    return Step.CHANGED if held.current_digest == held.loaded_digest else Step.CONFLICT


def _report(
    session: Session,
    tree: Tree,
    held: Mapping[Key, Held],
    steps: Mapping[Key, Step],
    key_changed: Iterable[Key],
    problems: tuple[Problem, ...],
) -> LoadReport:
    def those(step: Step) -> tuple[Key, ...]:
        return tuple(key for key, taken in steps.items() if taken is step)

    return LoadReport(
        added=those(Step.NEW),
        changed=those(Step.CHANGED),
        newer_here=those(Step.NEWER_HERE),
        gone=tuple(sorted(key for key, of in held.items() if of.loaded_place and key not in tree.entries)),
        key_changed=tuple(key_changed),
        conflicts=tuple(_conflict(session, tree.entries[key], held[key]) for key in those(Step.CONFLICT)),
        unchanged=Counter(steps.values())[Step.UNCHANGED],
        warnings=problems,
    )


def _conflict(session: Session, entry: Entry, held: Held) -> Conflict:
    body = session.scalar(sa.select(ContentVersion.body).where(ContentVersion.id == held.current_id)) or {}
    fields = fields_of(entry.kind, body)
    in_database = _text(fields) if fields else documents.write([body])
    return Conflict(entry.kind, entry.id, _place(entry), _text(entry.fields), in_database)


def _text(fields: Named) -> str:
    return documents.write([entries.written(fields)])


_WITHOUT_VERSION = sa.select(Content.id, Content.kind, Content.slug).where(
    Content.id.not_in(sa.select(ContentVersion.content_id))
)


class _Loading:
    """One load, inside its transaction."""

    def __init__(
        self,
        session: Session,
        tree: Tree,
        held: dict[Key, Held],
        steps: dict[Key, Step],
        made: dict[Key, Made],
        now: dt.datetime,
    ) -> None:
        self.session = session
        self.tree = tree
        self.held = held
        self.steps = steps
        self.made = made
        self.now = now
        self.ids = {key: of.content_id for key, of in held.items()}

    def run(self, problems: tuple[Problem, ...]) -> LoadReport:
        self._name(key for key, step in self.steps.items() if step is Step.NEW)
        news = {
            key: self._new(key, self._make(key)) for key, step in self.steps.items() if step in (Step.NEW, Step.CHANGED)
        }
        written = publishing.publish(self.session, list(news.values()), self.held, self.ids, by_id=None, now=self.now)
        for key, step in self.steps.items():
            self._remember(key, step, written[key].version_id if key in written else None)
        homes = ((key, self._home(entry)) for key, entry in self.tree.entries.items() if key not in news)
        publishing.house(self.session, homes, self.held, self.ids)
        self.session.flush()
        objectives = {entry.id: entry.fields for entry in self.tree.of("objective")}
        topics = {name: of.topic for name, of in objectives.items() if isinstance(of, Objective)}
        moved = {slug for kind, slug in news if kind == "objective"}
        for key, entry in self.tree.entries.items():
            if key in news or (isinstance(entry.fields, ItemHead) and entry.fields.objective in moved):
                new = news.get(key) or self._new(key, Made({}))
                publishing.index(self.session, new, topics, self.ids, is_new=key not in self.held)
        major = [key for key, version in written.items() if version.is_major]
        return _report(self.session, self.tree, self.held, self.steps, major, problems)

    def _name(self, new: Iterable[Key]) -> None:
        """Give an identity to what has none; what was only drafted in the browser so far has one already."""
        drafted = {(row.kind, row.slug): row.id for row in self.session.execute(_WITHOUT_VERSION)}
        made = [Content(kind=kind, slug=slug, revision=0) for kind, slug in new if (kind, slug) not in drafted]
        self.session.add_all(made)
        self.session.flush()
        self.ids |= drafted | {(content.kind, content.slug): content.id for content in made}

    def _make(self, key: Key) -> Made:
        """What was made before the transaction, unless somebody changed the database in between."""
        entry = self.tree.entries[key]
        return self.made.get(key) or make(entry.kind, entry.fields, entry.drawings)

    def _new(self, key: Key, made: Made) -> New:
        entry = self.tree.entries[key]
        return New(
            kind=entry.kind,
            id=entry.id,
            fields=entry.fields,
            digest=entry.digest,
            made=made,
            is_published=entry.published,
            home=self._home(entry),
            note=f"Loaded from {_place(entry)}",
        )

    def _home(self, entry: Entry) -> Key | None:
        if entry.kind not in HOUSED:
            return None
        return ("bank", entry.group) if entry.kind == "item" else ("topic", getattr(entry.fields, "topic", ""))

    def _remember(self, key: Key, step: Step, version_id: int | None) -> None:
        """Note the new base of comparison; after a conflict or a change in the browser the old one stands."""
        entry, held = self.tree.entries[key], self.held.get(key)
        if version_id is not None or step is Step.AGREED:
            base = LoadedFrom(
                content_id=self.ids[key],
                path=_place(entry),
                file_sha256=entry.digest,
                version_id=version_id or self.held[key].current_id,
            )
            publishing.keep(self.session, base, is_new=held is None)
        elif held is not None and held.loaded_place not in (None, _place(entry)):
            changed = sa.update(LoadedFrom).where(LoadedFrom.content_id == held.content_id)
            self.session.execute(changed.values(path=_place(entry)))
