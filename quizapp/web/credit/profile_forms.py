"""The form of a credit profile: who stands on a certificate, and what a report would need."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from quizapp.core.credit.identifiers import LONGEST_NAME, STATES
from quizapp.core.credit.professions import PROFESSIONS
from quizapp.services.crediting.profiles import CONSENT, FIELDS, Profile, Wanted

SHORT = [Length(max=60, message="This is too long; at most 60 characters.")]


def choices(words: Mapping[str, str]) -> list[SelectChoice]:
    """The words to choose from by their values, after one that chooses nothing."""
    return [SelectChoice(value=value, label=label) for value, label in {"": "Choose", **words}.items()]


def _without_gaps(number: str | None) -> str:
    """A number as it is often pasted: in groups."""
    return re.sub(r"[\s-]", "", number or "")


class ProfileForm(FlaskForm):
    """`name` is refused by the service in words, so nothing is demanded here that it would say better."""

    name = StringField(
        "Name", [Length(max=4 * LONGEST_NAME, message=f"A name can have {LONGEST_NAME} letters.")], default=""
    )
    profession = SelectField("Profession", choices=choices(PROFESSIONS), default="")
    given_name = StringField("Given name", SHORT, default="")
    family_name = StringField("Family name", SHORT, default="")
    npi = StringField("National Provider Identifier (NPI)", SHORT, default="", filters=[_without_gaps])
    licence = StringField("Number of your licence", SHORT, default="")
    licence_state = SelectField(
        "State that gave it", choices=choices({code: code for code in sorted(STATES)}), default=""
    )
    board_id = StringField("Id that your board has given you", SHORT, default="")
    birth_month = SelectField(
        "Month of birth",
        choices=choices({str(month): calendar.month_name[month] for month in range(1, 13)}),
        default="",
    )
    birth_day = StringField("Day of birth", SHORT, default="")
    consent = BooleanField("My completed activities may be reported", description=CONSENT)

    def wanted(self) -> Wanted:
        """What the form asks for."""
        told = {name: str(self[name].data or "") for name in FIELDS}
        return Wanted(self.name.data or "", self.profession.data or "", told, bool(self.consent.data))

    def refuse(self, problems: Mapping[str, str]) -> None:
        """Show each sentence at its field."""
        for name, sentence in problems.items():
            field = self[name]
            field.errors = [*field.errors, sentence]


def filled(profile: Profile | None, name: str) -> ProfileForm:
    """The form with what is stored; of somebody new with the name of the account."""
    if profile is None:
        return ProfileForm(data={"name": name})
    told: dict[str, Any] = dict(profile.identifiers)
    return ProfileForm(
        data=told
        | {"name": profile.name, "profession": profile.profession, "consent": profile.consented_at is not None}
    )
