"""The program in a test: a database of its own, a browser without scripts, and people who sign in.

Every test that asks for `database_url`, or for anything built on it, runs once on SQLite and once on PostgreSQL. A test
that asks for `content` finds the lessons and questions loaded; any other finds migrated, empty tables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, session
from flask.testing import FlaskCliRunner
from flask_security import login_user
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import event
from sqlalchemy.engine import Engine

from quizapp import cli
from quizapp.app import create_app
from quizapp.db.extension import db
from quizapp.web import throttle
from tests.databases import SECRET_KEY, Postgresql, Sqlite, environment
from tests.pages import Client
from tests.people import address, get_or_make


@pytest.fixture(scope="session")
def sqlite(templates: Path) -> Sqlite:
    return Sqlite(templates)


@pytest.fixture(scope="session")
def postgresql(shared_folder: Path) -> Iterator[Postgresql]:
    running = Postgresql(shared_folder)
    yield running
    running.leave()


@pytest.fixture
def content() -> None:
    """Ask for this to find the lessons and questions of the repository in the database."""


ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For a test of what does not depend on the database: headers, the words of a refusal, pages drawn from what tests
before it have read on both."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that nobody else uses."""
    kind = "loaded" if "content" in request.fixturenames else "migrated"
    with request.getfixturevalue(request.param).fresh(kind, tmp_path) as url:
        yield url


@pytest.fixture(scope="session")
def compiled_templates(shared_folder: Path) -> FileSystemBytecodeCache:
    """Each application would compile every template anew, which was a fifth of what the suite cost."""
    return FileSystemBytecodeCache(str(shared_folder))


PAIRS = 4
"""More than one test has providers whose keys must differ."""


@pytest.fixture(scope="session", autouse=True)
def rsa_pairs() -> Iterator[None]:
    """Hand a few pairs of RSA keys out in turn: to find the primes of a new one for each provider took longer than
    most of what these tests do with it."""
    make, pairs = rsa.generate_private_key, []

    def hand_out(**wanted: int) -> rsa.RSAPrivateKey:
        pairs.append(pairs.pop(0) if len(pairs) >= PAIRS else make(**wanted))
        return pairs[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rsa, "generate_private_key", hand_out)
        yield


Build = Callable[..., Flask]


@pytest.fixture(scope="session")
def build(compiled_templates: FileSystemBytecodeCache) -> Build:
    """`build(settings, ...)` makes an application as `quizapp serve` would, but for what only costs time."""

    def made(**settings: object) -> Flask:
        # What a real hash costs would be most of the time of most tests.
        quick = {"TESTING": True, "SECRET_KEY": SECRET_KEY, "PASSWORD_MEMORY_KIB": 8, "PASSWORD_ROUNDS": 1}
        app = create_app(quick | settings)
        app.jinja_env.bytecode_cache = compiled_templates
        return app

    return made


@pytest.fixture
def make_app(build: Build, database_url: str, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Build the application with further settings, as a second process of the same installation would."""
    made: list[Flask] = []

    def make(**settings: object) -> Flask:
        made.append(build(**{"DATA": tmp_path, "SQLALCHEMY_DATABASE_URI": database_url, **settings}))
        return made[-1]

    yield make
    for app in made:
        close_connections(app)


def close_connections(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


class Reopened:
    """One application of a process of the run, opened on one database after the other.

    What it keeps from test to test is what was compiled: its addresses and its SQL, a sixth of what the suite cost. The
    settings, the counters of the limits on guessing and all connections are new each time; nothing else of an
    application changes after it was made. Whoever adds addresses or settings takes `make_app`.
    """

    def __init__(self, app: Flask) -> None:
        self.app, self.settings, self.rules = app, dict(app.config), len(list(app.url_map.iter_rules()))
        with app.app_context():
            self.engine = db.engine
        event.listen(self.engine, "do_connect", self._connect)

    def open(self, url: str, folder: Path) -> None:
        self.engine.url = sa.make_url(url)
        self.app.config.clear()
        self.app.config.update(self.settings | {"DATA": folder, "SQLALCHEMY_DATABASE_URI": url})
        throttle.init_app(self.app)

    def close(self) -> None:
        close_connections(self.app)
        assert len(list(self.app.url_map.iter_rules())) == self.rules, "Take make_app to add addresses."
        assert not list(self.engine.dispatch.before_cursor_execute), "A test still listens to the engine."

    def _connect(self, dialect: Any, _record: object, _positional: object, _named: object) -> Any:
        positional, named = dialect.create_connect_args(self.engine.url)
        return dialect.connect(*positional, **named)


@pytest.fixture(scope="session")
def reopened() -> dict[str, Reopened]:
    """Kind of database → the application that the tests on it share."""
    return {}


@pytest.fixture
def app(build: Build, reopened: dict[str, Reopened], database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database of its own."""
    kind = sa.make_url(database_url).drivername
    if kind not in reopened:
        reopened[kind] = Reopened(build(DATA=tmp_path, SQLALCHEMY_DATABASE_URI=database_url))
    reopened[kind].open(database_url, tmp_path)
    yield reopened[kind].app
    reopened[kind].close()


@pytest.fixture
def engine(app: Flask) -> Engine:
    """The engine of the application, prepared as the program's are."""
    with app.app_context():
        return db.engine


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser without scripts that checks every page it is sent; nobody is signed in."""
    return Client(app.test_client())


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Runs commands inside the application."""
    return app.test_cli_runner()


Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a `quizapp` command in this process, on the database of this test; the environment is changed by keyword."""
    monkeypatch.setattr("quizapp.web.log.configure", lambda: None)  # it would outlive the test
    for name in [name for name in os.environ if name.startswith("QUIZAPP_")]:
        monkeypatch.delenv(name)
    for name, value in environment(database_url, tmp_path).items():
        monkeypatch.setenv(name, value)

    def invoke(*arguments: str, typed: str | None = None, **variables: str) -> Result:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        result = CliRunner().invoke(cli.quizapp, arguments, input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return invoke


class Auth:
    """Signs people in with what the page of signing in does when the password is right; the page has its own tests."""

    def __init__(self, app: Flask, client: Client) -> None:
        self.app, self.client = app, client

    def sign_in(self, role: str = "student", *, email: str | None = None, client: Client | None = None) -> int:
        """Sign in as somebody with this role, who is made if nobody has this address yet; returns the person's id."""
        browser = (client or self.client).raw
        person = get_or_make(self.app, role, email or address(role))
        with browser.session_transaction() as cookie:
            before = dict(cookie)
        with self.app.test_request_context(environ_base=browser.environ_base):
            session.update(before)
            store = self.app.extensions["security"].datastore
            assert login_user(store.find_user(id=person), authn_via=["password"]), "This person may not sign in."
            store.commit()
            after = dict(session)
        with browser.session_transaction() as cookie:
            cookie.clear()
            cookie.update(after)
        return person

    def sign_out(self, client: Client | None = None) -> None:
        """Sign out whoever is signed in."""
        (client or self.client).get("/").form("Sign out").send()

    def browser(self, role: str = "student", *, email: str | None = None) -> Client:
        """Another browser, in which somebody with this role is signed in."""
        client = Client(self.app.test_client())
        self.sign_in(role, email=email, client=client)
        return client


@pytest.fixture
def auth(app: Flask, client: Client) -> Auth:
    """Signs people in: `auth.sign_in("instructor")` in `client`, `auth.browser("student")` in another browser."""
    return Auth(app, client)
