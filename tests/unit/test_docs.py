"""The documents name every setting, command, type, mode and table there is, and nothing that is not there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name

import click
import pytest

from quizapp import itemtypes
from quizapp.app import ENVIRONMENT
from quizapp.bootstrap import ROOT
from quizapp.cli import quizapp as command
from quizapp.core.modes import MODES
from quizapp.db.models import Base

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
TOPS = ("quizapp", "quizapp.services", "quizapp.services.content")
"""Where the architecture’s shorter names begin."""
FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# Written so that the patterns do not match themselves.
HOSTS = re.compile(r"(pypi|pythonhosted|npmjs|yarnpkg|crates|deb\.debian|golang)\.(org|com|io)|PIP_INDEX|--index-url")
FOLDERS = re.compile(r"(?<![\w.~-])/(work|root|home|tmp|Users)(/|\b)")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def _commands(group: click.Group, *before: str) -> Iterator[tuple[str, ...]]:
    """The full name of every command, groups left out."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from _commands(found, *before, name)
        else:
            yield (*before, name)


def _quoted_commands(text: str) -> list[list[str]]:
    """The words after `quizapp` wherever a page quotes a command: a line of a fence, a unit of systemd, a sentence."""
    lines = [line for body in FENCE.findall(text) for line in body.splitlines()]
    quoted = [found[1] for line in lines if (found := re.match(r"(?:ExecStart=)?(?:\S*/)?quizapp ([^#]+)", line))]
    quoted += re.findall(r"`quizapp ([^`]+)`", FENCE.sub("", text))
    return [shlex.split(words) for words in quoted]


def _find(words: list[str]) -> click.Command | None:
    """The command these words call, None if there is none."""
    found: click.Command | None = command
    for word in words:
        if not isinstance(found, click.Group):
            break
        found = found.get_command(click.Context(found), word)
    return None if isinstance(found, click.Group) else found


def _anchor(heading: str) -> str:
    """The name under which a heading can be linked to."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("variable", sorted({*ENVIRONMENT, "QUIZAPP_DATA", "QUIZAPP_ROOT", "QUIZAPP_LOCAL"}))
def test_every_setting_has_its_row(variable: str) -> None:
    assert re.search(rf"^\| `{variable}` \|", _text("docs/operations.md"), re.M)


def test_no_setting_is_described_that_does_not_exist() -> None:
    program = "".join(file.read_text("utf-8") for file in (ROOT / "quizapp").rglob("*.py"))
    for page in PAGES:
        named = set(re.findall(r"QUIZAPP_[A-Z_]+", page.read_text("utf-8")))
        assert named <= set(re.findall(r"QUIZAPP_[A-Z_]+", program)), _name(page)


@pytest.mark.parametrize("names", sorted(_commands(command)), ids=" ".join)
def test_every_command_has_its_row(names: tuple[str, ...]) -> None:
    assert re.search(rf"^\| `quizapp {' '.join(names)}[` ]", _text("docs/operations.md"), re.M)


@pytest.mark.parametrize("document", PAGES, ids=_name)
def test_every_command_that_a_page_quotes_exists_with_its_options(document: Path) -> None:
    for words in _quoted_commands(document.read_text("utf-8")):
        found = _find(words)
        assert found is not None, f"quizapp {' '.join(words)}"
        known = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
        assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known, " ".join(words)


def test_commands_are_found_in_fences_units_and_sentences() -> None:
    fences = "```sh\n.venv/bin/quizapp db upgrade # now\n```\n```ini\nExecStart=/a/quizapp work\n```"
    text = f"Say `quizapp work --once`.\n{fences}"
    assert _quoted_commands(text) == [["db", "upgrade"], ["work"], ["work", "--once"]]


@pytest.mark.parametrize("name", itemtypes.names())
def test_every_question_type_has_its_page_in_the_index(name: str) -> None:
    assert (DOCS / "itemtypes" / f"{name}.md").is_file()
    assert f"(itemtypes/{name}.md)" in _text("docs/README.md")


@pytest.mark.parametrize("name", MODES)
def test_every_mode_has_its_row(name: str) -> None:
    assert re.search(rf"^\| `{name}` \|", _text("docs/architecture.md"), re.M)


def test_every_table_has_its_row_and_no_row_outlives_its_table() -> None:
    told = _text("docs/architecture.md").partition("\n## Tables\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", told, re.M)) == set(Base.metadata.tables)


def test_every_page_stands_in_the_index() -> None:
    linked = {(DOCS / target.partition("#")[0]).resolve() for target in LINK.findall(_text("docs/README.md"))}
    pages = {page.resolve() for page in PAGES if page != DOCS / "README.md"}
    assert pages <= linked, sorted(_name(page) for page in pages - linked)


@pytest.mark.parametrize("document", PAGES, ids=_name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in LINK.findall(FENCE.sub("", document.read_text("utf-8"))):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", FENCE.sub("", file.read_text("utf-8")), re.M)
            assert anchor in {_anchor(heading) for heading in headings}, target


def test_every_test_that_a_promise_names_exists() -> None:
    rows = re.findall(r"^\| (.+) \| (.+) \| (.+) \|$", _text("docs/security.md"), re.M)
    promises = [row for row in rows if row[0] != "promise"]
    assert promises
    for promise, _, tests in promises:
        named = re.findall(r"`([^`]+)`", tests)
        assert named, promise
        for file in named:
            assert re.fullmatch(r"tests/\w+(/\w+)*/test_\w+\.py", file), file
            assert (ROOT / file).is_file(), f"{promise}: {file}"


@pytest.mark.parametrize("document", PAGES, ids=_name)
def test_no_page_speaks_of_a_registry_or_of_somebodys_machine(document: Path) -> None:
    text = document.read_text("utf-8")
    assert not HOSTS.search(text)
    assert not FOLDERS.search(text)


def test_pictures_are_small_and_each_is_shown() -> None:
    shown = {(page.parent / target).resolve() for page in PAGES for target in LINK.findall(page.read_text("utf-8"))}
    for picture in (DOCS / "screens").iterdir():
        assert picture.stat().st_size < 250_000, picture.name
        assert picture in shown, picture.name


def test_every_module_and_function_that_the_architecture_names_exists() -> None:
    spans = re.findall(r"`([^`\n]+)`", FENCE.sub("", _text("docs/architecture.md")))
    files = {span for span in spans if re.fullmatch(r"[\w/]+/\w+\.py", span)}
    assert not {file for file in files if not any((top / file).is_file() for top in (ROOT, ROOT / "quizapp"))}
    dotted = {found[0] for span in spans if (found := re.match(r"[a-z_]+(\.\w+)+(?=\(|$)", span))}
    modules = {name for name in dotted if not name.endswith((".md", ".py", ".toml", ".html"))}
    assert modules
    assert not {name for name in modules if not any(_is_there(f"{top}.{name}") for top in TOPS)}


def _is_there(name: str) -> bool:
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def test_the_architecture_can_be_read_in_one_sitting() -> None:
    assert len(_text("docs/architecture.md").splitlines()) <= 300
