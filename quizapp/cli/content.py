"""Content files: check and judge them, lay them out, load them, write them back, describe their shape."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click
from pydantic import ValidationError

from quizapp import clock, paths
from quizapp.cli.application import database
from quizapp.formats import Problem, crosscheck, linting, native, reviewing, signing, statistics, tree
from quizapp.formats.linting.folders import lint_tree
from quizapp.services.content import exporting, loading

KINDS = (*native.FLAT, "item")


@click.group()
def content() -> None:
    """Lessons, questions and their evidence, as text files."""


_folder = click.option(
    "--from",
    "root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder that holds lessons/ and question_banks/. Without it, those of the installation.",
)


def _read(root: Path | None) -> tree.Tree:
    return tree.read(*_folders(root))


def _folders(root: Path | None) -> tuple[Path, Path]:
    return (root / "lessons", root / "question_banks") if root else (paths.lessons(), paths.question_banks())


@content.command()
@_folder
@click.option("--strict", is_flag=True, help="Warnings count as faults.")
def check(*, root: Path | None, strict: bool) -> None:
    """Print every fault of the files as file:line: rule: message. Exits with 1 if there is one."""
    found = _read(root)
    problems = crosscheck.check(found, clock.now().date())
    _print(problems)
    faults = [problem for problem in problems if strict or not problem.warning]
    click.echo(f"Entries: {len(found.entries)}. Faults: {len(faults)}. Warnings: {len(problems) - len(faults)}.")
    sys.exit(1 if faults else 0)


@content.command()
@_folder
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects, with what is excused and why.")
def lint(*, root: Path | None, files: tuple[Path, ...], as_json: bool) -> None:
    """Hold the questions of FILES, or of all banks, to the rules of item-writing.

    Prints file:line: rule: message. Exits with 1 if something is found that no reason under “lint” excuses.
    """
    placed = lint_tree(_read(root), {_inside(file, root) for file in files} if files else None)
    unexcused = [each for each in placed if each.reason is None]
    if as_json:
        rows = [vars(each.problem) | {"item": each.item or None, "reason": each.reason} for each in placed]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print([each.problem for each in unexcused])
        excused = len(placed) - len(unexcused)
        click.echo(f"Rules: {len(linting.RULES)}. Findings: {len(unexcused)}. Excused with a reason: {excused}.")
    sys.exit(1 if unexcused else 0)


@content.command("statistics")
@_folder
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects, one for each bank and one for all.")
def print_statistics(*, root: Path | None, as_json: bool) -> None:
    """Count the published questions of each bank: types, pools, objectives, Bloom levels, places, lengths of keys."""
    numbers = statistics.count(_read(root))
    if as_json:
        click.echo(json.dumps([asdict(each) for each in numbers], ensure_ascii=False, indent=2))
        return
    for each in numbers:
        chance = "" if each.key_chance is None else f"  (p = {each.key_chance:.2f} by chance)"
        length = "–" if each.key_length is None else f"{each.key_length:.2f}"
        click.echo(f"{each.bank}: {each.items} questions, {each.drafts} drafts, {each.signed} signed")
        click.echo(f"  types      {_counted(each.types)}")
        click.echo(f"  pools      {_counted(each.pools)}")
        click.echo(f"  Bloom      {_counted(each.bloom)}  (apply or above: {each.applied:.0%})")
        click.echo(f"  keys at    {_counted(each.keys)}{chance}")
        click.echo(f"  key length {length} × the longest distractor (median)")
        if len(numbers) == 1 or each.bank != "all":
            click.echo("  objective  practice  secure  wanted")
            for aim in each.aims:
                click.echo(f"  {aim.id:<9}  {aim.practice:>8}  {aim.secure:>6}  {aim.wanted:>6}")


@content.command()
@_folder
@click.argument("items", nargs=-1, required=True)
@click.option("--by", required=True, help="Who has reviewed the items.")
@click.option("--credentials", required=True, help="Title and field, such as “MD, psychiatrist”.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day of the review. Without it, today.")
def signoff(*, root: Path | None, items: tuple[str, ...], by: str, credentials: str, on: dt.datetime | None) -> None:
    """Record that a clinician has reviewed ITEMS as they stand in the files now.

    When the key, a reason or any other reviewed word of an item changes, its sign-off holds no more.
    """
    homes = _folders(root)
    day = on.date() if on else clock.now().date()
    if day > clock.now().date():
        raise click.BadParameter("The day of the review has not come yet.", param_hint="--on")
    try:
        signed = signing.sign(tree.read(*homes), tree.gather(*homes)[0], items, by=by, credentials=credentials, on=day)
    except (signing.Unsignable, ValidationError) as reason:
        raise click.ClickException(str(reason)) from None
    _write(
        dict(zip(("lessons", "question_banks"), homes, strict=True)), {f: text.encode() for f, text in signed.items()}
    )
    click.echo(f"Signed: {', '.join(dict.fromkeys(items))}.")


@content.command()
@_folder
@click.argument("target", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
def review(*, root: Path | None, target: Path) -> None:
    """Print the published questions and the lessons into FOLDER, HTML and PDF, for a clinician to judge and to sign."""
    files = reviewing.make(_read(root), clock.now().date())
    target.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (target / name).write_bytes(data)
    click.echo(f"{len(files)} files written; begin with {target / 'index.html'}.")


@content.command("format")
@_folder
@click.option("--check", "only_check", is_flag=True, help="Change nothing; name the files that would change.")
def format_files(*, root: Path | None, only_check: bool) -> None:
    """Write the canonical layout of every content file and give ids to options and parts that have none.

    Files that cannot be read stay as they are. Exits with 1 if there was one or, with --check, if one would change.
    """
    folders = dict(zip(("lessons", "question_banks"), _folders(root), strict=True))
    files, problems = tree.gather(*folders.values())
    changed: dict[str, str] = {}
    for path, data in files.items():
        text, faults = tree.formatted(path, data)
        problems += faults
        if text is not None and text.encode() != data:
            changed[path] = text
    for path, text in changed.items():
        click.echo(path)
        if not only_check:
            top, _, inside = path.partition("/")
            (folders[top] / inside).write_bytes(text.encode())
    _print(problems)
    verb = "would change" if only_check else "changed"
    click.echo(f"{len(changed)} of {len(files)} files {verb}.")
    sys.exit(1 if problems or (only_check and changed) else 0)


@content.command()
@_folder
def load(*, root: Path | None) -> None:
    """Bring the files into the database, all of them or none. Exits with 1 after faults or conflicts."""
    with database() as session:
        try:
            report = loading.load(session, _read(root), clock.now())
        except loading.Unloadable as unloadable:
            _print(unloadable.problems)
            noun = "fault" if unloadable.faults == 1 else "faults"
            raise click.ClickException(f"{unloadable.faults} {noun}; nothing was loaded.") from None
    for line in report.lines():
        click.echo(line)
    sys.exit(1 if report.conflicts else 0)


@content.command()
@click.argument("target", type=click.Path(file_okay=False, path_type=Path), required=False)
def export(*, target: Path | None) -> None:
    """Write what is published back into files: into TARGET, or into the folders of the installation."""
    folders = dict(zip(("lessons", "question_banks"), _folders(target), strict=True))
    with database() as session:
        try:
            files, drafts = exporting.export(session), exporting.count_drafts(session)
        except exporting.Unexportable as reason:
            raise click.ClickException(str(reason)) from None
    click.echo(f"{_write(folders, files)} of {len(files)} files written; the others were the same already.")
    if drafts:
        noun = "draft" if drafts == 1 else "drafts"
        click.echo(f"{drafts} {noun} of the browser stand in no file until published.")


@content.command()
@click.argument("kind", type=click.Choice(KINDS))
def schema(*, kind: str) -> None:
    """Print the JSON Schema of one kind of entry, for editors."""
    click.echo(json.dumps(native.schema(kind), ensure_ascii=False, indent=2))


def _counted(counts: Mapping[str, int]) -> str:
    return " · ".join(f"{name} {count}" for name, count in counts.items())


def _inside(file: Path, root: Path | None) -> str:
    """The path of a file as the problems of its entries name it."""
    banks = _folders(root)[1].resolve()
    if not file.resolve().is_relative_to(banks):
        raise click.BadParameter(f"{file} does not stand below {banks}.", param_hint="FILES")
    return f"question_banks/{file.resolve().relative_to(banks).as_posix()}"


def _write(folders: Mapping[str, Path], files: Mapping[str, bytes]) -> int:
    written = 0
    for path, data in files.items():
        top, _, inside = path.partition("/")
        file = folders[top] / inside
        if file.is_file() and file.read_bytes() == data:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        written += 1
    return written


def _print(problems: list[Problem]) -> None:
    for problem in problems:
        click.echo(f"{problem} (warning)" if problem.warning else str(problem))
