"""Credit, from the shell: is this certificate what its provider issued?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from quizapp.formats.certificate import credential, keys, verifying

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def cme() -> None:
    """Continuing medical education."""


@cme.command()
@click.argument("file", type=FILE)
@click.option("--keys", "public", type=FILE, required=True, help="The provider's public keys (JSON).")
@click.option("--status", type=FILE, help="A signed list of what was revoked or superseded.")
def verify(*, file: Path, public: Path, status: Path | None) -> None:
    """Judge the certificate FILE without a network.

    Status 0: valid. 1: altered, or of somebody else. 3: revoked. 4: superseded. 2: keys or list cannot be used.
    """
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
            click.echo(f"  {name}: {value}")
    sys.exit(verdict.outcome)
