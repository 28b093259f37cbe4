"""Cohorts, who teaches and who learns in them, and more time for a person"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "cohort",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("join_code", sa.String(length=12), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_cohort_owner_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort")),
        sa.UniqueConstraint("join_code", name=op.f("uq_cohort_join_code")),
    )
    op.create_table(
        "cohort_staff",
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.CheckConstraint("role IN ('lead', 'co-teacher')", name=op.f("ck_cohort_staff_known_role")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("fk_cohort_staff_cohort_id_cohort")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_cohort_staff_user_id_user")),
        sa.PrimaryKeyConstraint("cohort_id", "user_id", name=op.f("pk_cohort_staff")),
    )
    op.create_index(op.f("ix_cohort_staff_user_id"), "cohort_staff", ["user_id"])
    op.create_table(
        "cohort_member",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_visible", sa.Boolean(), nullable=False),
        sa.Column("lms_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("fk_cohort_member_cohort_id_cohort")),
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_cohort_member_learner_id_user")),
        sa.PrimaryKeyConstraint("learner_id", "cohort_id", name=op.f("pk_cohort_member")),
    )
    op.create_index("ix_cohort_member_cohort_id_learner_id", "cohort_member", ["cohort_id", "learner_id"])
    op.create_table(
        "accommodation",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("time_percent", sa.Integer(), nullable=False),
        sa.Column("break_minutes", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("break_minutes BETWEEN 0 AND 240", name=op.f("ck_accommodation_breaks")),
        sa.CheckConstraint("time_percent BETWEEN 100 AND 300", name=op.f("ck_accommodation_time")),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_accommodation_by_id_user")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_accommodation_user_id_user")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_accommodation")),
    )


def downgrade() -> None:
    op.drop_table("accommodation")
    op.drop_table("cohort_member")
    op.drop_table("cohort_staff")
    op.drop_table("cohort")
