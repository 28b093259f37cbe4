"""People for tests, made as the program makes them. Everybody has the same password."""

from __future__ import annotations

from flask import Flask

from quizapp import clock
from quizapp.db.extension import db
from quizapp.db.models import User
from quizapp.services.accounts import EmailTaken, create_user
from quizapp.web.security import hash_password

PASSWORD = "three sober ferrets counted backwards"


def address(role: str) -> str:
    """Where the first person of a role can be reached."""
    return f"{role}@example.org"


def get_or_make(app: Flask, role: str, email: str) -> int:
    """The id of the person with this address, who is given an account and this role if there is none yet."""
    with app.app_context():
        try:
            return create_user(
                db.session(),
                email=email,
                name=f"Test {role}",
                roles=[role],
                password_hash=hash_password(PASSWORD),
                now=clock.now(),
            )
        except EmailTaken:
            return db.session.execute(db.select(User.id).where(User.email == email)).scalar_one()
