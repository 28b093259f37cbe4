"""What seals and signs on this site, for the pages that need it."""

from __future__ import annotations

from flask import current_app

from quizapp.services.crediting.issuing import Press
from quizapp.services.crediting.vault import Vault
from quizapp.web.pages import whole_site


def vault() -> Vault:
    """What opens identifiers, signing keys and reports."""
    found: Vault = current_app.extensions["vault"]
    return found


def press() -> Press:
    """What certificates are made with, at the public address."""
    return Press(vault(), whole_site())
