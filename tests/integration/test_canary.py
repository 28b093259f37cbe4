"""The key does not leak: content is loaded in which a random word stands in every key, reason, note and permanent id,
and a learner who has not answered yet looks at everything there is to look at."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import re
import secrets
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from quizapp import clock, itemtypes, paths
from quizapp.core.composing import Only
from quizapp.core.preferences import Choices
from quizapp.db.extension import db
from quizapp.db.models import Activity, Content, Item, Mark, Presentation, Published
from quizapp.db.session import writing
from quizapp.formats import documents, tree
from quizapp.itemtypes import names
from quizapp.services import asking, composing
from quizapp.services.accounts import Actor
from quizapp.services.composing import BlockPlan
from quizapp.services.content import loading
from quizapp.services.teaching import tasks
from quizapp.web.allow import allowed
from tests.integration.classes import Class
from tests.integration.conftest import ONCE, Auth
from tests.integration.credited import OPEN, Designated
from tests.integration.learners import Learner
from tests.integration.participants import Participant, body_of, slug_of

pytestmark = ONCE

REFERRED_TO = ("columns", "responses", "options", "elements")
"""Lists whose ids are named by the keys of rows, premises and vignettes."""
LESSON = "nassa-mechanism"


def kept(path: str) -> bool:
    """The evidence, and the one lesson and bank whose questions are of nearly every type."""
    return path.startswith(("lessons/evidence/", f"lessons/{LESSON}/", "question_banks/nassa/"))


FACT_PAGES = {"lessons.evidence", "lessons.search"}
"""The evidence base is open to everybody; that a question rests on a fact or has a trap laid is a secret."""


@dataclass
class Planted:
    """Random words by what they stand for: item, and kind of place ("reason", "id", "key", "trap", "fact")."""

    words: dict[str, tuple[str, str]] = field(default_factory=dict)

    def word(self, item: str, kind: str) -> str:
        # Short enough for a permanent id, and no part of any other text.
        made = f"zq{secrets.token_hex(5)}"
        self.words[made] = (item, kind)
        return made

    def found_in(self, text: str) -> set[str]:
        return {word for word in re.findall(r"zq[0-9a-f]{10}", text) if word in self.words}


class Planting:
    """Plants words into one question; `more` takes the traps and facts that it now names."""

    def __init__(self, item: dict[str, Any], planted: Planted, more: dict[str, list[dict[str, Any]]]) -> None:
        self.item, self.planted, self.more = item, planted, more

    def word(self, kind: str) -> str:
        return self.planted.word(self.item["id"], kind)

    def planted_item(self) -> dict[str, Any]:
        made = self.plant(self.item, {}, None)
        made.pop("enemies", None)  # all are to meet in one block
        self.more["fact"].append(
            {"id": self.word("fact"), "statement": "A statement of the evidence base", "certainty": "High"}
            | {"verified": "textbook", "last_checked": "2026-01-05", "review_by": "2099-01-05"}
        )
        own = {"facts": [*made["facts"], self.more["fact"][-1]["id"]], "pool": "practice"}
        return made | own | {"note": f"A note {self.word('reason')}"}

    def trap(self) -> str:
        belief, why = f"A belief {self.word('trap')}", f"A reason {self.word('trap')}."
        self.more["trap"].append({"id": self.word("trap"), "belief": belief, "why": why, "facts": ["N01"]})
        made: str = self.more["trap"][-1]["id"]
        return made

    def plant(self, value: dict[str, Any], named: dict[str, str], own_id: str | None) -> dict[str, Any]:
        """The value with its words; `named`: new ids that keys within it may name; `own_id`: its own new id."""
        new_ids = {
            (key, thing["id"]): self.word("id")
            for key, held in value.items()
            if key not in {"parts", "sources"} and isinstance(held, list)
            for thing in held
            if isinstance(thing, dict) and "id" in thing
        }
        named = named | {name: made for (key, name), made in new_ids.items() if key in REFERRED_TO}
        made: dict[str, Any] = {}
        for key, held in value.items():
            match key, held:
                case "id", _:
                    made[key] = own_id or held
                case (("why" | "explanation" | "take_home" | "note"), _):
                    made[key] = f"{held} {self.word('reason')}"
                case "key", str():
                    made[key] = named.get(held, held)
                case "trap", _:
                    made[key] = self.trap()
                case "traps", _:
                    made[key] = {named[name]: self.trap() for name in held}
                case (("accept" | "texts"), _):
                    made[key] = [*held, self.word("key")]
                case _, [dict(), *_]:
                    made[key] = [self.plant(one, named, new_ids.get((key, one.get("id")))) for one in held]
                case _:
                    made[key] = held
        for blank in value.get("blanks", ()):
            made["text"] = made["text"].replace(f"{{{{{blank['id']}}}}}", f"{{{{{new_ids['blanks', blank['id']]}}}}}")
        return made


def example(name: str, beside: dict[str, Any], item_id: str) -> dict[str, Any]:
    """The first example of a type that the bank does not use, on the objective of another question."""
    of_its_type = itemtypes.get(beside["type"]).Body.model_fields
    frame = {field: value for field, value in beside.items() if field not in of_its_type}
    return frame | itemtypes.get(name).examples()[0].content | {"id": item_id, "type": name}


@pytest.fixture
def planted(app: Flask) -> Planted:
    """One bank of the repository, with a question of every type, all for practice, with words planted."""
    words, more = Planted(), {"trap": [], "fact": []}
    files, problems = tree.gather(paths.lessons(), paths.question_banks())
    assert not problems
    files = {path: data for path, data in files.items() if kept(path)}
    items = {
        path: [document.value for document in documents.read(data.decode(), path)[0]]
        for path, data in files.items()
        if path.startswith("question_banks/") and not path.endswith("bank.yaml")
    }
    first = next(iter(items.values()))
    held_types = {item["type"] for held in items.values() for item in held}
    # A block takes turns between objectives, so what must be in it stands beside few others.
    objectives = Counter(item["objective"] for held in items.values() for item in held)
    beside = {item["objective"]: item for held in items.values() for item in held if item["type"] != "case"}
    rarest = sorted(beside.values(), key=lambda item: objectives[item["objective"]])
    lacking = zip(sorted(set(names()) - held_types), rarest, strict=False)
    first += [example(name, item, f"nassa-{n}") for n, (name, item) in enumerate(lacking, 900)]
    for path, held in items.items():
        files[path] = documents.write([Planting(item, words, more).planted_item() for item in held]).encode()
    for kind, path in (("trap", "lessons/evidence/nassa/traps.yaml"), ("fact", "lessons/evidence/nassa/facts.yaml")):
        held = [document.value for document in documents.read(files[path].decode(), path)[0]]
        files[path] = documents.write([*held, *more[kind]]).encode()
    with app.app_context():
        loading.load(db.session(), tree.parse(files), clock.now())
        types = set(db.session.scalars(sa.text("SELECT DISTINCT type FROM item")))
        db.session.remove()
    assert types == set(names()), "there must be a question of every type to look at"
    return words


@dataclass
class Snoop:
    """Somebody signed in who looks at every page, and notes which planted words were seen where."""

    app: Flask
    client: Any
    planted: Planted
    values: dict[str, list[Any]]
    seen: dict[str, set[str]] = field(default_factory=dict)
    """Endpoint → words."""
    visited: int = 0

    def look(self, response: TestResponse) -> TestResponse:
        text = response.get_data(as_text=False).decode("utf-8", "replace") + str(response.headers)
        endpoint = self.endpoint_of(response)
        if words := self.planted.found_in(text):
            self.seen.setdefault(endpoint, set()).update(words)
        self.visited += 1
        response.close()
        return response

    def endpoint_of(self, response: TestResponse) -> str:
        with self.app.test_request_context(response.request.path, method=response.request.method) as context:
            return context.request.endpoint or "no such page"

    def crawl(self) -> None:
        """Every address that GET answers, with every value that its places may take."""
        # Looking at the pages of signing in may end the sign-in, so they come last.
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.endpoint.startswith("security.")):
            if "GET" not in (rule.methods or ()) or not allowed(self.app, rule.endpoint):
                continue
            missing = rule.arguments - self.values.keys()
            assert not missing, f"{rule.rule}: tell the crawl what to put in the place of {missing}"
            names_ = sorted(rule.arguments)
            for chosen in itertools.product(*(self.values[name] for name in names_)):
                with self.app.test_request_context():
                    path = self.app.url_for(rule.endpoint, **dict(zip(names_, chosen, strict=True)))
                for query in ("", "?q=mirtazapine") if rule.endpoint == "lessons.search" else ("",):
                    self.look(self.client.get(path + query))
                    self.look(self.client.get(path + query, headers={"Accept": "application/json"}))

    def unanswered(self) -> dict[str, set[str]]:
        """Words seen, without those that stand in the open evidence base."""
        told: dict[str, set[str]] = {}
        for endpoint, words in self.seen.items():
            if endpoint in FACT_PAGES:
                words = {word for word in words if self.planted.words[word][1] not in {"fact", "trap"}}
            if words:
                told[endpoint] = words
        return told


@pytest.fixture
def snoop(app: Flask, auth: Auth, planted: Planted) -> Snoop:
    """Somebody signed in, in front of whom every question stands, in a practice session and in an exam."""
    person = auth.sign_in("student")
    actor = Actor(person, "student@example.org", "Student", frozenset({"student"}), Choices(), "read")
    with app.app_context():
        session = db.session()
        simple = sa.select(sa.func.min(Item.content_id)).where(Item.type == "single_best_answer")
        with writing(session):
            session.add(Mark(learner_id=person, content_id=session.scalar(simple), at=clock.now()))
        single, practice, exam = (
            asking.start(session, actor, plan, key=f"block {n}", title="A block", now=clock.now(), seed=5)
            for n, plan in enumerate(
                (
                    BlockPlan(size=1, spend_freely=True, only=Only.MARKED),
                    BlockPlan(size=composing.LARGEST_BLOCK, spend_freely=True),
                    BlockPlan(size=composing.LARGEST_BLOCK, spend_freely=True, exam=True),
                )
            )
        )
        questions = session.scalar(sa.select(sa.func.count()).where(Presentation.sitting_id == exam)) or 0
        with writing(session):
            asking.present(session, actor, practice, range(1, questions), clock.now())
        slugs = {
            kind: list(session.scalars(sa.select(Content.slug).where(Content.kind == kind)))
            for kind in ("fact", "figure", "item")
        }
        cohort, given, sat = sit_for_cohort(session, actor)
        activity = designate(session)
        own_activity, for_credit = sit_for_credit(session, actor)
        items = list(session.scalars(sa.select(Item.content_id).limit(3)))
        types = set(session.scalars(sa.text("SELECT type FROM item JOIN presentation USING (content_id)")))
        db.session.remove()
    assert questions == min(len(slugs["item"]), composing.LARGEST_BLOCK)
    assert types == set(names()), "a question of every type must stand in front of the snoop"
    open_facts, own_facts = (
        [slug for slug in slugs["fact"] if (slug in planted.words) is own] for own in (False, True)
    )
    static = Path(app.static_folder or "")
    values: dict[str, list[Any]] = {
        "sitting_id": [single, practice, exam, sat, for_credit],
        "assignment_id": [given],
        "cohort_id": [cohort],
        "learner_id": [person],
        "content_id": items,
        "shelf": ["items", "lessons"],
        "version": [1],
        "publication_id": [1],
        "panel_id": [1],
        "position": list(range(questions)),
        "slug": [LESSON, activity, own_activity],
        "figure_id": slugs["figure"],
        "figure": slugs["figure"],
        "form": ["svg", "png", "pdf"],
        "key": [*open_facts[:6], *own_facts[:6], *(slug for slug in planted.words if planted.words[slug][1] == "trap")][
            :14
        ],
        "filename": [str(file.relative_to(static)) for file in sorted(static.rglob("*")) if file.is_file()],
        "token": ["not-a-token"],
        "activity_id": [1],
        "external_id": [1],
        "batch_id": [1],
        "participation_id": [1],
        "person_id": [1],
        "number": [1],
        "code": ["7K3M-Q9TX-42PD"],
        "kid": ["no-such-key"],
    }
    return Snoop(app, auth.client.raw, planted, values)


def sit_for_cohort(session: Session, actor: Actor) -> tuple[int, int, int]:
    """An exam of a cohort, from the secure pool, which this person has begun: cohort, assignment and sitting."""
    with writing(session):
        some = session.scalars(sa.select(Item.content_id).where(Item.type == "single_best_answer").limit(5)).all()
        session.execute(sa.update(Item).where(Item.content_id.in_(some)).values(pool="secure"))
    room = Class.new(session)
    room.join(Learner(session, actor))
    today = clock.now().replace(tzinfo=None)
    window = {"opens": today - dt.timedelta(days=1), "closes": today + dt.timedelta(days=1)}
    given = room.give("exam", now=clock.now() - dt.timedelta(days=2), topics={"nassa": 3}, **window)
    return room.cohort, given, tasks.start(session, actor, given, clock.now())


def designate(session: Session) -> str:
    """An activity with credit whose test would ask some of the questions; returns its name in addresses."""
    some = session.execute(
        sa.select(Content.slug, Item.content_id, Published.version_id, Item.objective_id)
        .join(Content, Content.id == Item.content_id)
        .join(Published, Published.content_id == Item.content_id)
        .where(Item.pool == "secure")
    ).all()
    asked = [
        {"slug": row.slug, "content_id": row.content_id, "version_id": row.version_id, "objective": "LN1"}
        for row in some
    ]
    aims = [{"slug": "LN1", "content_id": some[0].objective_id, "statement": "define a NaSSA"}]
    made = Designated.new(session, **OPEN, questions=asked, objectives=aims, a_test=1)
    return session.scalars(sa.select(Activity.slug).where(Activity.id == made.activity_id)).one()


def sit_for_credit(session: Session, actor: Actor) -> tuple[str, int]:
    """The test of an activity with credit, which this person has begun: the activity and the sitting."""
    offered = Designated.new(session, **OPEN, **body_of(session, objectives=1, each=1))
    person = Participant.new(session, offered, learner=Learner(session, actor), now=clock.now())
    return slug_of(session, offered), person.begin(clock.now())


def fields_of(page: str, **more: str) -> dict[str, str]:
    """The hidden fields of the form of a question, and more."""
    found = dict(re.findall(r'name="(csrf_token|part)" value="([^"]+)"', page))
    assert found.keys() == {"csrf_token", "part"}, page[:2000]
    return found | more


def test_who_has_not_answered_finds_no_key_no_reason_and_no_permanent_id_anywhere(
    snoop: Snoop, capfd: pytest.CaptureFixture[str]
) -> None:
    _, practice, exam, *_ = snoop.values["sitting_id"]
    figures = 0
    for position in snoop.values["position"]:
        for sitting, deed in ((practice, "answer"), (exam, "save")):
            path = f"/session/{sitting}/{position}"
            page = snoop.client.get(path).text
            figures += "data-spot" in page
            assert "fig-label" not in page, "a figure that asks for a place is sent with its labels"
            (shown,) = set(re.findall(rf"/question/(\d+)/{deed}", page))
            for sent in ({}, {"choice": "77"}, {"answer": "x" * 200}, {"strike": "1"}):
                headers = {"Accept": "application/json"} if deed == "save" else {}
                form = fields_of(page, **sent)
                snoop.look(snoop.client.post(f"/question/{shown}/{deed}", data=form, headers=headers))
            mark = {"Accept": "application/json"}
            snoop.look(snoop.client.post(f"/question/{shown}/mark", data=fields_of(page, marked="1"), headers=mark))
    assert figures, "no question with a figure was looked at"
    for path in ("/no-such-page", f"/session/{practice}/99", "/evidence/none", f"/session/{exam}/0/feedback"):
        snoop.look(snoop.client.get(path))
    snoop.crawl()
    assert snoop.visited > 300
    assert not snoop.unanswered()
    written = capfd.readouterr()
    assert not snoop.planted.found_in(written.out + written.err), "the log tells what only an answer may reveal"


def test_an_answer_reveals_the_reasons_of_its_own_question_on_its_feedback_and_its_card_and_nowhere_else(
    snoop: Snoop,
) -> None:
    path = f"/session/{snoop.values['sitting_id'][0]}/0"
    page = snoop.client.get(path).text
    (shown,) = set(re.findall(r"/question/(\d+)/answer", page))
    sent = fields_of(page, choice="1", confidence="sure")
    answered = snoop.client.post(f"/question/{shown}/answer", data=sent)
    assert answered.location.startswith(f"{path}/feedback")
    snoop.crawl()
    told = snoop.unanswered()
    assert {"learn.feedback"} <= set(told) <= {"learn.feedback", "learn.anki_cards"}
    items = {snoop.planted.words[word][0] for words in told.values() for word in words}
    assert len(items) == 1, f"the answer to one question reveals {items}"
    kinds = {snoop.planted.words[word][1] for words in told.values() for word in words}
    assert "reason" in kinds
    assert kinds <= {"reason", "trap", "fact"}, "a permanent id left the server"


def test_the_file_of_ones_own_data_tells_nothing_of_what_is_not_answered(snoop: Snoop) -> None:
    sent = snoop.client.get("/settings/data/export.zip")
    with zipfile.ZipFile(io.BytesIO(sent.data)) as archive:
        told = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith((".json", ".txt")))
    assert '"email": "student@example.org"' in told
    assert not snoop.planted.found_in(told)
