"""Assignments, what was ruled about their questions, challenges, and people on a roster"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("plan", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("opens", sa.String(length=16), nullable=False),
        sa.Column("closes", sa.String(length=16), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("late_days", sa.Integer(), nullable=False),
        sa.Column("late_percent", sa.Integer(), nullable=False),
        sa.Column("limit_minutes", sa.Integer(), nullable=True),
        sa.Column("graded", sa.Boolean(), nullable=False),
        sa.Column("cut_percent", sa.Integer(), nullable=True),
        sa.Column("standard", sa.String(length=12), nullable=False),
        sa.Column("standard_note", sa.Text(), nullable=False),
        sa.Column("show_score", sa.String(length=8), nullable=False),
        sa.Column("show_objectives", sa.String(length=8), nullable=False),
        sa.Column("show_keys", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('lesson', 'block', 'exam')", name=op.f("ck_assignment_known_kind")),
        sa.CheckConstraint("state IN ('draft', 'open', 'released')", name=op.f("ck_assignment_known_state")),
        *(
            sa.CheckConstraint(f"{name} IN ('never', 'after', 'at_once')", name=op.f(f"ck_assignment_{name}"))
            for name in ("show_score", "show_objectives", "show_keys")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_assignment_by_id_user")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("fk_assignment_cohort_id_cohort")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_cohort_id"), "assignment", ["cohort_id"])
    op.create_table(
        "ruling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("choice IN ('keep', 'drop', 'bonus', 'credit')", name=op.f("ck_ruling_known_choice")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_ruling_assignment_id_assignment")),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_ruling_by_id_user")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_ruling_content_id_content")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ruling")),
    )
    op.create_index("ix_ruling_assignment_id_content_id", "ruling", ["assignment_id", "content_id"])
    op.create_table(
        "challenge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["answered_by_id"], ["user.id"], name=op.f("fk_challenge_answered_by_id_user")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_challenge_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_challenge_content_id_content")),
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_challenge_learner_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge")),
        sa.UniqueConstraint(
            "assignment_id", "content_id", "learner_id", name=op.f("uq_challenge_assignment_id_content_id_learner_id")
        ),
    )
    op.create_table(
        "invitation",
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("lms_id", sa.String(length=64), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_invitation_by_id_user")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("fk_invitation_cohort_id_cohort")),
        sa.PrimaryKeyConstraint("cohort_id", "email", name=op.f("pk_invitation")),
    )
    with op.batch_alter_table("sitting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("assignment_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_sitting_assignment_id"), ["assignment_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_sitting_assignment_id_assignment"), "assignment", ["assignment_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("sitting", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_sitting_assignment_id_assignment"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_sitting_assignment_id"))
        batch_op.drop_column("assignment_id")
    for table in ("invitation", "challenge", "ruling", "assignment"):
        op.drop_table(table)
