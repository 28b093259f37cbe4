"""Estimating questions and learners from the log by command; `quizapp work` does the same at night."""

from __future__ import annotations

import click

from quizapp import clock
from quizapp.cli.application import database
from quizapp.services import accounts
from quizapp.services.calibrating import Run


@click.command()
def calibrate() -> None:
    """Estimate how difficult each question is from the first answers on it, as a new run."""
    from quizapp.services import calibrating

    with database() as session:
        run = calibrating.calibrate(session, clock.now(), lambda sentence: click.echo(sentence, err=True))
    if run is None:
        click.echo("There is no first answer to count yet.")
    elif not run.new:
        click.echo(f"Nothing new since run {run.epoch} of {run.at:%Y-%m-%d %H:%M} UTC; it stays in force.")
    else:
        _tell(run)


def _tell(run: Run) -> None:
    questions, loss = run.summary["questions"], run.summary["log_loss"]
    click.echo(
        f"Run {run.epoch} counts {run.answers} first answers: {questions['2pl']} questions fitted, "
        f"{questions['rating']} rated, {questions['unanswered']} not answered yet."
    )
    if loss:
        click.echo(
            f"The newest {loss['answers']} answers, foretold without them: log loss {loss['before']:.3f} with what was "
            f"in force, {loss['after']:.3f} now. A coin gets 0.693."
        )
    if not run.summary["settled"]:
        click.echo("The fit had not settled when it ended; its figures are rough.")
    for mover in run.summary["movers"]:
        click.echo(f"  {mover['item']}: difficulty {mover['before']:+.2f} → {mover['after']:+.2f}")


@click.command()
@click.argument("email")
def fit(email: str) -> None:
    """Fit the memory of the learner with the address EMAIL to their own answers, if that foretells better."""
    from quizapp.core.fitting import AGAIN_AFTER, FIRST_TRY, MARGIN
    from quizapp.services import fitting

    with database() as session:
        try:
            learner_id = accounts.get_user_id(session, email)
        except accounts.UnknownPerson as unknown:
            raise click.ClickException(f"There is no account for {email}.") from unknown
        click.echo("Reading the log and fitting; this takes some seconds …", err=True)
        tried = fitting.fit_memory(session, learner_id, clock.now())
    if tried is None:
        click.echo(f"A fit takes {FIRST_TRY:,} answers; {email} has not given so many yet.")
        return
    if not tried.new:
        click.echo(f"This was tried with {tried.answers:,} answers; the next try takes {AGAIN_AFTER} more.")
    losses = f"log loss of the last answers {tried.loss_before:.4f} before, {tried.loss_after:.4f} fitted"
    if tried.taken:
        click.echo(f"Fitted to {tried.answers:,} answers and in force: {losses}.")
    else:
        click.echo(f"Not better by {MARGIN}, so the parameters stay as they were: {losses}.")
