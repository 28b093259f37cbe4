"""What a person can mend is said in a sentence, without a traceback."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError, ProgrammingError

from quizapp.app import Misconfigured
from quizapp.db.migrating import BrokenKeys
from quizapp.db.session import Unwritable
from quizapp.services.content.loading import Unloadable


def find_sentence(problem: Exception) -> str | None:
    """The sentence for a problem of the installation, None for one of the program."""
    if isinstance(problem, Misconfigured | Unwritable | Unloadable | BrokenKeys):
        return str(problem)
    if isinstance(problem, OperationalError | ProgrammingError):
        reason = " ".join(str(problem.orig).split()).rstrip(".")
        return (
            f"The database cannot be used ({reason}). Look whether QUIZAPP_DATABASE_URL names it, whether it runs, and "
            "whether “quizapp db upgrade” has made its tables."
        )
    return None
