"""Credit, from the shell: sample activities, the keys that sign certificates, and whether one is what was issued."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click
from flask import current_app

from quizapp import clock
from quizapp.cli.application import database
from quizapp.core.credit.amounts import shown
from quizapp.formats.certificate import credential, keys
from quizapp.services.crediting import keys as signing
from quizapp.services.crediting import samples, scope
from quizapp.services.crediting.vault import Locked

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def cme() -> None:
    """Continuing medical education."""


@cme.command(name="samples")
@click.option("--coordinator", default=samples.COORDINATOR, show_default=True, help="Who runs them.")
def load_samples(*, coordinator: str) -> None:
    """Publish the two sample activities, for which no credit is designated. Those that are there stay as they are."""
    with database() as session:
        actor = scope.find_coordinator(session, coordinator)
        if actor is None:
            raise click.ClickException(f"{coordinator} is no coordinator here. Open the account first: user create.")
        published = samples.load(session, actor, clock.now())
    for slug in published:
        click.echo(f"Published: {slug}.")
    if not published:
        click.echo("Nothing new: the samples are published, or their lesson and questions are not.")


@cme.command()
@click.argument("file", type=FILE)
@click.option("--keys", "public", type=FILE, required=True, help="The provider's public keys (JSON).")
@click.option("--status", type=FILE, help="A signed list of what was revoked or superseded.")
def verify(*, file: Path, public: Path, status: Path | None) -> None:
    """Judge the certificate FILE without a network.

    Status 0: valid. 1: altered, or of somebody else. 3: revoked. 4: superseded. 2: keys or list cannot be used.
    """
    from quizapp.formats.certificate import verifying  # slow to load, and the other commands here need none of it

    try:
        held = keys.read_public(public.read_text("utf-8"))
        snapshot = credential.read_status_list(status.read_text("ascii"), held) if status else None
    except (ValueError, credential.Altered) as fault:
        click.echo(f"Error: {status if isinstance(fault, credential.Altered) else public}: {fault}", err=True)
        sys.exit(2)
    verdict = verifying.verify(file.read_bytes(), held, snapshot)
    click.echo(f"{verdict.outcome.name}: {verdict.sentence} {verdict.revocation}")
    if verdict.facts is not None:
        for name, value in verdict.facts.to_json().items():
            # As the paper has it: two quarters beside “unit: credits” read like two credits.
            click.echo(f"  credits: {shown(value)}" if name == "quarters" else f"  {name}: {value}")
    sys.exit(verdict.outcome)


@cme.group(name="keys")
def key_group() -> None:
    """The keys that sign certificates."""


@key_group.command(name="new")
@click.argument("provider")
@click.option("--from", "begins", type=click.DateTime(["%Y-%m-%d"]), help="Its first day, in UTC; now if not given.")
@click.option(
    "--years", type=click.IntRange(1, 10), default=signing.YEARS, show_default=True, help="How long it signs."
)
def new_key(provider: str, begins: dt.datetime | None, years: int) -> None:
    """Make a key of PROVIDER (its slug). Make the next one before the last one ends."""
    now = clock.now()
    first = begins.replace(tzinfo=dt.UTC) if begins else now
    with database() as session:
        try:
            ends = signing.years_after(first, years)
            vault = current_app.extensions["vault"]
            kid = signing.make_key(session, vault, provider, begins=first, ends=ends, by_id=None, now=now)
        except signing.NoProvider as unknown:
            raise click.ClickException(str(unknown)) from unknown
        click.echo(f"{kid} signs from {first:%Y-%m-%d} to {ends:%Y-%m-%d}.")


@key_group.command(name="list")
def list_keys() -> None:
    """All keys there ever were: name, provider, first and last day."""
    with database() as session:
        rows = signing.list_keys(session)
        for row in rows:
            click.echo(f"{row.kid}  {row.provider}  {row.begins:%Y-%m-%d}  {row.ends:%Y-%m-%d}")
        if not rows:
            click.echo("There is no signing key yet. One is made with the first certificate, or by “keys new”.")


@key_group.command(name="public")
def public_keys() -> None:
    """The public file of all keys (JSON), for “quizapp cme verify --keys”."""
    with database() as session:
        click.echo(signing.public(session), nl=False)


@key_group.command(name="reseal")
def reseal() -> None:
    """Seal all secrets of credit under the present QUIZAPP_SECRET_KEY; the former one must still be known."""
    with database() as session:
        try:
            texts = signing.reseal(session, current_app.extensions["vault"], clock.now())
        except Locked as locked:
            raise click.ClickException(f"{locked} Nothing was changed.") from locked
        click.echo(f"{texts} secret{'s are' if texts != 1 else ' is'} sealed under the present key.")
