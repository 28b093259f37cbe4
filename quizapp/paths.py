"""Where files live: in the checkout, in an installed wheel, or below QUIZAPP_ROOT."""

from __future__ import annotations

import os
from pathlib import Path

package = Path(__file__).resolve().parent


def root() -> Path:
    """The folder that holds templates/, lessons/, question_banks/, migrations/ and docs/."""
    if chosen := os.environ.get("QUIZAPP_ROOT"):
        return Path(chosen).resolve()
    bundled = package / "_bundled"
    return bundled if bundled.is_dir() else package.parent


def templates() -> Path:
    return root() / "templates"


def lessons() -> Path:
    return root() / "lessons"


def question_banks() -> Path:
    return root() / "question_banks"


def migrations() -> Path:
    return root() / "migrations"


def docs() -> Path:
    """Of the documents an installation holds those that its pages show."""
    return root() / "docs"


def data() -> Path:
    """The folder for the embedded database, its lock and the secret key: QUIZAPP_DATA, else `instance/` in a checkout,
    else `quizapp-data/` below the working directory of an installed wheel."""
    if chosen := os.environ.get("QUIZAPP_DATA"):
        return Path(chosen).resolve()
    in_checkout = (package.parent / "wsgi.py").is_file()
    return package.parent / "instance" if in_checkout else Path.cwd() / "quizapp-data"
