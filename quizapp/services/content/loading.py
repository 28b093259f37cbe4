"""`content load`: files into versions, compared three ways with what was loaded before and what is published now."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.orm import Session

from quizapp.db.models import (
    Content,
    ContentVersion,
    Draft,
    Item,
    Link,
    LoadedFrom,
    Media,
    Publication,
    Published,
    table,
)
from quizapp.db.session import retrying, writing
from quizapp.formats import Problem, documents, entries
from quizapp.formats.crosscheck import check
from quizapp.formats.links import links
from quizapp.formats.native import ItemHead, Named, Objective, model_for
from quizapp.formats.tree import DrawnFigure, Entry, Tree
from quizapp.services.content.making import Made, expected_seconds, guess_of, make, marking

Key = tuple[str, str]
"""Kind and id of an entry."""

_ONE_LOADER = 0x71756970
"""Key of the advisory lock that lets loaders on PostgreSQL take turns; SQLite's writers queue anyway."""


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


@dataclass(frozen=True)
class _Held:
    """What the database holds of an entry. `current` is the published version, or the newest of a draft."""

    content_id: int
    current_id: int
    current_digest: str
    is_published: bool
    last_number: int
    last_line: int
    home_id: int | None
    loaded_digest: str | None
    loaded_place: str | None


def load(session: Session, tree: Tree, now: dt.datetime) -> LoadReport:
    """Bring all entries of the files into the database, in one transaction or not at all.

    A second load of the same files writes nothing. Raises Unloadable if the files have faults.
    """
    held = _hold(session)
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
            if session.get_bind().dialect.name == "postgresql":
                session.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_LOADER)))
            held = _hold(session)
            return _Loading(session, tree, held, _steps(tree, held), made, now).run(tuple(problems))

    return retrying(deed)


def _place(entry: Entry) -> str:
    return f"{entry.file}:{entry.line}"


def _hold(session: Session) -> dict[Key, _Held]:
    versions: dict[int, list[sa.Row[int, int, int, str, int]]] = {}
    columns = (ContentVersion.content_id, ContentVersion.id, ContentVersion.number, ContentVersion.sha256)
    for found in session.execute(sa.select(*columns, ContentVersion.line).order_by(ContentVersion.number)):
        versions.setdefault(found.content_id, []).append(found)
    query = (
        sa.select(
            Content.id,
            Content.kind,
            Content.slug,
            Content.home_id,
            Published.version_id,
            LoadedFrom.file_sha256,
            LoadedFrom.path,
        )
        .where(Content.id.in_(sa.select(ContentVersion.content_id)))
        .outerjoin(Published, Published.content_id == Content.id)
        .outerjoin(LoadedFrom, LoadedFrom.content_id == Content.id)
    )
    held = {}
    for row in session.execute(query):
        of_entry = versions[row.id]
        last = of_entry[-1]
        current = next((version for version in of_entry if version.id == row.version_id), last)
        held[row.kind, row.slug] = _Held(
            row.id,
            current.id,
            current.sha256,
            row.version_id is not None,
            last.number,
            max(version.line for version in of_entry),
            row.home_id,
            row.file_sha256,
            row.path,
        )
    return held


def _steps(tree: Tree, held: Mapping[Key, _Held]) -> dict[Key, Step]:
    return {key: _step(entry.digest, held.get(key)) for key, entry in tree.entries.items()}


def _step(digest: str, held: _Held | None) -> Step:
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
    held: Mapping[Key, _Held],
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


def _conflict(session: Session, entry: Entry, held: _Held) -> Conflict:
    body = session.scalar(sa.select(ContentVersion.body).where(ContentVersion.id == held.current_id)) or {}
    fields = fields_of(entry.kind, body)
    in_database = _text(fields) if fields else documents.write([body])
    return Conflict(entry.kind, entry.id, _place(entry), _text(entry.fields), in_database)


def _text(fields: Named) -> str:
    return documents.write([entries.written(fields)])


def fields_of(kind: str, body: Mapping[str, Any]) -> Named | None:
    """The typed fields of a stored version; None where a later schema no longer takes it."""
    try:
        model = DrawnFigure if kind == "figure" else model_for(kind, dict(body))
        return model.model_validate(entries.filled(dict(body)))
    except (ValidationError, KeyError):
        return None


_WITHOUT_VERSION = sa.select(Content.id, Content.kind, Content.slug).where(
    Content.id.not_in(sa.select(ContentVersion.content_id))
)
_HOUSE = sa.update(table(Content)).where(Content.id == sa.bindparam("entry")).values(home_id=sa.bindparam("home"))


