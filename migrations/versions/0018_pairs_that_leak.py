"""Looks at pairs of questions, and those that seem to give each other away"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "pair_look",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("up_to", sa.BigInteger(), nullable=False),
        sa.Column("learners", sa.Integer(), nullable=False),
        sa.Column("pairs", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_pair_look")),
        sa.UniqueConstraint("up_to", name=op.f("uq_pair_look_up_to")),
    )
    op.create_table(
        "leaking_pair",
        sa.Column("look", sa.Integer(), nullable=False),
        sa.Column("earlier_id", sa.Integer(), nullable=False),
        sa.Column("later_id", sa.Integer(), nullable=False),
        sa.Column("after_right", sa.Integer(), nullable=False),
        sa.Column("after_n", sa.Integer(), nullable=False),
        sa.Column("before_right", sa.Integer(), nullable=False),
        sa.Column("before_n", sa.Integer(), nullable=False),
        sa.Column("odds", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("q", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["earlier_id"], ["content.id"], name=op.f("fk_leaking_pair_earlier_id_content")),
        sa.ForeignKeyConstraint(["later_id"], ["content.id"], name=op.f("fk_leaking_pair_later_id_content")),
        sa.ForeignKeyConstraint(["look"], ["pair_look.number"], name=op.f("fk_leaking_pair_look_pair_look")),
        sa.PrimaryKeyConstraint("look", "earlier_id", "later_id", name=op.f("pk_leaking_pair")),
    )


def downgrade() -> None:
    op.drop_table("leaking_pair")
    op.drop_table("pair_look")
