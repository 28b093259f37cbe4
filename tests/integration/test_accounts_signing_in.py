"""People sign in, by every way there is, and out; what is shut stays shut."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from flask_security import Security
from passlib.totp import TOTP
from werkzeug.test import Cookie

from quizapp import clock as quizapp_clock
from quizapp.db.extension import db
from quizapp.db.models import LoginSession, Outbox, User
from quizapp.services import accounts
from quizapp.web.allow import plain_local_path
from tests.integration.conftest import ONCE, Auth
from tests.pages import Client, Page
from tests.people import PASSWORD, address, get_or_make

STUDENT = address("student")
NEW_PASSWORD = "seven quiet herons wading home"
UNSAFE_TARGETS = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2Fevil.example",
    "/%2f%2fevil.example",
    "/%5Cevil.example",
    "https://evil.example/",
    "http://localhost/settings",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/settings\r\nX-Evil: 1",
    " /settings",
    "settings",
    "/a//b",
)


def sign_in(client: Client, email: str = STUDENT, password: str = PASSWORD, **more: str) -> Page:
    return client.get("/login").form("Sign in").send(email=email, password=password, **more)


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/sign-in").path == "/settings/sign-in"


def session_cookie(raw: FlaskClient) -> Cookie:
    cookie = raw.get_cookie(raw.application.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return cookie


def thief(app: Flask, client: Client) -> Client:
    """Another browser with a copy of the first one's cookie."""
    raw = app.test_client()
    copied = session_cookie(client.raw)
    raw.set_cookie(copied.key, copied.value)
    return Client(raw)


def mails(app: Flask) -> list[Outbox]:
    with app.app_context():
        return list(db.session.scalars(db.select(Outbox).order_by(Outbox.id)))


def link(mail: Outbox) -> str:
    found = re.search(r"https?://[^/\s]+(/(?:reset|confirm)/\S+)", mail.body)
    assert found, mail.body
    return found[1]


def suspend(app: Flask, user_id: int) -> None:
    with app.app_context():
        accounts.suspend(db.session(), user_id, quizapp_clock.now())


@pytest.fixture
def student(app: Flask) -> int:
    return get_or_make(app, "student", STUDENT)


def code_of(app: Flask, user_id: int) -> str:
    """What the authenticator app of this person shows now."""
    with app.app_context():
        security: Security = app.extensions["security"]
        return str(
            security.totp_factory.generate_totp_password(security.datastore.find_user(id=user_id).tf_totp_secret)
        )


def set_up_app(app: Flask, client: Client, user_id: int) -> None:
    page = client.get("/tf-setup").form("Set it up").send()
    assert page.heading == "Scan this code"
    (key,) = page.texts("code")
    page = page.form("Check the code").send(code=TOTP(key=re.sub(r"[\s-]", "", key)).generate().token)
    assert page.path == "/settings/sign-in", page.text
    assert "Your authenticator app is set up." in page.text


def test_the_page_a_visitor_asked_for_opens_after_signing_in(client: Client, student: int) -> None:
    page = client.get("/settings/sign-in")
    assert (page.path, page.heading) == ("/login", "Sign in")
    page = page.form("Sign in").send(email=STUDENT.upper(), password=PASSWORD)
    assert page.path == "/settings/sign-in"


def test_other_tests_are_signed_in_exactly_as_the_page_does_it(
    app: Flask, client: Client, auth: Auth, clock: time_machine.Traveller
) -> None:
    auth.sign_in("student")
    by_page = Client(app.test_client())
    sign_in(by_page)
    with client.raw.session_transaction() as own, by_page.raw.session_transaction() as other:
        left, wanted = dict(own), dict(other)
    with app.app_context():
        rows = {
            row.sid: (row.user_id, row.started_at, row.expires_at)
            for row in db.session.scalars(sa.select(LoginSession))
        }
    assert rows[left.pop("sid")] == rows[wanted.pop("sid")]
    del wanted["csrf_token"]  # of the form
    assert left == wanted


def test_a_wrong_password_an_unknown_address_and_a_suspended_account_read_the_same(
    app: Flask, client: Client, student: int
) -> None:
    other = get_or_make(app, "student", "suspended@example.org")
    suspend(app, other)
    seen = {
        re.sub(r"\S+@\S+", "", sign_in(client, email, password).text)
        for email, password in ((STUDENT, "wrong password"), ("nobody@example.org", PASSWORD))
    }
    assert len(seen) == 1
    assert "Address and password do not match." in seen.pop()
    assert not is_signed_in(client)
    assert "suspended" not in sign_in(client, "suspended@example.org", "wrong password").text
    assert "This account is suspended." in sign_in(client, "suspended@example.org").text
    assert not is_signed_in(client)


