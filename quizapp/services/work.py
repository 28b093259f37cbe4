"""What is done in the background. All work is found in tables and each piece is a transaction of its own, so that a
process that is killed loses nothing and several may work at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from quizapp.services import calibrating, erasing, examining, fitting, outbox, regrading
from quizapp.services.analysing import forms, pairs
from quizapp.services.crediting import delayed, heads, issuing, reminding
from quizapp.services.crediting.vault import Vault
from quizapp.services.teaching import closing


@dataclass(frozen=True)
class Done:
    """What one round did."""

    closed_exams: int
    sent_messages: int
    regraded_learners: int = 0
    issued_certificates: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.closed_exams or self.sent_messages or self.regraded_learners or self.issued_certificates)


def work(
    session: Session, transport: outbox.Transport, now: dt.datetime, *, sender: str, press: issuing.Press | None = None
) -> Done:
    """One round: close what has expired or is over, renew marks, take the figures of forms, send what waits, make
    certificates that are owed.

    `sender`: where mail comes from. `press`: None where the site knows no address of its own; then a certificate that a
    crash has left unmade waits for its learner to ask again.
    """
    closed = examining.close_expired(session, now)
    closing.close_over(session, now)
    regraded = regrading.regrade_due(session, now)
    forms.take_due(session, now)
    sent = outbox.send_waiting(session, transport, now, sender=sender)
    issued = issuing.issue_waiting(session, press, now) if press is not None else 0
    return Done(closed, sent, regraded, issued)


def work_at_night(session: Session, now: dt.datetime, *, vault: Vault | None = None, site: str = "") -> bool:
    """One piece of what is due once a day: the head of the audit, ends of erasures, mails about credit, the
    calibration, the look at pairs of questions, else the memory of one learner. False: nothing is left.

    One piece a round, because exams are closed between the rounds. `vault` opens the key that signs heads; `site`: the
    public address for links in mails, "" where none is known.
    """
    if vault is not None and (heads.sign_due(session, vault, now) or erasing.work_due(session, vault, now)):
        return True
    if reminding.remind(session, now, site) or delayed.invite(session, now, site):
        return True
    if calibrating.is_due(session, now):
        run = calibrating.calibrate(session, now)
        if run is not None and run.new:
            return True
    if pairs.is_due(session, now):
        looked = pairs.look(session, now)
        if looked is not None and looked.new:
            return True
    return any(tried.new for tried in fitting.fit_due_learners(session, now, limit=1))
