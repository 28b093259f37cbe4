"""Two people, or one person twice, change an account at the same moment: nothing is lost and nobody slips in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_security import Security

from quizapp import clock
from quizapp.db.extension import db
from quizapp.db.models import LoginSession, Outbox, User, UserRole
from quizapp.services import accounts, credentials
from quizapp.services.credentials import ChangedMeanwhile
from quizapp.web.factors import OneAtATime
from tests.pages import Client
from tests.people import PASSWORD, address, get_or_make
from tests.statements import counted

STUDENT = address("student")
NEW_PASSWORD = "seven quiet herons wading home"
OTHER_PASSWORD = "nine loud geese flying south"


@pytest.fixture
def student(app: Flask) -> int:
    return get_or_make(app, "student", STUDENT)


def stored(app: Flask, user_id: int) -> User:
    with app.app_context():
        user = db.session.get(User, user_id)
        assert user is not None
        return user


class Request:
    """One request of Flask-Security to this account, held open as long as the test wants."""

    def __init__(self, app: Flask, user_id: int) -> None:
        self.context = app.test_request_context()
        self.context.push()
        security: Security = app.extensions["security"]
        self.store: Any = security.datastore
        self.account: Any = self.store.find_user(id=user_id)
        self.context.pop()
        self.app = app

    def keep(self, change: Callable[[Any, Any], object]) -> None:
        with self.app.test_request_context():
            change(self.store, self.account)
            self.store.commit()


def test_changes_of_different_things_both_survive(app: Flask, student: int) -> None:
    one, other = Request(app, student), Request(app, student)
    one.keep(lambda store, account: store.mf_set_recovery_codes(account, ["a", "b"]))
    other.keep(lambda store, account: store.tf_set(account, "authenticator", "sealed secret"))
    user = stored(app, student)
    assert (user.mf_recovery_codes, user.tf_primary_method) == (["a", "b"], "authenticator")


def test_of_two_changes_of_the_same_thing_the_second_is_told(app: Flask, student: int) -> None:
    one, other = Request(app, student), Request(app, student)
    one.keep(lambda store, account: store.mf_set_recovery_codes(account, ["a"]))
    with pytest.raises(ChangedMeanwhile):
        other.keep(lambda store, account: store.mf_set_recovery_codes(account, ["b"]))
    assert stored(app, student).mf_recovery_codes == ["a"]


def test_a_recovery_code_used_twice_at_once_works_once(app: Flask, student: int) -> None:
    Request(app, student).keep(lambda store, account: store.mf_set_recovery_codes(account, ["a", "b", "c"]))
    one, other = Request(app, student), Request(app, student)
    one.keep(lambda store, account: store.mf_delete_recovery_code(account, 1))
    with pytest.raises(ChangedMeanwhile):
        other.keep(lambda store, account: store.mf_delete_recovery_code(account, 1))
    assert stored(app, student).mf_recovery_codes == ["a", "c"]


def test_twenty_threads_that_add_to_one_account_lose_nothing_unsaid(app: Flask, student: int) -> None:
    Request(app, student).keep(lambda store, account: store.mf_set_recovery_codes(account, []))
    told, kept = [], []
    start = threading.Barrier(20)

    def add(code: str) -> None:
        start.wait()
        request = Request(app, student)
        try:
            request.keep(lambda store, a: store.mf_set_recovery_codes(a, [*a.mf_recovery_codes, code]))
            kept.append(code)
        except ChangedMeanwhile:
            told.append(code)

    threads = [threading.Thread(target=add, args=(str(n),)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) + len(told) == 20
    assert sorted(stored(app, student).mf_recovery_codes or []) == sorted(kept)


def while_hashing(monkeypatch: pytest.MonkeyPatch, deed: Callable[[], None]) -> None:
    """Do something else once, at the moment at which the next password is being checked."""
    waiting = [deed]
    in_turn = OneAtATime._in_turn

    def hashing(self: OneAtATime, *args: Any, **options: Any) -> Any:
        result = in_turn(self, *args, **options)
        if waiting:
            waiting.pop()()
        return result

    monkeypatch.setattr(OneAtATime, "_in_turn", hashing)


def test_a_commit_by_others_during_the_check_of_a_password_disturbs_nothing(
    app: Flask, client: Client, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a read transaction held open meanwhile, SQLite refuses to write: “database is locked”."""
    form = client.get("/login").form("Sign in")
    other = get_or_make(app, "instructor", "other@example.org")

    def commit() -> None:
        with app.app_context(), db.engine.connect() as connection:
            connection.execute(sa.update(User).where(User.id == other).values(name="Changed meanwhile"))
            connection.commit()

    while_hashing(monkeypatch, commit)
    assert form.send(email=STUDENT, password=PASSWORD).path == "/"
    assert stored(app, other).name == "Changed meanwhile"


