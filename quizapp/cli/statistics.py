"""The counters behind item analysis."""

from __future__ import annotations

import time

import click

from quizapp import clock
from quizapp.cli.application import database
from quizapp.services import counting
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
