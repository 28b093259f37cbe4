"""What credit rests on"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("public", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
    )
    op.create_index(op.f("ix_signing_key_provider"), "signing_key", ["provider"])
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("draft", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_activity_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("slug", name=op.f("uq_activity_slug")),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('report')", name=op.f("ck_consent_known_purpose")),
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_consent_learner_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_learner_id"), "consent", ["learner_id"])
    op.create_table(
        "credit_profile",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("profession", sa.String(length=40), nullable=False),
        sa.Column("identifiers", sa.Text(), nullable=True),
        sa.Column("goals", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_credit_profile_learner_id_user")),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("pk_credit_profile")),
        sa.UniqueConstraint("recipient", name=op.f("uq_credit_profile_recipient")),
    )
    op.create_table(
        "credit_system",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_credit_system_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_system")),
        sa.UniqueConstraint("slug", "edition", name=op.f("uq_credit_system_slug_edition")),
    )
    op.create_table(
        "external_credit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=200), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("quarters", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("evidence_name", sa.String(length=200), nullable=False),
        sa.Column("evidence_type", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quarters > 0", name=op.f("ck_external_credit_some_credit")),
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_external_credit_learner_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_credit")),
        sa.UniqueConstraint("learner_id", "key", name=op.f("uq_external_credit_learner_id_key")),
    )
    op.create_index(op.f("ix_external_credit_learner_id"), "external_credit", ["learner_id"])
    op.create_table(
        "provider",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_provider_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("slug", "edition", name=op.f("uq_provider_slug_edition")),
    )
    op.create_table(
        "report_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_report_batch_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_batch")),
    )
    op.create_table(
        "activity_coordinator",
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_activity_coordinator_activity_id_activity")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_activity_coordinator_user_id_user")),
        sa.PrimaryKeyConstraint("activity_id", "user_id", name=op.f("pk_activity_coordinator")),
    )
    op.create_index(op.f("ix_activity_coordinator_user_id"), "activity_coordinator", ["user_id"])
    op.create_table(
        "activity_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("released", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('lesson', 'block')", name=op.f("ck_activity_version_known_kind")),
        sa.CheckConstraint("released < expires AND expires <= claim_until", name=op.f("ck_activity_version_dates")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_activity_version_activity_id_activity")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_activity_version_by_id_user")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_activity_version_provider_id_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_version")),
        sa.UniqueConstraint("activity_id", "edition", name=op.f("uq_activity_version_activity_id_edition")),
    )
    op.create_table(
        "in_control",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("began", sa.Date(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.String(length=43), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_in_control_activity_id_activity")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_in_control_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_in_control")),
        sa.UniqueConstraint("token", name=op.f("uq_in_control_token")),
    )
    op.create_index(op.f("ix_in_control_activity_id"), "in_control", ["activity_id"])
    op.create_table(
        "designation",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("system_id", sa.Integer(), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=False),
        sa.CheckConstraint("maximum > 0", name=op.f("ck_designation_some_credit")),
        sa.ForeignKeyConstraint(
            ["system_id"], ["credit_system.id"], name=op.f("fk_designation_system_id_credit_system")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["activity_version.id"], name=op.f("fk_designation_version_id_activity_version")
        ),
        sa.PrimaryKeyConstraint("version_id", "system_id", name=op.f("pk_designation")),
    )
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("in_control_id", sa.Integer(), nullable=False),
        sa.Column("relationships", sa.JSON(), nullable=False),
        sa.Column("employed", sa.Boolean(), nullable=False),
        sa.Column("mitigation", sa.Text(), nullable=False),
        sa.Column("mitigated_on", sa.Date(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_disclosure_by_id_user")),
        sa.ForeignKeyConstraint(
            ["in_control_id"], ["in_control.id"], name=op.f("fk_disclosure_in_control_id_in_control")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index(op.f("ix_disclosure_in_control_id"), "disclosure", ["in_control_id"])
    op.create_table(
        "participation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("profession", sa.String(length=40), nullable=False),
        sa.Column("in_control", sa.Boolean(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_participation_activity_id_activity")),
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_participation_learner_id_user")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["activity_version.id"], name=op.f("fk_participation_version_id_activity_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participation")),
        sa.UniqueConstraint("learner_id", "activity_id", name=op.f("uq_participation_learner_id_activity_id")),
    )
    op.create_index("ix_participation_activity_id_id", "participation", ["activity_id", "id"])
    op.create_index(op.f("ix_participation_version_id"), "participation", ["version_id"])
    op.create_table(
        "attestation",
        sa.Column("participation_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_attestation_participation_id_participation")
        ),
        sa.PrimaryKeyConstraint("participation_id", name=op.f("pk_attestation")),
    )
    op.create_table(
        "claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participation_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("system_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("quarters", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quarters > 0", name=op.f("ck_claim_some_credit")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_claim_activity_id_activity")),
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_claim_learner_id_user")),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_claim_participation_id_participation")
        ),
        sa.ForeignKeyConstraint(["system_id"], ["credit_system.id"], name=op.f("fk_claim_system_id_credit_system")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("learner_id", "activity_id", "system", name=op.f("uq_claim_learner_id_activity_id_system")),
    )
    op.create_index("ix_claim_activity_id_id", "claim", ["activity_id", "id"])
    op.create_table(
        "engagement",
        sa.Column("participation_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=12), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("place IN ('lesson', 'test', 'feedback')", name=op.f("ck_engagement_known_place")),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_engagement_participation_id_participation")
        ),
        sa.PrimaryKeyConstraint("participation_id", "place", name=op.f("pk_engagement")),
    )
    op.create_table(
        "evaluation",
        sa.Column("participation_id", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_evaluation_participation_id_participation")
        ),
        sa.PrimaryKeyConstraint("participation_id", name=op.f("pk_evaluation")),
    )
    op.create_table(
        "reopening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participation_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_reopening_by_id_user")),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_reopening_participation_id_participation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reopening")),
    )
    op.create_index(op.f("ix_reopening_participation_id"), "reopening", ["participation_id"])
    op.create_table(
        "certificate",
        sa.Column("code", sa.String(length=14), nullable=False),
        sa.Column("participation_id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("facts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supersedes", sa.String(length=14), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_certificate_claim_id_claim")),
        sa.ForeignKeyConstraint(["kid"], ["signing_key.kid"], name=op.f("fk_certificate_kid_signing_key")),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_certificate_participation_id_participation")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes"], ["certificate.code"], name=op.f("fk_certificate_supersedes_certificate")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_certificate")),
        sa.UniqueConstraint("supersedes", name=op.f("uq_certificate_supersedes")),
    )
    op.create_index(op.f("ix_certificate_claim_id"), "certificate", ["claim_id"])
    op.create_index(op.f("ix_certificate_participation_id"), "certificate", ["participation_id"])
    op.create_table(
        "claim_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_claim_step_by_id_user")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_step_claim_id_claim")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_step")),
    )
    op.create_index(op.f("ix_claim_step_claim_id"), "claim_step", ["claim_id"])
    op.create_table(
        "report_row",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("outcome IN ('waiting', 'accepted', 'rejected')", name=op.f("ck_report_row_known_outcome")),
        sa.ForeignKeyConstraint(["batch_id"], ["report_batch.id"], name=op.f("fk_report_row_batch_id_report_batch")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_report_row_claim_id_claim")),
        sa.PrimaryKeyConstraint("batch_id", "claim_id", name=op.f("pk_report_row")),
    )
    op.create_index(op.f("ix_report_row_claim_id"), "report_row", ["claim_id"])
    op.create_table(
        "revocation",
        sa.Column("code", sa.String(length=14), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_revocation_by_id_user")),
        sa.ForeignKeyConstraint(["code"], ["certificate.code"], name=op.f("fk_revocation_code_certificate")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_revocation")),
    )
    with op.batch_alter_table("sitting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("participation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("purpose", sa.String(length=8), nullable=True))
        batch_op.create_index(batch_op.f("ix_sitting_participation_id"), ["participation_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_sitting_participation_id_participation"), "participation", ["participation_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("sitting", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_sitting_participation_id_participation"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_sitting_participation_id"))
        batch_op.drop_column("purpose")
        batch_op.drop_column("participation_id")
    for table in (
        "revocation",
        "report_row",
        "claim_step",
        "certificate",
        "reopening",
        "evaluation",
        "engagement",
        "claim",
        "attestation",
        "participation",
        "disclosure",
        "designation",
        "in_control",
        "activity_version",
        "activity_coordinator",
        "report_batch",
        "provider",
        "external_credit",
        "credit_system",
        "credit_profile",
        "consent",
        "activity",
        "signing_key",
        "audit_head",
    ):
        op.drop_table(table)