@ONCE
@pytest.mark.parametrize("target", UNSAFE_TARGETS)
def test_no_address_can_lead_off_the_site_after_signing_in(client: Client, student: int, target: str) -> None:
    form = client.raw.get("/login", query_string={"next": target})
    assert target not in form.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', form.text)
    assert token
    answer = client.raw.post(
        "/login",
        query_string={"next": target},
        data={"email": STUDENT, "password": PASSWORD, "next": target, "csrf_token": token[1]},
    )
    assert (answer.status_code, answer.location) == (302, "/")
    assert not plain_local_path(target)


def test_signing_out_takes_a_post(client: Client, student: int) -> None:
    sign_in(client)
    client.get("/logout", status=405)
    assert is_signed_in(client)
    assert client.get("/settings/sign-in").form("Sign out").send().path == "/login"
    assert not is_signed_in(client)


def test_a_cookie_copied_before_signing_out_is_dead_after_it(app: Flask, client: Client, student: int) -> None:
    sign_in(client)
    copy = thief(app, client)
    assert is_signed_in(copy)
    client.get("/settings/sign-in").form("Sign out").send()
    assert not is_signed_in(copy)


def test_a_cookie_copied_before_a_new_password_is_dead_after_it(app: Flask, client: Client, student: int) -> None:
    sign_in(client)
    copy = thief(app, client)
    elsewhere = Client(app.test_client())
    sign_in(elsewhere)
    page = client.get("/change").form("Change the password")
    page = page.send(password=PASSWORD, new_password=NEW_PASSWORD, new_password_confirm=NEW_PASSWORD)
    assert page.path == "/settings/sign-in", page.text
    assert is_signed_in(client)
    assert not is_signed_in(copy)
    assert not is_signed_in(elsewhere)
    assert sign_in(Client(app.test_client())).path == "/login"
    assert sign_in(elsewhere, password=NEW_PASSWORD).path == "/"
    assert [mail.subject for mail in mails(app)] == ["Your password was changed"]


def test_a_link_to_a_new_password_works_once_and_ends_every_sign_in(app: Flask, client: Client, student: int) -> None:
    sign_in(client)
    visitor = Client(app.test_client())
    page = visitor.get("/reset").form("Send the link").send(email=STUDENT)
    unknown = visitor.get("/reset").form("Send the link").send(email="nobody@example.org")
    assert page.text.replace(STUDENT, "") == unknown.text.replace("nobody@example.org", "")
    (mail,) = mails(app)
    assert mail.recipient == STUDENT
    page = visitor.get(link(mail)).form("Keep the new password")
    page = page.send(password=NEW_PASSWORD, password_confirm=NEW_PASSWORD)
    assert (page.path, page.heading) == ("/login", "Sign in")
    assert not is_signed_in(visitor)
    assert not is_signed_in(client)
    assert visitor.get(link(mail)).heading == "Ask for a new password"
    assert sign_in(visitor, password=NEW_PASSWORD).path == "/"


def test_asking_twice_at_once_sends_one_link(app: Flask, client: Client, clock: Any, student: int) -> None:
    form = client.get("/reset").form("Send the link")
    form.send(email=STUDENT)
    form.send(email=STUDENT)
    assert len(mails(app)) == 1
    clock.shift(61)
    form.send(email=STUDENT)
    assert len(mails(app)) == 2


def test_suspending_ends_every_sign_in(app: Flask, client: Client, student: int) -> None:
    sign_in(client)
    suspend(app, student)
    assert not is_signed_in(client)
    with app.app_context():
        accounts.restore(db.session(), student, quizapp_clock.now())
    assert not is_signed_in(client), "an ended sign-in stays ended"
    assert sign_in(client).path == "/"


def test_a_suspended_person_is_out_even_if_a_sign_in_was_left_open(app: Flask, client: Client, student: int) -> None:
    sign_in(client)
    with app.app_context():
        db.session.execute(db.update(User).values(active=False))
        db.session.commit()
    assert not is_signed_in(client)


