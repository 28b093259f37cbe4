"""Judging the engine: on simulated learners, and on a log of real answers."""

from __future__ import annotations

from pathlib import Path

import click

from quizapp.cli.calibrating import calibrate, fit


@click.group()
def engine() -> None:
    """Does the engine work? Simulated learners, and recorded answers."""


engine.add_command(calibrate)
engine.add_command(fit)


@engine.command()
@click.option("--courses", type=click.IntRange(1, 100), default=1, show_default=True, help="Courses drawn anew.")
@click.option("--learners", type=click.IntRange(2, 1000), default=20, show_default=True, help="Learners in each.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same report.")
@click.option("--budget", "budgets", multiple=True, type=click.Choice(["roomy", "tight", "long"]), help="Only these.")
@click.option(
    "--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="The report; its drawing beside it."
)
def simulate(*, courses: int, learners: int, seed: int, budgets: tuple[str, ...], target: Path | None) -> None:
    """Let simulated learners study under each policy and report what they know at the examination."""
    from quizapp.evaluation import report  # brings numpy, which no other command needs

    text, drawing = report.run(
        courses, learners, seed, budgets or ("roomy", "tight", "long"), lambda name: click.echo(name, err=True)
    )
    if target is None:
        click.echo(text)
        return
    target.write_text(text, "utf-8")
    target.with_suffix(".svg").write_text(drawing, "utf-8")
    click.echo(f"Written: {target} and {target.with_suffix('.svg').name}")


@engine.command()
@click.argument("log", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def evaluate(*, log: Path) -> None:
    """Compare predictions of the answers in LOG, a CSV with the columns learner, item, objective, time, correct."""
    from quizapp.evaluation import logs, predicting  # numpy again

    try:
        answers = logs.read(log.read_text("utf-8-sig"))
    except logs.Unreadable as faults:
        for fault in faults.lines:
            click.echo(f"{log}:{fault}", err=True)
        raise click.ClickException(f"{faults.count} bad rows; nothing was evaluated.") from None
    click.echo(predicting.markdown(predicting.compare(answers)))