class _Loading:
    """One load, inside its transaction."""

    def __init__(
        self,
        session: Session,
        tree: Tree,
        held: dict[Key, _Held],
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
        self.key_changed: list[Key] = []

    def run(self, problems: tuple[Problem, ...]) -> LoadReport:
        self._name(key for key, step in self.steps.items() if step is Step.NEW)
        written = [key for key, step in self.steps.items() if step in (Step.NEW, Step.CHANGED)]
        versions = {key: self._version(key) for key in written}
        self.session.add_all(versions.values())
        self.session.flush()
        for key, version in versions.items():
            self._publish(key, version)
        for key, step in self.steps.items():
            self._remember(key, step, versions.get(key))
        self._house(written)
        self.session.flush()
        objectives = {slug for kind, slug in written if kind == "objective"}
        for key in self.tree.entries:
            if key in versions or (key[0] == "item" and self._objective(key) in objectives):
                self._index(key)
        return _report(self.session, self.tree, self.held, self.steps, self.key_changed, problems)

    def _name(self, new: Iterable[Key]) -> None:
        """Give an identity to what has none; what was only drafted in the browser so far has one already."""
        drafted = {(row.kind, row.slug): row.id for row in self.session.execute(_WITHOUT_VERSION)}
        made = [Content(kind=kind, slug=slug, revision=0) for kind, slug in new if (kind, slug) not in drafted]
        self.session.add_all(made)
        self.session.flush()
        self.ids |= drafted | {(content.kind, content.slug): content.id for content in made}

    def _house(self, written: Collection[Key]) -> None:
        """Say where each entry belongs, and that editors open on what was written here hold an old text."""
        if stale := [self.ids[key] for key in written if key in self.held]:
            undrafted = Content.id.in_(stale) & Content.id.not_in(sa.select(Draft.content_id))
            self.session.execute(
                sa.update(table(Content)).where(undrafted).values(revision=Content.revision + 1),
            )
        homes = []
        for key, entry in self.tree.entries.items():
            if entry.kind in ("item", "lesson", "bank"):
                home = ("bank", entry.group) if entry.kind == "item" else ("topic", getattr(entry.fields, "topic", ""))
                held = self.held.get(key)
                if held is None or held.home_id != self.ids[home]:
                    homes.append({"entry": self.ids[key], "home": self.ids[home]})
        if homes:
            self.session.connection().execute(_HOUSE, homes)

    def _version(self, key: Key) -> ContentVersion:
        entry = self.tree.entries[key]
        # Made before the transaction, unless somebody changed the database in between.
        made = self.made.get(key) or make(entry.kind, entry.fields, entry.drawings)
        for digest, (mime, data) in made.media.items():
            if self.session.get(Media, digest) is None:
                self.session.add(Media(sha256=digest, mime=mime, bytes=data))
        held = self.held.get(key)
        line = held.last_line if held else 1
        if held and isinstance(entry.fields, ItemHead) and self._marking_changed(entry.fields, held):
            line += 1
            self.key_changed.append(key)
        return ContentVersion(
            content_id=self.ids[key],
            number=held.last_number + 1 if held else 1,
            body=entries.content_of(entry.fields),
            rendered=made.rendered,
            sha256=entry.digest,
            line=line,
            created_at=self.now,
        )

    def _marking_changed(self, item: ItemHead, held: _Held) -> bool:
        body = self.session.scalar(sa.select(ContentVersion.body).where(ContentVersion.id == held.current_id)) or {}
        old = fields_of("item", body)
        return not isinstance(old, ItemHead) or marking(old) != marking(item)

    def _publish(self, key: Key, version: ContentVersion) -> None:
        entry, held = self.tree.entries[key], self.held.get(key)
        old = held.current_id if held and held.is_published else None
        if entry.published:
            self._keep(Published(content_id=version.content_id, version_id=version.id), is_new=held is None)
        elif old is not None:
            self.session.execute(sa.delete(Published).where(Published.content_id == version.content_id))
        else:
            return
        self.session.add(
            Publication(
                content_id=version.content_id,
                old_version_id=old,
                new_version_id=version.id if entry.published else None,
                key_changed=key in self.key_changed and old is not None,
                at=self.now,
                note=f"Loaded from {_place(entry)}",
            )
        )

    def _remember(self, key: Key, step: Step, version: ContentVersion | None) -> None:
        """Note the new base of comparison; after a conflict or a change in the browser the old one stands."""
        entry, held = self.tree.entries[key], self.held.get(key)
        if version is not None or step is Step.AGREED:
            version_id = version.id if version is not None else self.held[key].current_id
            base = LoadedFrom(
                content_id=self.ids[key], path=_place(entry), file_sha256=entry.digest, version_id=version_id
            )
            self._keep(base, is_new=held is None)
        elif held is not None and held.loaded_place not in (None, _place(entry)):
            changed = sa.update(LoadedFrom).where(LoadedFrom.content_id == held.content_id)
            self.session.execute(changed.values(path=_place(entry)))

    def _objective(self, key: Key) -> str:
        fields = self.tree.entries[key].fields
        return fields.objective if isinstance(fields, ItemHead) else ""

    def _index(self, key: Key) -> None:
        """Rebuild what is derived of a published entry; of a draft nothing is derived."""
        entry, content_id, is_new = self.tree.entries[key], self.ids[key], key not in self.held
        if not is_new:
            self.session.execute(sa.delete(Link).where(Link.source_id == content_id))
        if not entry.published:
            self.session.execute(sa.delete(Item).where(Item.content_id == content_id))
            return
        targets = {(link.role, (link.kind, link.target)) for link in links(entry.fields) if link.role != "shown"}
        if entry.kind == "item":
            targets.add(("bank", ("bank", entry.group)))
        self.session.add_all(
            Link(source_id=content_id, role=role, target_id=self.ids[target]) for role, target in sorted(targets)
        )
        if isinstance(entry.fields, ItemHead):
            self._keep(self._facets(entry, entry.fields), is_new=is_new)

    def _keep(self, row: Published | LoadedFrom | Item, *, is_new: bool) -> None:
        if is_new:
            self.session.add(row)
        else:
            self.session.merge(row)

    def _facets(self, entry: Entry, item: ItemHead) -> Item:
        objective = self.tree.entries["objective", item.objective].fields
        topic = objective.topic if isinstance(objective, Objective) else ""
        return Item(
            content_id=self.ids["item", item.id],
            bank=entry.group,
            type=item.type,
            pool=item.pool,
            topic_id=self.ids["topic", topic],
            objective_id=self.ids["objective", item.objective],
            bloom=item.bloom,
            difficulty=item.difficulty,
            guess=guess_of(item),
            seconds=expected_seconds(item),
        )
