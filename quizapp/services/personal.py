"""Every column that can hold words or files, and what becomes of it when a person is erased.

A column that stands in none of the three lists fails a test by name: whoever adds one decides here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ERASED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "accommodation": ("note",),
        "audit_detail": ("details", "salt"),
        "bank_member": ("role",),
        "challenge": ("reason", "answer"),
        "cohort_member": ("lms_id",),
        "cohort_staff": ("role",),
        "erasure": ("address",),
        "evaluation": ("answers",),
        "exam_date": ("title", "afterwards"),
        "external_credit": ("title", "provider", "system", "evidence", "evidence_name", "evidence_type"),
        "in_control": ("email", "token"),
        "invitation": ("email", "name", "lms_id"),
        "learner_settings": ("zone", "rest_days", "light_days", "calendar_token", "first_step", "preferences"),
        "login_session": ("sid",),
        "note": ("text",),
        "outbox": ("event", "recipient", "subject", "body", "html", "last_error"),
        "problem_report": ("text", "reply"),
        "reminder": ("about",),
        "response": ("answer",),
        "saved_answer": ("part", "answer", "struck"),
        "user": (
            "email",
            "name",
            "password",
            "fs_uniquifier",
            "fs_webauthn_user_handle",
            "tf_primary_method",
            "tf_totp_secret",
            "mf_recovery_codes",
        ),
        "user_role": ("name",),
        "webauthn": (
            "credential_id",
            "public_key",
            "transports",
            "device_type",
            "extensions",
            "name",
            "usage",
        ),
    }
)
"""Gone at once, or replaced by a word without meaning. Of an answer what was typed, of an evaluation what was written,
of mail what went to the person or names them; encrypted identifiers and goals go at once too."""

RECORD: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "certificate": ("facts", "credential", "document"),
        "claim_step": ("reason",),
        "credit_profile": ("recipient", "name", "profession", "identifiers", "goals"),
        "reopening": ("reason",),
        "report_batch": ("document",),
        "report_row": ("error",),
        "revocation": ("reason",),
    }
)
"""The record of claimed credit: kept for six years, then erased by the night’s work. Without credit it goes at once."""

_OWN_WORDS = "words of the program, chosen from a list, or a name without meaning"
_CONTENT = "content and its review; who wrote it is a tombstone"
_TEACHING = "what a cohort was given; who gave it is a tombstone"
_PROVIDER = "the provider’s statement about an activity, published or about to be"

KEPT: Mapping[str, tuple[tuple[str, ...], str]] = MappingProxyType(
    {
        "activity": (("slug", "draft"), _PROVIDER),
        "activity_version": (("kind", "title", "body"), _PROVIDER),
        "assignment": (
            (
                "kind",
                "title",
                "plan",
                "opens",
                "closes",
                "zone",
                "standard",
                "standard_note",
                "show_score",
                "show_objectives",
                "show_keys",
                "state",
            ),
            _TEACHING,
        ),
        "attestation": (("wording",), "the provider’s sentence with a number of minutes"),
        "audit_event": (("deed", "subject_kind", "subject_id", "details", "before", "digest"), "ids and digests"),
        "audit_head": (("digest", "signed"), "digests"),
        "calibration": (("summary", "correction"), "sums over many learners"),
        "certificate": (("code", "digest", "kid", "supersedes"), "codes; that one was issued can still be told"),
        "claim": (("system", "state"), _OWN_WORDS),
        "claim_step": (("state",), _OWN_WORDS),
        "cohort": (("title", "join_code", "zone"), _TEACHING),
        "comment": (("path", "text"), _CONTENT),
        "consent": (("purpose", "wording"), "the provider’s sentence, and when it was agreed to and withdrawn"),
        "content": (("kind", "slug"), _CONTENT),
        "content_version": (("body", "rendered", "sha256"), _CONTENT),
        "credit_system": (("slug", "body"), _PROVIDER),
        "disclosure": (("relationships", "mitigation"), "what the provider must show about who controlled an activity"),
        "draft": (("body", "state", "writers"), _CONTENT),
        "engagement": (("place",), _OWN_WORDS),
        "exposure": (("variants",), _OWN_WORDS),
        "external_credit": (("key",), _OWN_WORDS),
        "form_snapshot": (("marks_sha256", "figures"), "sums over many learners"),
        "in_control": (("name", "role"), "what the provider must show about who controlled an activity"),
        "item": (("bank", "type", "pool", "bloom", "difficulty"), _CONTENT),
        "item_parameter": (("method",), _OWN_WORDS),
        "item_stat": (("part", "answer_class", "setting"), "sums over many learners"),
        "key_change": (("remedy", "reason"), _CONTENT),
        "link": (("role",), _CONTENT),
        "loaded_from": (("path", "file_sha256"), _CONTENT),
        "media": (("sha256", "mime", "bytes"), _CONTENT),
        "memory": (("evidence",), "days and ratings under a tombstone"),
        "memory_fit": (("parameters",), "numbers under a tombstone"),
        "miss_cause": (("cause",), _OWN_WORDS),
        "panel": (("scenarios", "state"), _CONTENT),
        "panel_vote": (("part",), "a step of a scale under a tombstone, counted already or never"),
        "participation": (("profession",), _OWN_WORDS),
        "presentation": (("layout", "why"), _OWN_WORDS),
        "provider": (("slug", "body"), _PROVIDER),
        "publication": (("note",), _CONTENT),
        "report_batch": (("format",), _OWN_WORDS),
        "report_row": (("outcome",), _OWN_WORDS),
        "response": (("part", "mode", "classes", "rating", "confidence", "variant"), _OWN_WORDS),
        "review_decision": (("decision", "reason"), _CONTENT),
        "revocation": (("code",), "codes"),
        "ruling": (("choice", "reason"), _TEACHING),
        "signing_key": (("kid", "provider", "public", "secret"), "keys of a provider"),
        "sitting": (("mode", "title", "plan", "key", "purpose"), _OWN_WORDS),
        "upload": (("src", "sha256"), _CONTENT),
    }
)
"""Stays, and why: it names nobody, or it is the work of somebody who taught or wrote and tells nothing of a learner."""
