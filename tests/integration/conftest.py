"""The program in a test: a database of its own, a browser without scripts, and people who sign in.

Every test that asks for `database_url`, or for anything built on it, runs once on SQLite and once on PostgreSQL. A test
that asks for `content` finds the lessons and questions loaded; any other finds migrated, empty tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from jinja2 import FileSystemBytecodeCache

from quizapp.app import create_app
from quizapp.db.extension import db
from tests.databases import SECRET_KEY, Postgresql, Sqlite
from tests.pages import Client
from tests.people import PASSWORD, address, get_or_make


@pytest.fixture(scope="session")
def sqlite(shared_folder: Path) -> Sqlite:
    return Sqlite(shared_folder)


@pytest.fixture(scope="session")
def postgresql(shared_folder: Path) -> Iterator[Postgresql]:
    running = Postgresql(shared_folder)
    yield running
    running.leave()


@pytest.fixture
def content() -> None:
    """Ask for this to find the lessons and questions of the repository in the database."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that nobody else uses."""
    kind = "loaded" if "content" in request.fixturenames else "migrated"
    with request.getfixturevalue(request.param).fresh(kind, tmp_path) as url:
        yield url


@pytest.fixture
def make_app(database_url: str, tmp_path: Path, shared_folder: Path) -> Iterator[Callable[..., Flask]]:
    """Build the application with further settings, as a second process of the same installation would."""
    made: list[Flask] = []
    # Each application would compile every template anew, which was a fifth of what the suite cost.
    compiled = FileSystemBytecodeCache(str(shared_folder))

    def make(**settings: object) -> Flask:
        made.append(
            create_app(
                {
                    "TESTING": True,
                    "DATA": tmp_path,
                    "SECRET_KEY": SECRET_KEY,
                    "SQLALCHEMY_DATABASE_URI": database_url,
                    # What a real hash costs would be most of the time of most tests.
                    "PASSWORD_MEMORY_KIB": 8,
                    "PASSWORD_ROUNDS": 1,
                    **settings,
                }
            )
        )
        made[-1].jinja_env.bytecode_cache = compiled
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The application on a database of its own."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser without scripts that checks every page it is sent; nobody is signed in."""
    return Client(app.test_client())


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Runs commands inside the application."""
    return app.test_cli_runner()


class Auth:
    """Signs people in, through the page, as they do it themselves."""

    def __init__(self, app: Flask, client: Client) -> None:
        self.app, self.client = app, client

    def sign_in(self, role: str = "student", *, email: str | None = None, client: Client | None = None) -> int:
        """Sign in as somebody with this role, who is made if nobody has this address yet; returns the person's id."""
        email = email or address(role)
        person = get_or_make(self.app, role, email)
        client = client or self.client
        page = client.get("/login")
        if page.path != "/login":
            self.sign_out(client)
            page = client.get("/login")
        page = page.form("Sign in").send(email=email, password=PASSWORD)
        assert page.path != "/login", f"{email} was not let in: {page.text}"
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
