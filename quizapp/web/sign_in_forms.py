"""The forms of Flask-Security in our words, and where they must behave otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flask_security
from wtforms import Form, RadioField
from wtforms.fields.choices import SelectChoice

LABELS = {
    "code": "Code",
    "email": "Email address",
    "name": "Name of the passkey",
    "new_password": "New password",
    "new_password_confirm": "New password, once more",
    "password": "Password",
    "password_confirm": "Password, once more",
    "remember": "Stay signed in on this device for 30 days",
}


class WaysField(RadioField):
    """Takes choices as the pairs that Flask-Security gives and WTForms no longer wants."""

    @property
    def choices(self) -> list[SelectChoice]:
        return self.ways

    @choices.setter
    def choices(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.ways = [SelectChoice(value=value, label=str(label)) for value, label in pairs]


class SignInForm(flask_security.LoginForm):
    """Says what else stands in the way only to those who know the password."""

    def validate(self, **kwargs: Any) -> bool:
        fit = super().validate(**kwargs)
        if not fit and self.user_authenticated:
            self.form_errors.extend(self.email.errors)
            self.email.errors = []
        return bool(fit)


class ForgotPasswordForm(flask_security.ForgotPasswordForm):
    """Takes as long for a known address as for an unknown one, for which Flask-Security hashes a password."""

    def validate(self, **kwargs: Any) -> bool:
        fit = super().validate(**kwargs)
        if fit:
            flask_security.hash_password("not-a-password")
        return bool(fit)


class AuthenticatorForm(flask_security.TwoFactorSetupForm):
    setup = RadioField(
        choices=[SelectChoice(value="authenticator"), SelectChoice(value="disable")], validate_choice=False
    )


class RescueForm(flask_security.TwoFactorRescueForm):
    """Stands for nothing on our pages: recovery codes are the way out."""

    help_setup = RadioField(choices=[], validate_choice=False)


class SecondStepForm(flask_security.TwoFactorSelectForm):
    which = WaysField("How do you want to show that it is you?")


class NewPasskeyForm(flask_security.WebAuthnRegisterForm):
    usage = RadioField(
        "What is it for?",
        choices=[
            SelectChoice(value="first", label="Signing in with it alone, without a password"),
            SelectChoice(value="secondary", label="A second step after the password"),
        ],
        default="first",
    )


class PasskeyForm(flask_security.WebAuthnSigninResponseForm):
    """Carries “stay signed in” through the passkey dialogue as the text it becomes in a hidden field."""

    def validate(self, **kwargs: Any) -> bool:
        fit = super().validate(**kwargs)
        self.remember.data = "y" if self.remember.data in {"y", "True"} else ""
        return bool(fit)


def worded(_name: str, form_class: type[Form], **kwargs: Any) -> Form:
    """Make a form of Flask-Security with the labels of this program."""
    form = form_class(**kwargs)
    for field in form:
        if field.name in LABELS:
            field.label.text = LABELS[field.name]
    return form