def test_each_sign_in_has_an_id_of_its_own(app: Flask, client: Client, student: int) -> None:
    sign_in(client)
    with client.raw.session_transaction() as session:
        first = session["sid"]
    client.get("/settings/sign-in").form("Sign out").send()
    sign_in(client)
    with client.raw.session_transaction() as session:
        assert session["sid"] != first
    with app.app_context():
        ended = {row.sid: row.ended_at is not None for row in db.session.scalars(db.select(LoginSession))}
    assert ended.pop(first)
    assert list(ended.values()) == [False]


@pytest.mark.parametrize(("stay", "hours"), [("", 12), ("y", 24 * 30)])
def test_a_sign_in_lasts_as_long_as_was_asked(
    client: Client, clock: time_machine.Traveller, student: int, stay: str, hours: int
) -> None:
    sign_in(client, **({"remember": stay} if stay else {}))
    cookie = session_cookie(client.raw)
    assert (cookie.expires is not None) == bool(stay)
    clock.shift(dt.timedelta(hours=hours, minutes=-1))
    assert is_signed_in(client)
    clock.shift(dt.timedelta(minutes=2))
    client.raw.set_cookie(cookie.key, cookie.value)
    assert not is_signed_in(client)


@ONCE
def test_cookies_of_production_bind_to_host_and_encryption(make_app: Any) -> None:
    app = make_app(LOCAL=False, PUBLIC_URL="https://quiz.example.org")
    answer = app.test_client().get("/login", base_url="https://quiz.example.org")
    (cookie,) = [value for value in answer.headers.getlist("Set-Cookie") if "session" in value]
    name, *rest = (part.strip() for part in cookie.split(";"))
    assert name.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(rest)
    assert not any(part.startswith("Domain") for part in rest)


def test_a_code_from_the_phone_is_asked_for_and_works_once(
    app: Flask, client: Client, clock: time_machine.Traveller, student: int
) -> None:
    sign_in(client)
    set_up_app(app, client, student)
    clock.shift(31)
    half_way = Client(app.test_client())
    page = sign_in(half_way)
    assert page.heading == "Enter the code"
    assert not is_signed_in(half_way)
    page = sign_in(half_way)
    wrong = "000000" if code_of(app, student) != "000000" else "111111"
    assert "This code is not right" in page.form("Sign in").send(code=wrong).text
    code = code_of(app, student)
    assert page.form("Sign in").send(code=code).path == "/"
    assert is_signed_in(half_way)
    watcher = Client(app.test_client())
    page = sign_in(watcher).form("Sign in").send(code=code)
    assert "was used already" in page.text
    assert not is_signed_in(watcher)
    copy = thief(app, half_way)
    half_way.get("/settings/sign-in").form("Sign out").send()
    assert not is_signed_in(copy)


def test_a_suspended_person_is_not_let_in_by_a_code(
    app: Flask, client: Client, clock: time_machine.Traveller, student: int
) -> None:
    sign_in(client)
    set_up_app(app, client, student)
    clock.shift(31)
    half_way = Client(app.test_client())
    page = sign_in(half_way)
    suspend(app, student)
    page.form("Sign in").send(code=code_of(app, student), status=403)
    assert not is_signed_in(half_way)
    with app.app_context():
        assert db.session.scalars(db.select(LoginSession).where(LoginSession.ended_at.is_(None))).all() == []


def test_each_recovery_code_lets_in_once(
    app: Flask, client: Client, clock: time_machine.Traveller, student: int
) -> None:
    sign_in(client)
    set_up_app(app, client, student)
    codes = client.get("/mf-recovery-codes").form("Make new codes").send().texts("main code")
    assert len(codes) == len(set(codes)) == 8
    assert "8 codes left." in client.get("/settings/sign-in").text
    with app.app_context():
        stored = db.session.get(User, student)
        assert stored is not None
        assert not set(codes) & set(stored.mf_recovery_codes or []), "codes are stored sealed"
    first = Client(app.test_client())
    assert sign_in(first).follow("Use a recovery code").form("Sign in").send(code=codes[3]).path == "/"
    assert "7 codes left." in first.get("/settings/sign-in").text
    again = Client(app.test_client())
    page = sign_in(again).follow("Use a recovery code").form("Sign in").send(code=codes[3])
    assert "is not known or has been used" in page.text
    assert not is_signed_in(again)


