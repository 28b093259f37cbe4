"""Panels: experts who vote, each for themselves, on a draft that is marked by their votes"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "panel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("scenarios", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'counted', 'dropped')", name=op.f("ck_panel_known_state")),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_panel_by_id_user")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_panel_content_id_content")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel")),
    )
    op.create_index(
        "ix_panel_open",
        "panel",
        ["content_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "panel_seat",
        sa.Column("panel_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_panel_seat_by_id_user")),
        sa.ForeignKeyConstraint(["panel_id"], ["panel.id"], name=op.f("fk_panel_seat_panel_id_panel")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_panel_seat_user_id_user")),
        sa.PrimaryKeyConstraint("panel_id", "user_id", name=op.f("pk_panel_seat")),
    )
    op.create_index(op.f("ix_panel_seat_user_id"), "panel_seat", ["user_id"], unique=False)
    op.create_table(
        "panel_vote",
        sa.Column("panel_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("step BETWEEN -2 AND 2", name=op.f("ck_panel_vote_known_step")),
        sa.ForeignKeyConstraint(
            ["panel_id", "user_id"],
            ["panel_seat.panel_id", "panel_seat.user_id"],
            name=op.f("fk_panel_vote_panel_id_panel_seat"),
        ),
        sa.PrimaryKeyConstraint("panel_id", "user_id", "part", name=op.f("pk_panel_vote")),
    )


def downgrade() -> None:
    op.drop_table("panel_vote")
    op.drop_table("panel_seat")
    op.drop_table("panel")
