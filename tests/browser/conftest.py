"""The program as people meet it: the production server, and Chromium.

The server of a run holds the content of the repository and starts with no user. A page that logs an error, or loads
anything from another host, fails its test.
"""

from __future__ import annotations

import datetime as dt
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Error, Page, Request, ViewportSize
from sqlalchemy.orm import Session

from quizapp import clock
from quizapp.app import create_app
from quizapp.bootstrap import ROOT
from quizapp.core import memory
from quizapp.core.grading import Rating
from quizapp.db.models import ActivityCoordinator, ExamDate, Item, Memory, Participation, User
from quizapp.db.session import prepare_engine
from quizapp.services.crediting import lessons
from quizapp.services.crediting.stock import get_stock
from tests.databases import SECRET_KEY, Sqlite, environment
from tests.integration.conftest import Auth, close_connections
from tests.integration.credited import OPEN, Designated
from tests.integration.learners import Learner
from tests.integration.participants import LESSON, body_of, slug_of
from tests.integration.test_overseeing import Room
from tests.pages import Client
from tests.people import address, get_or_make

SECONDS_TO_START = 90
OF_COLOUR = ["color-contrast", "link-in-text-block"]
WIDTHS: dict[str, ViewportSize] = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", metavar="FOLDER", help="keep the pictures that tests take, as FOLDER/name.png")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium of the system; the package brings none of its own."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        pytest.fail("No Chromium is installed. Install it with: apt-get update && apt-get install -y chromium")
    # Its sandbox refuses to run as root, and a container has no shared memory to speak of.
    flags = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return {**browser_type_launch_args, "executable_path": chromium, "args": flags}


@pytest.fixture(scope="session")
def site(templates: Path) -> Iterator[Site]:
    """A running site with the content of the repository; one for each process of the run."""
    with tempfile.TemporaryDirectory(prefix="quizapp-site-") as name:
        folder = Path(name)
        with Sqlite(templates).fresh("loaded", folder) as url:
            running = Site(folder, environment(url, folder))
            try:
                running.start()
                yield running
            finally:
                running.stop()