def test_second_factors_outlive_a_change_of_the_secret_key(
    app: Flask, client: Client, clock: time_machine.Traveller, student: int, make_app: Any
) -> None:
    sign_in(client)
    set_up_app(app, client, student)
    code = client.get("/mf-recovery-codes").form("Make new codes").send().texts("main code")[0]
    clock.shift(31)
    new_key = "tests-only-after-the-change-4Yw8Zk2Lq9"
    changed = make_app(SECRET_KEY=new_key, SECRET_KEY_FALLBACKS=[app.config["SECRET_KEY"]])
    page = sign_in(Client(changed.test_client()))
    assert page.form("Sign in").send(code=code_of(changed, student)).path == "/"
    page = sign_in(Client(changed.test_client())).follow("Use a recovery code")
    assert page.form("Sign in").send(code=code).path == "/"


def test_the_app_can_be_switched_off_again(app: Flask, client: Client, student: int) -> None:
    sign_in(client)
    set_up_app(app, client, student)
    client.get("/tf-setup").form("Stop asking for codes").send()
    assert sign_in(Client(app.test_client())).path == "/"


def test_a_sensitive_change_asks_for_the_password_again(
    client: Client, clock: time_machine.Traveller, student: int
) -> None:
    sign_in(client)
    clock.shift(dt.timedelta(minutes=31))
    page = client.get("/wan-register")
    assert page.heading == "Is it you?"
    assert "This is not your present password." in page.form("Go on").send(password="wrong password").text
    assert page.form("Go on").send(password=PASSWORD).path == "/wan-register"


def test_an_account_opens_only_when_somebody_presses_the_button_behind_the_mail(app: Flask, client: Client) -> None:
    form = client.get("/register").form("Open the account")
    page = form.send(email="New@Example.org", password=PASSWORD, password_confirm=PASSWORD)
    assert page.path == "/login"
    again = form.send(email="new@example.org", password=PASSWORD, password_confirm=PASSWORD)
    assert again.text == page.text.replace("New@", "new@").replace("Example", "example")
    welcome, known = mails(app)
    assert (welcome.recipient, known.recipient) == ("new@example.org", "new@example.org")
    assert "You have one already" in known.body
    assert "Your address is not confirmed yet" in sign_in(client, "new@example.org").text
    page = client.get(link(welcome))
    assert "Your address is not confirmed yet" in sign_in(client, "new@example.org").text, "a GET changes nothing"
    page = page.form("Confirm the address").send()
    assert "Your address is confirmed." in page.text
    assert sign_in(client, "new@example.org").path == "/"
    with app.app_context():
        sid = db.session.scalar(db.select(LoginSession.sid))
        actor = accounts.find_actor(db.session(), str(sid), quizapp_clock.now())
    assert actor is not None
    assert actor.roles == {"student"}


@ONCE
def test_what_is_wrong_with_a_new_account_is_said_and_the_address_kept(client: Client) -> None:
    form = client.get("/register").form("Open the account")
    page = form.send(email="new@example.org", password="short", password_confirm="other")
    assert "Use at least 10 characters" in page.text
    assert "The two passwords differ." in page.text
    assert page.one("input[name=email]").attrs["value"] == "new@example.org"
    page = form.send(email="nowhere", password=PASSWORD, password_confirm=PASSWORD)
    assert "This does not look like an email address." in page.text
    page = form.send(email="ann@example.org", password="ann@example.org", password_confirm="ann@example.org")
    assert "other than your address" in page.text


@ONCE
def test_registration_can_be_closed(make_app: Any) -> None:
    client = Client(make_app(REGISTRATION_OPEN=False).test_client())
    page = client.get("/login")
    assert "Open an account" not in page.text
    assert client.get("/register", status=403).heading == "Registration is closed"
    client.post("/register", {"email": "new@example.org"}, status=400)  # no token: refused before anything else


def test_guessing_a_password_is_stopped_for_a_while(
    app: Flask, client: Client, clock: time_machine.Traveller, student: int
) -> None:
    form = client.get("/login").form("Sign in")
    for _ in range(10):
        form.send(email=STUDENT, password="wrong password")
    page = form.send(email=STUDENT, password=PASSWORD, status=429)
    assert page.heading == "Please wait a little"
    assert "15 minutes" in page.text
    assert 0 < int(page.response.headers["Retry-After"]) <= 900
    get_or_make(app, "instructor", "other@example.org")
    assert sign_in(Client(app.test_client()), "other@example.org").path == "/", "others are not held up"
    clock.shift(dt.timedelta(minutes=15, seconds=1))
    assert form.send(email=STUDENT, password=PASSWORD).path == "/"


