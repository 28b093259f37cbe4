"""The accreditor's folder of one activity: an abstract with numbered attachments, the same files from the same record.

What is missing is said on its page and listed in the abstract; the folder is made all the same.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.amounts import counted, shown, unit_of
from quizapp.core.credit.statements import fill
from quizapp.db.models import ActivityVersion
from quizapp.db.session import retrying, writing
from quizapp.formats import paper, spreadsheets
from quizapp.formats.certificate import printing
from quizapp.formats.certificate.facts import Facts
from quizapp.formats.paper import Block, Heading, Items, Paper, Para, Table
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import activities, attachments, evaluations, outcomes, proceedings, scope
from quizapp.services.crediting.activities import Edition
from quizapp.services.crediting.attachments import missing
from quizapp.services.crediting.proceedings import MAKING
from quizapp.services.crediting.scope import Run

_STAMP = (1980, 1, 1, 0, 0, 0)
SAMPLE = "SAMP-LE22-2222"
NOBODY = "Sample – not a certificate"


@dataclass(frozen=True)
class Folder:
    """Files by name, and sentences about what is missing."""

    slug: str
    files: Mapping[str, bytes]
    missing: tuple[str, ...]


def make(session: Session, actor: Actor, activity_id: int, site: str, now: dt.datetime) -> Folder:
    """Make the folder; that it was made is kept. Takes some seconds, for its PDFs. Raises LookupError."""
    run = scope.get_run(session, actor, activity_id)
    today = now.date()
    editions = _editions(session, activity_id)
    newest = editions[-1]
    summary = evaluations.get_summary(session, actor, activity_id)
    found = outcomes.of_activity(session, run)
    people = proceedings.participation_rows(session, activity_id, now)
    deeds = proceedings.audit_rows(session, activity_id)
    papers = {
        **{f"01-front-matter-edition-{one.number}": attachments.front_paper(session, one, today) for one in editions},
        "02-disclosures": attachments.disclosure_paper(session, editions, activity_id, today),
        "03-planning": attachments.planning_paper(newest, today),
        "04-test": attachments.test_paper(session, editions, today),
        "05-evaluation": proceedings.evaluation_paper(summary, today),
        "07-certificates": proceedings.certificate_paper(session, activity_id, today),
        "09-outcomes": outcomes.paper(found, today),
        "10-audit": proceedings.audit_paper(session, len(deeds) - 1, today),
    }
    session.rollback()  # setting the pages takes seconds; no transaction stays open for it
    files = {
        "06-participation.csv": spreadsheets.write(people),
        "09-outcomes.csv": spreadsheets.write(outcomes.export_rows(found)),
        "10-audit.csv": spreadsheets.write(deeds),
    }
    lacking = [
        f"{name}: {text}" if times == 1 else f"{name}: {text.rstrip('.')} ({times} times)."
        for name, one in papers.items()
        for text, times in Counter(
            block.text.removeprefix("Missing: ") for block in one.blocks if isinstance(block, Para) and block.missing
        ).items()
    ]
    sample, without = _sample(newest, site, now)
    if sample is None:
        lacking.append(f"08-sample-certificate: {without}")
        papers["08-sample-certificate"] = Paper("Sample certificate", today, (missing(without),))
    else:
        files["08-sample-certificate.pdf"] = sample
    if len(people) == 1:
        lacking.append("06-participation: nobody has enrolled yet.")
    papers["00-abstract"] = _abstract(run, editions, sorted({*papers, *files}), lacking, today)
    for name, one in papers.items():
        files[f"{name}.html"] = paper.html(one).encode()
        try:
            files[f"{name}.pdf"] = paper.pdf(one)
        except paper.Unprintable as problem:
            lacking.append(f"{name}.pdf: {problem}")
    _keep(session, actor, run, len(files), now)
    return Folder(run.slug, dict(sorted(files.items())), tuple(lacking))


def _keep(session: Session, actor: Actor, run: Run, files: int, now: dt.datetime) -> None:
    def deed() -> None:
        with writing(session):
            auditing.record(
                session,
                actor_id=actor.id,
                deed=MAKING,
                subject=("activity", run.id),
                details={"files": files},
                now=now,
            )

    retrying(deed)


def _editions(session: Session, activity_id: int) -> list[Edition]:
    ids = session.scalars(
        sa.select(ActivityVersion.id)
        .where(ActivityVersion.activity_id == activity_id)
        .order_by(ActivityVersion.edition)
    ).all()
    return [activities.get_edition(session, one) for one in ids]


def zipped(folder: Folder) -> bytes:
    """The folder in one file; the same bytes from the same files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in folder.files.items():
            entry = zipfile.ZipInfo(f"{folder.slug}/{name}", _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return held.getvalue()


def _abstract(
    run: Run, editions: Sequence[Edition], names: Sequence[str], lacking: Sequence[str], today: dt.date
) -> Paper:
    """The abstract of performance in practice, filled with what the record says."""
    newest = editions[-1]
    front = newest.front
    credit = "; ".join(counted(one.maximum, one.unit).replace("*", "") for one in newest.systems)
    if not newest.credit_designated and "no credit" not in credit:
        credit += " – no credit is designated"
    told = (
        ("Activity", f"{newest.title} ({run.slug})"),
        ("Provider", front.provider),
        ("Joint provider", front.joint_provider),
        ("Format", f"{newest.format}, edition {newest.number} of {len(editions)}"),
        ("Open", f"{newest.released.date().isoformat()} to {newest.expires.date().isoformat()}"),
        ("Credit at most", credit),
        ("Audience", front.audience),
        ("Practice gap", front.practice_gap),
        ("Need behind the gap", front.need),
        ("Intended change", front.intended_change),
        ("Why this format", front.why_this_format),
        ("Competencies", front.competencies),
        ("Method and completion", front.method),
        ("Minimum level", f"{newest.minimum_percent} % of the marks" if newest.minimum_percent else ""),
        ("Commercial support", front.commercial_support),
        ("Content validity", _validity(newest)),
        ("Exclusion of ineligible companies", front.exclusion),
    )
    blocks: list[Block] = [
        Table(
            "Performance in practice", ("Question", "Answer"), tuple((name, text or "missing") for name, text in told)
        ),
        Heading("Attachments"),
        Items(tuple(_named(name) for name in names)),
        Heading("What is missing"),
        Items(tuple(lacking)) if lacking else Para("Nothing."),
    ]
    return Paper(f"Abstract: {newest.title}", today, tuple(blocks))


def _validity(edition: Edition) -> str:
    front = edition.front
    if not front.validity_reviewer or front.validity_reviewed_on is None:
        return ""
    return f"reviewed on {front.validity_reviewed_on.isoformat()}: {front.validity_reviewer}"


def _named(name: str) -> str:
    number, _, rest = name.partition("-")
    return f"{int(number)}. {rest.replace('-', ' ')}"


def _sample(edition: Edition, site: str, now: dt.datetime) -> tuple[bytes | None, str]:
    """A certificate of nobody, as this edition would print it, neither signed nor stored; or why there is none."""
    if not edition.systems:
        return None, "a sample certificate: nothing is designated that one could certify."
    system = edition.systems[0]
    facts = Facts(
        code=SAMPLE,
        recipient="nobody",
        name=NOBODY,
        profession="physician",
        activity=edition.title,
        edition=edition.number,
        format=edition.format.capitalize(),
        provider=edition.front.provider or edition.provider,
        joint_provider=edition.front.joint_provider or "none",
        quarters=system.maximum,
        unit=unit_of(system.maximum, system.unit),
        accreditation_statement=edition.front.accreditation_statement,
        designation_statement=system.designation_statement,
        claim_statement=fill(
            system.claim_statement,
            {"claimed": shown(system.maximum), "name": NOBODY, "unit": unit_of(system.maximum, system.unit)},
        ),
        completed_on=edition.released.date(),
        issued_at=edition.released.replace(microsecond=0),
        verify_url=f"{site}/verify/{SAMPLE}",
    )
    try:
        return printing.sample_pdf(facts), ""
    except printing.Unprintable as problem:
        return None, str(problem)