def test_no_transaction_is_open_while_a_password_is_checked(
    app: Flask, client: Client, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_then = []
    form = client.get("/login").form("Sign in")
    while_hashing(monkeypatch, lambda: open_then.append(db.session().in_transaction()))
    form.send(email=STUDENT, password=PASSWORD)
    form = client.get("/change").form("Change the password")
    while_hashing(monkeypatch, lambda: open_then.append(db.session().in_transaction()))
    form.send(password=PASSWORD, new_password=NEW_PASSWORD, new_password_confirm=NEW_PASSWORD)
    assert open_then == [False, False]


def test_passwords_are_checked_one_at_a_time(app: Flask, student: int, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most = [0], [0]

    class Context:
        def verify(self, secret: str, hashed: str) -> bool:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
            threading.Event().wait(0.005)
            at_once[0] -= 1
            return True

    turn = OneAtATime(Context(), lambda: None)
    threads = [threading.Thread(target=turn.verify, args=("secret", "hash")) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_the_old_password_checked_just_before_it_was_changed_lets_nobody_in(
    app: Flask, client: Client, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = client.get("/login").form("Sign in")
    change = Request(app, student)

    def new_password(store: Any, account: Any) -> None:
        account.password = "another hash"
        store.set_uniquifier(account)

    while_hashing(monkeypatch, lambda: change.keep(new_password))
    form.send(email=STUDENT, password=PASSWORD, status=409)
    assert client.get("/settings/sign-in").path == "/login"
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(LoginSession)) == 0


def test_somebody_suspended_while_the_password_was_checked_is_not_let_in(
    app: Flask, client: Client, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = client.get("/login").form("Sign in")

    def suspend() -> None:
        with app.app_context():
            accounts.suspend(db.session(), student, clock.now())

    while_hashing(monkeypatch, suspend)
    form.send(email=STUDENT, password=PASSWORD, status=409)
    assert client.get("/settings/sign-in").path == "/login"


def test_of_two_new_passwords_at_once_one_is_kept_and_the_other_told(
    app: Flask, client: Client, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/login").form("Sign in").send(email=STUDENT, password=PASSWORD)
    form = client.get("/change").form("Change the password")
    other = Client(app.test_client())
    other.get("/login").form("Sign in").send(email=STUDENT, password=PASSWORD)
    other_form = other.get("/change").form("Change the password")

    def change(form: Any, password: str, status: int) -> None:
        form.send(password=PASSWORD, new_password=password, new_password_confirm=password, status=status)

    while_hashing(monkeypatch, lambda: change(other_form, OTHER_PASSWORD, 200))
    change(form, NEW_PASSWORD, 409)
    visitor = Client(app.test_client())
    assert visitor.get("/login").form("Sign in").send(email=STUDENT, password=NEW_PASSWORD).path == "/login"
    assert visitor.get("/login").form("Sign in").send(email=STUDENT, password=OTHER_PASSWORD).path == "/"


def test_an_address_registered_twice_at_once_is_one_account(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"email": "new@example.org", "password": PASSWORD, "password_confirm": PASSWORD}
    form = client.get("/register").form("Open the account")
    other = Client(app.test_client()).get("/register").form("Open the account")
    while_hashing(monkeypatch, lambda: other.send(**values) and None)
    assert form.send(**values).path == "/login"
    with app.app_context():
        assert db.session.scalars(sa.select(User.email)).all() == ["new@example.org"]
        assert db.session.scalars(sa.select(UserRole.name)).all() == ["student"]
        assert db.session.scalars(sa.select(Outbox.recipient)).all() == ["new@example.org"]


def test_the_person_behind_a_request_is_found_with_one_statement(app: Flask, client: Client, student: int) -> None:
    client.get("/login").form("Sign in").send(email=STUDENT, password=PASSWORD)
    with client.raw.session_transaction() as session:
        sid = session["sid"]
    with app.app_context():
        accounts.save_settings(
            db.session(), student, accounts.Choices(zone="Europe/Zurich", rest_days=(7,)), "Ann", clock.now()
        )
        with counted(db.engine) as statements:
            actor = accounts.find_actor(db.session(), sid, clock.now())
    assert actor is not None
    assert (actor.name, actor.zone, actor.choices.rest_days, actor.roles) == ("Ann", "Europe/Zurich", (7,), {"student"})
    assert len(statements) == 1


def test_what_a_failed_deed_had_begun_is_gone(app: Flask, student: int) -> None:
    one, other = Request(app, student), Request(app, student)
    one.keep(lambda store, account: store.mf_set_recovery_codes(account, ["a"]))

    def both(store: Any, account: Any) -> None:
        store.mf_set_recovery_codes(account, ["b"])
        store.create_webauthn(
            account,
            credential_id=b"id",
            public_key=b"key",
            sign_count=0,
            backup_state=False,
            device_type="single_device",
            transports=[],
            extensions=None,
            name="Key",
            usage="first",
        )

    with pytest.raises(ChangedMeanwhile):
        other.keep(both)
    with app.app_context():
        kept = credentials.find_account(db.session(), "id", student)
    assert kept is not None
    assert kept.passkeys == ()
