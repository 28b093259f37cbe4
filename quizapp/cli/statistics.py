"""The counters behind item analysis."""

from __future__ import annotations

import time

import click

from quizapp import clock
from quizapp.cli.application import database
from quizapp.services import counting
from quizapp.services.analysing import pairs
from quizapp.services.versions import get_content_ids


@click.group()
def statistics() -> None:
    """What is counted about questions."""


@statistics.command()
@click.option("--item", help="Only this question.")
def rebuild(*, item: str | None) -> None:
    """Count the first answers of the log anew and put right what the counters hold otherwise; people may go on."""
    with database() as session:
        content_id = None
        if item is not None:
            content_id = get_content_ids(session, "item", [item]).get(item)
            if content_id is None:
                raise click.ClickException(f"There is no question {item}.")
        began = time.perf_counter()
        wrong = counting.recount(session, clock.now(), content_id)
        seconds = time.perf_counter() - began
    told = f"{wrong} counters were put right" if wrong else "Every counter was right; nothing was changed"
    click.echo(f"{told} ({seconds:.1f} s).")


@statistics.command()
def leaks() -> None:
    """Look for questions that give each other away, and name the pairs."""
    with database() as session:
        looked = pairs.look(session, clock.now())
        found = pairs.list_pairs(session)
    if looked is None:
        click.echo("There is no answer to look at yet.")
        return
    if not looked.new:
        click.echo(f"Nothing was answered since the look of {looked.at:%Y-%m-%d %H:%M} UTC; it stands.")
    click.echo(f"{looked.pairs:,} pairs could be looked at, by the first answers of {looked.learners:,} learners.")
    for one in found:
        (after, met), (before, not_met) = one.after, one.before
        click.echo(
            f"{one.earlier} → {one.later}: right {after / met:.0%} once the first was met (n {met}), "
            f"{before / not_met:.0%} before (n {not_met}); "
            f"odds {one.odds.value:.1f} ({one.odds.low:.1f} to {one.odds.high:.1f})."
            f"{' Enemies already.' if one.enemies else ''}{f' Linter: {one.linted}' if one.linted else ''}"
        )
    if not found:
        click.echo("None of them gives the other away.")
