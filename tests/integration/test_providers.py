"""Providers and systems of credit: editions that are written once, and statements that are checked when saved."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.db.models import AuditEvent, CreditSystem, Provider
from quizapp.db.session import writing
from quizapp.services import auditing
from quizapp.services.crediting import providers
from quizapp.services.crediting.providers import ProviderText, StaleEdition, SystemText
from tests.integration.credited import coordinator
from tests.integration.learners import MONDAY

OURS = ProviderText(name="Institute of Examples", contact="cme@example.org", privacy="{provider} keeps records.")
CREDIT = SystemText(unit="*Example Credit*™", professions=("physician",), designation_statement="{maximum} {unit}")


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


def test_what_ships_is_whole_written_once_and_says_that_it_is_a_sample(session: Session) -> None:
    for written in (4, 0):
        with writing(session):
            assert providers.ship(session, MONDAY) == written
    (sample,) = providers.list_providers(session)
    assert not sample.text.accredited
    providers.check_provider(sample.slug, sample.text)
    systems = {held.slug: held for held in providers.list_systems(session)}
    for held in systems.values():
        providers.check_system(held.slug, held.text)
    ama = systems["ama-pra-1"].text
    assert (ama.unit, ama.step, ama.professions) == ("*AMA PRA Category 1 Credit(s)*™", 1, ("physician",))
    assert "no credit" in systems["sample-credits"].text.unit
    assert [slug for slug, held in systems.items() if held.text.designated] == ["ama-pra-1"]


def test_a_new_edition_leaves_the_former_as_it_was(session: Session) -> None:
    actor = coordinator(session)
    assert providers.save_provider(session, actor, "examples", OURS, based_on=0, now=MONDAY) == 1
    assert providers.save_provider(session, actor, "examples", OURS, based_on=0, now=MONDAY) == 1, "a second click"
    renamed = replace(OURS, name="Academy of Examples")
    assert providers.save_provider(session, actor, "examples", renamed, based_on=1, now=MONDAY) == 2
    newest, first = providers.list_provider_editions(session, "examples")
    assert (newest.text, first.text, newest.by) == (renamed, OURS, "Coordinator")
    assert [held.edition for held in providers.list_providers(session)] == [2]
    with pytest.raises(StaleEdition) as stale:
        providers.save_provider(session, actor, "examples", replace(OURS, zone="Europe/Vienna"), based_on=1, now=MONDAY)
    assert stale.value.newest.text == renamed
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == 2
    with pytest.raises(LookupError):
        providers.list_provider_editions(session, "no-such")


def test_only_an_administrator_accredits_a_provider_and_changes_what_an_accredited_one_says(session: Session) -> None:
    actor = coordinator(session)
    administrator = replace(actor, roles=frozenset({"administrator"}))
    accredited = replace(OURS, accredited=True)

    def stands() -> ProviderText:
        session.rollback()
        return providers.list_providers(session)[0].text

    assert providers.save_provider(session, actor, "examples", accredited, based_on=0, now=MONDAY) == 1
    assert stands() == OURS, "a coordinator cannot begin with it"
    assert providers.save_provider(session, actor, "examples", accredited, based_on=1, now=MONDAY) == 1
    assert providers.save_provider(session, administrator, "examples", accredited, based_on=1, now=MONDAY) == 2
    for change in ({"name": "Academy"}, {"accreditation_statement": "By everybody."}, {"accredited": False}):
        changed = replace(accredited, **change)
        with pytest.raises(Unfit, match="only an administrator"):
            providers.save_provider(session, actor, "examples", changed, based_on=2, now=MONDAY)
        assert stands() == accredited
    withdrawn = replace(OURS, name="Academy of Examples")
    assert providers.save_provider(session, administrator, "examples", withdrawn, based_on=2, now=MONDAY) == 3
    assert providers.save_provider(session, actor, "examples", OURS, based_on=3, now=MONDAY) == 4
    assert stands() == OURS
    told = [deed.details for deed in reversed(auditing.list_deeds(session, subject=("provider", "examples")))]
    assert told == [
        {"edition": edition, "accredited": said} for edition, said in enumerate((False, True, False, False), start=1)
    ]


def test_a_system_is_kept_in_the_same_way(session: Session) -> None:
    actor = coordinator(session)
    assert providers.save_system(session, actor, "example-credit", CREDIT, based_on=0, now=MONDAY) == 1
    assert providers.list_system_editions(session, "example-credit")[0].text == CREDIT
    halves = replace(CREDIT, step=2)
    assert providers.save_system(session, actor, "example-credit", halves, based_on=1, now=MONDAY) == 2
    (held,) = providers.list_systems(session)
    assert held.text == halves


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"name": " "}, "name", "Write the name"),
        ({"zone": "Mars/Base"}, "zone", "do not know this time zone"),
        ({"longest_years": 4}, "longest_years", "every 1 to 3 years"),
        ({"accreditation_statement": "{povider} is accredited."}, "accreditation_statement", "“{povider}”"),
        ({"exclusion": "x" * 4_001}, "exclusion", "within 4000"),
        ({"privacy": "{unit}"}, "privacy", "“{unit}”"),
        ({"contact": "*"}, "contact", "A star stands alone"),
    ],
)
def test_a_provider_that_is_unfit_is_refused_by_field(
    session: Session, change: dict[str, object], field: str, told: str
) -> None:
    with pytest.raises(Unfit) as unfit:
        providers.save_provider(
            session, coordinator(session), "examples", replace(OURS, **change), based_on=0, now=MONDAY
        )
    assert told in unfit.value.problems[field]
    assert session.scalar(sa.select(sa.func.count()).select_from(Provider)) == 0


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"unit": ""}, "unit", "what one credit is called"),
        ({"unit": "{provider} credit"}, "unit", "no placeholders"),
        ({"step": 0}, "step", "from 0.25"),
        ({"professions": ()}, "professions", "at least one"),
        ({"professions": ("wizard",)}, "professions", "at least one"),
        ({"report_format": "fax"}, "report_format", "one of the ways"),
        ({"report_format": "pars", "designated": False}, "report_format", "reported to nobody"),
        ({"designation_statement": "{claimed}"}, "designation_statement", "“{claimed}”"),
    ],
)
def test_a_system_that_is_unfit_is_refused_by_field(
    session: Session, change: dict[str, object], field: str, told: str
) -> None:
    with pytest.raises(Unfit) as unfit:
        providers.save_system(
            session, coordinator(session), "credit", replace(CREDIT, **change), based_on=0, now=MONDAY
        )
    assert told in unfit.value.problems[field]


def test_a_short_name_that_is_none_is_refused(session: Session) -> None:
    for slug in ("", "A", "two words", "-x", "x" * 65):
        with pytest.raises(Unfit) as unfit:
            providers.save_system(session, coordinator(session), slug, CREDIT, based_on=0, now=MONDAY)
        assert "slug" in unfit.value.problems


def test_of_two_who_write_at_once_one_is_told(session: Session) -> None:
    actor = coordinator(session)
    engine = session.get_bind()
    session.rollback()
    outcomes: list[object] = []
    ready = threading.Barrier(2)

    def write(name: str) -> None:
        with sessionmaker(engine, autoflush=False)() as own:
            ready.wait()
            try:
                outcomes.append(
                    providers.save_system(own, actor, "credit", replace(CREDIT, unit=name), based_on=0, now=MONDAY)
                )
            except StaleEdition as stale:
                outcomes.append(stale.newest.text.unit)

    writers = [threading.Thread(target=write, args=(name,)) for name in ("ones", "twos")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(outcomes) == 2
    assert 1 in outcomes
    assert session.scalar(sa.select(sa.func.count()).select_from(CreditSystem)) == 1