class Site:
    """The production server on a free port, with one database."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder, self.variables = folder, variables
        self.port = _free_port()
        # Not 127.0.0.1: passkeys are bound to a name.
        self.url = f"http://localhost:{self.port}"
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        settings = {"SECRET_KEY": SECRET_KEY, "DATA": folder, "LOCAL": True}
        self.app = create_app({**settings, "SQLALCHEMY_DATABASE_URI": variables["QUIZAPP_DATABASE_URL"]})

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "quizapp.cli", "serve", "--port", str(self.port), "--workers", "1"],
                cwd=ROOT,
                env={**self.variables, "QUIZAPP_PUBLIC_URL": self.url, "QUIZAPP_LOCAL": "1"},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._answers():
            assert self.process.poll() is None, f"The server stopped at once:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"The server does not answer:\n{self.log.read_text()}"
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it as an operator would, and wait until it has."""
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=SECONDS_TO_START)

    def person(self, role: str, email: str) -> int:
        """The id of somebody with this address, who is made with this role if there is none yet."""
        try:
            return get_or_make(self.app, role, email)
        finally:
            close_connections(self.app)

    def sign_in(self, role: str, email: str) -> Any:
        """The cookie that a browser holds when somebody with this role has just given the right password."""
        client = self.app.test_client()
        try:
            Auth(self.app, Client(client)).sign_in(role, email=email)
        finally:
            close_connections(self.app)
        cookie = client.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
        assert cookie
        return {"name": cookie.key, "value": cookie.value, "url": self.url}

    def cover(self, email: str) -> None:
        """Let somebody have answered a question on every objective today; through the pages that takes an hour."""
        with self._tables() as session:
            learner = session.scalars(sa.select(User.id).where(User.email == email)).one()
            today = clock.now().date()
            state = memory.begin(Rating.GOOD)
            for objective in session.scalars(sa.select(Item.objective_id).distinct()):
                session.merge(
                    Memory(
                        learner_id=learner,
                        objective_id=objective,
                        stability_days=state.stability_days,
                        difficulty=state.difficulty,
                        last_day=today,
                        due=today + dt.timedelta(days=2 + objective % 7),
                        evidence=[],
                        lapses=0,
                        retests=memory.RETESTS,
                        algorithm=memory.ALGORITHM,
                    )
                )
            session.commit()

    def offer_credit(self) -> str:
        """Publish an activity with credit: a lesson and a test of two questions; returns its short name."""
        with self._tables() as session:
            prepare_engine(session.get_bind().engine)
            lesson = lessons.pin(get_stock(session), LESSON)
            body = body_of(session, pretest=True, cool_down_minutes=0, lesson=lesson)
            offered = Designated.new(session, maximum=4, **OPEN, **body)
            return slug_of(session, offered)

    def lapsed(self, coordinator: str) -> int:
        """An activity that this coordinator runs, whose one participant did everything but claim in time."""
        run_by = self.person("coordinator", coordinator)
        with self._tables() as session:
            prepare_engine(session.get_bind().engine)
            dates = {"released": _new_year(2020), "expires": _new_year(2021)}
            room = Room(session, Designated.new(session, report_format="pars", **dates, front={"minutes": 60}))
            room.took_part("Lapsed Person")
            session.add(ActivityCoordinator(activity_id=room.run.activity_id, user_id=run_by))
            session.commit()
            return room.run.activity_id

    def right_choice(self, presentation_id: int, *, right: bool = True) -> str:
        """The value of the right option of a single best answer as it stands on somebody’s screen."""
        with self._tables() as session:
            return Learner(session, None).submission(presentation_id, right=right).fields["choice"][0]

    def enrolled_earlier(self, email: str, hours: int) -> None:
        """Let somebody have enrolled so many hours ago; no test can wait until an hour of taking part is plausible."""
        with self._tables() as session:
            learner = session.scalars(sa.select(User.id).where(User.email == email)).one()
            at = clock.now() - dt.timedelta(hours=hours)
            session.execute(sa.update(Participation).where(Participation.learner_id == learner).values(enrolled_at=at))
            session.commit()

    def pass_exam_date(self, email: str) -> None:
        """Let somebody have had an examination yesterday."""
        with self._tables() as session:
            learner = session.scalars(sa.select(User.id).where(User.email == email)).one()
            yesterday = clock.now().date() - dt.timedelta(days=1)
            session.add(ExamDate(user_id=learner, title="Psychiatry final", on=yesterday))
            session.commit()

    @contextmanager
    def _tables(self) -> Iterator[Session]:
        engine = sa.create_engine(self.variables["QUIZAPP_DATABASE_URL"])
        try:
            with Session(engine) as session:
                yield session
        finally:
            engine.dispose()

    def run(self, *arguments: str) -> str:
        """Run a `quizapp` command on the site's database; returns what it printed."""
        return subprocess.run(
            [sys.executable, "-m", "quizapp.cli", *arguments],
            cwd=ROOT,
            env=self.variables,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def _answers(self) -> bool:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            asked.request("GET", "/healthz")
            return asked.getresponse().status == 200
        except OSError:
            return False
        finally:
            asked.close()


def _new_year(year: int) -> dt.datetime:
    return dt.datetime(year, 1, 1, tzinfo=dt.UTC)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def base_url(site: Site) -> str:
    """Lets tests write `page.goto("/lessons")`."""
    return site.url


class Watch:
    """Notes what a page should not do. `seen` is what it did; a test that provokes an error takes it out."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.seen: list[str] = []

    def __call__(self, page: Page) -> Page:
        page.on("console", self._console)
        page.on("pageerror", self._script)
        page.on("request", self._request)
        return page

    def leave(self, page: Page) -> None:
        """Watch no longer: the page goes on in another test, which has a watch of its own."""
        page.remove_listener("console", self._console)
        page.remove_listener("pageerror", self._script)
        page.remove_listener("request", self._request)

    def _script(self, error: Error) -> None:
        self.seen.append(f"script: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and f"{address.scheme}://{address.netloc}" != self.host:
            self.seen.append(f"loads from another host: {request.url}")


@pytest.fixture
def watch(base_url: str) -> Iterator[Watch]:
    """`watch(page)` for pages of further contexts: the test fails if one logs an error or leaves its own host."""
    watching = Watch(base_url)
    yield watching
    assert not watching.seen, "The pages of this test:\n" + "\n".join(f"- {line}" for line in watching.seen)


@pytest.fixture
def page(page: Page, watch: Watch) -> Page:
    """A page of Chromium, watched."""
    return watch(page)


@pytest.fixture
def sign_in(site: Site) -> Callable[..., None]:
    """`sign_in(page, "student")` opens the first page of somebody with this role; `email` tells people apart.

    What follows a right password, without the form: forms of signing in are filled by the tests of accounts.
    """

    def enter(page: Page, role: str = "student", *, email: str | None = None) -> None:
        page.context.add_cookies([site.sign_in(role, email or address(role))])
        page.goto("/")

    return enter


@pytest.fixture(scope="session")
def axe() -> Callable[..., None]:
    """`axe(page)` fails for any violation of WCAG 2.2 AA that can be found by looking at the page.

    `only_colours` leaves the rules that do not ask for a colour, on a page that has passed them in another scheme.
    """
    script = Axe().axe_script
    # Only what is wrong comes back: to hand over what is right took as long as to find it.
    run = "options => axe.run(options).then(({violations}) => ({violations}))"
    # Half-way from one scheme to the other a colour belongs to neither.
    still = """() => Promise.allSettled(
        document.getAnimations().filter(one => one instanceof CSSTransition).map(one => one.finished))"""

    def check(page: Page, *, only_colours: bool = False) -> None:
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if only_colours:
            options["runOnly"] = {"type": "rule", "values": OF_COLOUR}
        if not page.evaluate("'axe' in window"):
            page.evaluate(script)
        page.evaluate(still)
        results = AxeResults(page.evaluate(run, options))
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"

    return check


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """`screenshot(page, "today-phone")` keeps a picture of the whole page, if `--screenshots FOLDER` asks for it."""

    def take(page: Page, name: str) -> None:
        if kept := request.config.getoption("--screenshots"):
            Path(kept).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(kept, f"{name}.png"), full_page=True, animations="disabled")

    return take
