"""People of the studio, made as the program makes them, who use the services as the pages do."""

from __future__ import annotations

import datetime as dt
import itertools
import secrets

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import DEFAULT
from quizapp.db.models import BankMember, Content
from quizapp.db.session import writing
from quizapp.services import accounts
from quizapp.services.accounts import Actor

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
_numbers = itertools.count(1)


def new_actor(session: Session, role: str = "instructor", name: str = "") -> Actor:
    """Somebody with an account and this role of the whole program, a member of no bank."""
    email = f"{role}-{next(_numbers)}-{secrets.token_hex(4)}@example.org"
    name = name or f"Test {role}"
    user_id = accounts.create_user(session, email=email, name=name, roles=[role], password_hash="none", now=NOW)
    return Actor(user_id, email, name, frozenset({role}), DEFAULT, "test")


def new_member(session: Session, role: str, bank: str = "nassa", name: str = "") -> Actor:
    """An instructor who is owner, author or reviewer of a bank."""
    actor = new_actor(session, name=name or f"Test {role}")
    appoint(session, actor.id, role, bank)
    return actor


def appoint(session: Session, user_id: int, role: str, bank: str = "nassa") -> None:
    with writing(session):
        bank_id = content_id(session, "bank", bank)
        session.execute(sa.insert(BankMember).values(bank_id=bank_id, user_id=user_id, role=role, at=NOW))


def content_id(session: Session, kind: str, slug: str) -> int:
    return session.execute(sa.select(Content.id).where(Content.kind == kind, Content.slug == slug)).scalar_one()