def test_signing_in_clears_the_count_of_wrong_passwords(app: Flask, client: Client, student: int) -> None:
    for _ in range(2):
        browser = Client(app.test_client())
        form = browser.get("/login").form("Sign in")
        for _ in range(9):
            form.send(email=STUDENT, password="wrong password")
        assert form.send(email=STUDENT, password=PASSWORD).path == "/"


def test_guessing_codes_is_stopped_for_a_while(
    app: Flask, client: Client, clock: time_machine.Traveller, student: int
) -> None:
    sign_in(client)
    set_up_app(app, client, student)
    form = sign_in(Client(app.test_client())).form("Sign in")
    for _ in range(10):
        form.send(code="abc")
    form.send(code="abc", status=429)
    other = sign_in(Client(app.test_client())).form("Sign in")
    other.send(code="abc", status=429)


def test_nobody_can_have_mail_after_mail_sent_to_somebody(client: Client, student: int) -> None:
    form = client.get("/reset").form("Send the link")
    for _ in range(5):
        form.send(email=STUDENT)
    assert "may still be on their way" in form.send(email=STUDENT, status=429).text


@ONCE
def test_a_form_without_a_token_is_not_carried_out(client: Client, student: int) -> None:
    sign_in(client)
    page = client.post("/settings", {"name": "Mallory"}, status=400)
    assert page.heading == "Please send this form once more"
    assert not page.select("main form"), "a foreign page gets no button to press"
    assert client.get("/settings").one("input[name=name]").attrs["value"] == "Test student"


@ONCE
def test_a_form_that_outlived_its_session_can_be_sent_again_from_our_own_page(client: Client, student: int) -> None:
    sign_in(client)
    answer = client.raw.post(
        "/settings/exams",
        data={"exam_title": "Finals", "exam_on": "2030-01-01"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 400
    page = client._page(answer, 400)
    assert "Finals" in page.form("Send it again").send().text


@ONCE
def test_what_was_typed_outlives_the_sign_in(app: Flask, client: Client, student: int) -> None:
    sign_in(client)
    form = client.get("/settings").form("Add the examination")
    suspend(app, student)
    page = form.send(exam_title="Finals in clinical pharmacology, second part", exam_on="2030-01-01", status=401)
    assert page.heading == "You are no longer signed in"
    assert "Finals in clinical pharmacology" in page.text
    kept = page.form("Send it again")
    with app.app_context():
        accounts.restore(db.session(), student, quizapp_clock.now())
    sign_in(client)
    assert "Finals in clinical pharmacology" in kept.send().text


@ONCE
def test_passwords_are_never_given_back(app: Flask, client: Client, student: int) -> None:
    sign_in(client)
    form = client.get("/change").form("Change the password")
    suspend(app, student)
    values = {"password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
    page = form.send(status=401, **values)
    assert PASSWORD not in page.response.text
    assert NEW_PASSWORD not in page.response.text


@ONCE
def test_signing_in_takes_no_json(client: Client, student: int) -> None:
    token = client.get("/login").form("Sign in").fields["csrf_token"][0]
    answer = client.raw.post("/login", json={"email": STUDENT, "password": PASSWORD}, headers={"X-CSRFToken": token})
    assert answer.status_code == 415
    assert not is_signed_in(client)


@ONCE
def test_the_link_in_a_mail_names_the_site_and_not_the_host_of_the_request(make_app: Any) -> None:
    app = make_app(PUBLIC_URL="https://quiz.example.org")
    get_or_make(app, "student", STUDENT)
    raw = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', raw.get("/reset", base_url="http://evil.example").text)
    assert token
    raw.post("/reset", data={"email": STUDENT, "csrf_token": token[1]}, base_url="http://evil.example")
    (mail,) = mails(app)
    assert "https://quiz.example.org/reset/" in mail.body
    assert "evil" not in mail.body


def test_other_devices_can_be_signed_out_from_here(app: Flask, client: Client, student: int) -> None:
    elsewhere = Client(app.test_client())
    sign_in(elsewhere)
    sign_in(client)
    client.get("/settings/sign-in").form("Sign out everywhere else").send()
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)


@ONCE
@pytest.mark.parametrize("path", ["/tf-validate", "/tf-select", "/mf-recovery"])
def test_opening_the_page_of_a_second_step_signs_nobody_out(client: Client, student: int, path: str) -> None:
    sign_in(client)
    client.get(path)
    assert is_signed_in(client)
