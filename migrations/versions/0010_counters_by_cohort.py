"""The counters of one cohort are found without reading those of all others"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("ix_item_stat_cohort_id_month", "item_stat", ["cohort_id", "month"])


def downgrade() -> None:
    op.drop_index("ix_item_stat_cohort_id_month", "item_stat")
