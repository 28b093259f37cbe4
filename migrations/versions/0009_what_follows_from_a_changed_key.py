"""What follows from a changed key, and what came of learners’ reports

Marks that were given anew before are taken as evidence of what the learner knows, as they were.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "key_change",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("remedy", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "remedy IN ('leave', 'accept', 'credit', 'drop', 'bonus')", name=op.f("ck_key_change_known_remedy")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_key_change_by_id_user")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_key_change_content_id_content")),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name=op.f("fk_key_change_publication_id_publication")
        ),
        sa.PrimaryKeyConstraint("publication_id", name=op.f("pk_key_change")),
    )
    with op.batch_alter_table("key_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_change_content_id"), ["content_id"], unique=False)
        batch_op.create_index(
            "ix_key_change_unsettled",
            ["publication_id"],
            unique=False,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )
    with op.batch_alter_table("regrade", schema=None) as batch_op:
        batch_op.add_column(sa.Column("evidence", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.create_unique_constraint(
            batch_op.f("uq_regrade_publication_id_response_id"), ["publication_id", "response_id"]
        )
    with op.batch_alter_table("regrade", schema=None) as batch_op:
        batch_op.alter_column("evidence", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("problem_report", schema=None) as batch_op:
        batch_op.add_column(sa.Column("resolved_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reply", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("publication_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_problem_report_resolved_by_id_user"), "user", ["resolved_by_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_problem_report_publication_id_publication"), "publication", ["publication_id"], ["id"]
        )
    with op.batch_alter_table("problem_report", schema=None) as batch_op:
        batch_op.alter_column("reply", existing_type=sa.Text(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("problem_report", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_problem_report_publication_id_publication"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_problem_report_resolved_by_id_user"), type_="foreignkey")
        batch_op.drop_column("publication_id")
        batch_op.drop_column("reply")
        batch_op.drop_column("resolved_by_id")
    with op.batch_alter_table("regrade", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_regrade_publication_id_response_id"), type_="unique")
        batch_op.drop_column("evidence")
    op.drop_table("key_change")
