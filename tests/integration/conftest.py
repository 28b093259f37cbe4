"""The program in a test: a database of its own, a browser without scripts, and people who sign in.

Every test that asks for `database_url`, or for anything built on it, runs once on SQLite and once on PostgreSQL. A test
that asks for `content` finds the lessons and questions loaded; any other finds migrated, empty tables.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from flask_security import hash_password

from quizapp.app import create_app
from quizapp.db.extension import db
from quizapp.db.models import User, UserRole
from quizapp.db.session import writing
from tests.databases import SECRET_KEY, Postgresql, Sqlite
from tests.pages import Client

PASSWORD = "three sober ferrets counted backwards"
CHEAP_HASHING = {"argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}


@pytest.fixture(scope="session")
def sqlite(shared_folder: Path) -> Sqlite:
    return Sqlite(shared_folder)


@pytest.fixture(scope="session")
def postgresql(shared_folder: Path) -> Postgresql:
    return Postgresql(shared_folder)


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
def make_app(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Build the application with further settings, as a second process of the same installation would."""
    made: list[Flask] = []

    def make(**settings: object) -> Flask:
        made.append(
            create_app(
                {
                    "TESTING": True,
                    "DATA": tmp_path,
                    "SECRET_KEY": SECRET_KEY,
                    "SQLALCHEMY_DATABASE_URI": database_url,
                    # What a real hash costs would be most of the time of most tests.
                    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": CHEAP_HASHING,
                    **settings,
                }
            )
        )
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
        """Sign in as somebody with this role, who is made if nobody has this address yet; returns the user's id."""
        email = email or f"{role}@example.org"
        user_id = self.person(role, email)
        page = (client or self.client).get("/login").form("Sign in").send(email=email, password=PASSWORD)
        assert page.path != "/login", f"{email} was not let in: {page.text}"
        return user_id

    def browser(self, role: str = "student", *, email: str | None = None) -> Client:
        """Another browser, in which somebody with this role is signed in."""
        client = Client(self.app.test_client())
        self.sign_in(role, email=email, client=client)
        return client

    def person(self, role: str, email: str) -> int:
        """The id of the user with this address, made with this role if there is none."""
        with self.app.app_context():
            found = db.session.execute(db.select(User.id).where(User.email == email)).scalar_one_or_none()
            if found is not None:
                return found
            password = hash_password(PASSWORD)
            moment = dt.datetime.now(dt.UTC)
            with writing(db.session()) as session:
                user = User(
                    email=email,
                    name=role.title(),
                    password=password,
                    fs_uniquifier=secrets.token_hex(16),
                    confirmed_at=moment,
                    create_datetime=moment,
                    update_datetime=moment,
                    roles=[UserRole(name=role)],
                )
                session.add(user)
                session.flush()
                return user.id


@pytest.fixture
def auth(app: Flask, client: Client) -> Auth:
    """Signs people in: `auth.sign_in("instructor")` in `client`, `auth.browser("student")` in another browser."""
    return Auth(app, client)
