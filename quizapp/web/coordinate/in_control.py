"""Who controls the content of an activity, and what they disclose: asked by mail, or entered for them."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.services.crediting import disclosing, drafting
from quizapp.services.crediting import in_control as controlling
from quizapp.services.crediting.disclosing import Disclosed, StaleDisclosure
from quizapp.services.crediting.in_control import Person
from quizapp.web.account import show_problems
from quizapp.web.allow import allow, get_actor
from quizapp.web.coordinate.activities import shown_run
from quizapp.web.coordinate.blueprint import blueprint
from quizapp.web.coordinate.forms import DisclosureForm, PersonForm, first_error, sent_number
from quizapp.web.pages import whole_address


@blueprint.get("/activities/<int:activity_id>/in-control")
@allow("coordinator", "administrator")
def in_control(activity_id: int) -> ResponseReturnValue:
    return _people_page(activity_id, PersonForm(formdata=None, data={"role": "author"}))


def _people_page(activity_id: int, form: PersonForm) -> str:
    held = drafting.get_drafted(db.session(), get_actor(), activity_id)
    found = controlling.list_people(db.session(), [activity_id])
    return render_template("coordinate/in_control.html", run=shown_run(held), people=found, form=form)


@blueprint.post("/activities/<int:activity_id>/in-control")
@allow("coordinator", "administrator")
def name_person(activity_id: int) -> ResponseReturnValue:
    form = PersonForm()
    try:
        if problem := first_error(form.began):
            raise Unfit({"began": problem})
        controlling.name_person(
            db.session(),
            get_actor(),
            activity_id,
            name=form.name.data or "",
            email=form.email.data or "",
            role=form.role.data or "",
            began=form.began.data,
            now=clock.now(),
        )
    except Unfit as unfit:
        show_problems(form, unfit)
        return _people_page(activity_id, form), 422
    flash(f"{form.name.data} is named. Ask for the disclosure, or enter it.", "success")
    return redirect(url_for("coordinate.in_control", activity_id=activity_id), 303)


@blueprint.get("/in-control/<int:person_id>")
@allow("coordinator", "administrator")
def one_in_control(person_id: int) -> ResponseReturnValue:
    found = controlling.get_person(db.session(), get_actor(), person_id)
    return _person_page(found, _form_of(found), _role_of(found), based_on=found.disclosure_id)


def _form_of(found: Person) -> DisclosureForm:
    return DisclosureForm(
        formdata=None,
        data={
            "relationships": "\n".join(found.relationships or ()),
            "employed": found.employed,
            "mitigation": found.mitigation,
            "mitigated_on": found.mitigated_on,
        },
    )


def _role_of(found: Person) -> PersonForm:
    return PersonForm(formdata=None, data={"role": found.role, "began": found.began}, prefix="held")


def _person_page(
    found: Person, form: DisclosureForm, role_form: PersonForm, *, based_on: int, meanwhile: bool = False
) -> str:
    """`based_on`: the disclosure that the form began from; `meanwhile`: whether `found` holds another one by now."""
    held = drafting.get_drafted(db.session(), get_actor(), found.activity_id)
    return render_template(
        "coordinate/one_in_control.html",
        run=shown_run(held),
        person=found,
        form=form,
        role_form=role_form,
        based_on=based_on,
        meanwhile=meanwhile,
    )


@blueprint.post("/in-control/<int:person_id>")
@allow("coordinator", "administrator")
def change_person(person_id: int) -> ResponseReturnValue:
    found = controlling.get_person(db.session(), get_actor(), person_id)
    form = PersonForm(prefix="held")
    try:
        if problem := first_error(form.began):
            raise Unfit({"began": problem})
        controlling.change_person(
            db.session(), get_actor(), person_id, role=form.role.data or "", began=form.began.data, now=clock.now()
        )
    except Unfit as unfit:
        show_problems(form, unfit)
        return _person_page(found, _form_of(found), form, based_on=found.disclosure_id), 422
    flash("The role is saved.", "success")
    return redirect(url_for("coordinate.one_in_control", person_id=person_id), 303)


@blueprint.post("/in-control/<int:person_id>/disclosure")
@allow("coordinator", "administrator")
def enter_disclosure(person_id: int) -> ResponseReturnValue:
    found = controlling.get_person(db.session(), get_actor(), person_id)
    form = DisclosureForm()
    try:
        if problem := first_error(form.mitigated_on):
            raise Unfit({"mitigated_on": problem})
        told = Disclosed(
            told_relationships(form),
            bool(form.employed.data),
            form.mitigation.data or "",
            form.mitigated_on.data,
        )
        disclosing.disclose(db.session(), get_actor(), person_id, told, clock.now(), based_on=sent_number("based_on"))
    except Unfit as unfit:
        show_problems(form, unfit)
        return _person_page(found, form, _role_of(found), based_on=sent_number("based_on")), 422
    except StaleDisclosure as stale:
        newest = stale.person
        return _person_page(newest, form, _role_of(newest), based_on=newest.disclosure_id, meanwhile=True), 409
    flash("The disclosure is kept. Learners see it before they take part.", "success")
    return redirect(url_for("coordinate.in_control", activity_id=found.activity_id), 303)


def told_relationships(form: DisclosureForm) -> tuple[str, ...]:
    """Each line a relationship. Raises Unfit where it is left open whether there are any."""
    lines = tuple(line for line in (form.relationships.data or "").splitlines() if line.strip())
    if bool(lines) == (request.form.get("none") == "1"):
        problem = "Write each relationship in a line of its own, or tick that there are none: one of the two."
        raise Unfit({"relationships": problem})
    return lines


@blueprint.post("/in-control/<int:person_id>/ask")
@allow("coordinator", "administrator")
def ask(person_id: int) -> ResponseReturnValue:
    found = controlling.get_person(db.session(), get_actor(), person_id)
    try:
        disclosing.ask(
            db.session(),
            get_actor(),
            person_id,
            lambda token: whole_address("disclosing.form", token=token),
            clock.now(),
        )
    except Unfit as unfit:
        flash(" ".join(unfit.problems.values()), "error")
    else:
        flash(f"{found.name} is asked by mail. One mail a day goes out at most.", "success")
    return redirect(url_for("coordinate.in_control", activity_id=found.activity_id), 303)


@blueprint.post("/in-control/<int:person_id>/end")
@allow("coordinator", "administrator")
def end_person(person_id: int) -> ResponseReturnValue:
    activity_id = controlling.end_person(db.session(), get_actor(), person_id, clock.now())
    flash("The person is taken off. Editions that were published still name them.", "success")
    return redirect(url_for("coordinate.in_control", activity_id=activity_id), 303)
