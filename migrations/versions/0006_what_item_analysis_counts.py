"""What item analysis counts: ability and cohort in the log, counters by cohort, setting and month

Answers from before carry no ability. The counters are left empty: `quizapp statistics rebuild` fills them from the log
while people go on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

KEYS = ("content_id", "line", "part", "answer_class")
SUMS = ("answers", "right", "earned", "possible", "placed", "placed_earned", "placed_earned_squared")
BIG_SUMS = ("ability", "ability_squared", "ability_earned")
HISTOGRAMS = tuple(f"{name}_{place:02}" for name in ("ability", "time") for place in range(16))


def upgrade() -> None:
    op.create_table(
        "recount",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_recount")),
    )
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ability", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("cohort_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_response_cohort_id_cohort"), "cohort", ["cohort_id"], ["id"])
    op.drop_table("item_stat")
    _make_item_stat(
        [
            sa.Column("month", sa.Integer(), nullable=False),
            sa.Column("setting", sa.String(length=8), nullable=False),
            sa.Column("cohort_id", sa.Integer(), nullable=False),
        ],
        [
            *(sa.Column(name, sa.Integer(), nullable=False) for name in SUMS),
            *(sa.Column(name, sa.BigInteger(), nullable=False) for name in BIG_SUMS),
            *(sa.Column(name, sa.Integer(), nullable=False) for name in HISTOGRAMS),
        ],
    )


def downgrade() -> None:
    sums = ("answers", "earned", "possible")
    op.execute("CREATE TABLE item_stat_kept AS SELECT * FROM item_stat")
    op.drop_table("item_stat")
    item_stat = _make_item_stat([], [sa.Column(name, sa.Integer(), nullable=False) for name in sums])
    kept = sa.table("item_stat_kept", *map(sa.column, (*KEYS, "month", *sums)))
    op.execute(
        sa.insert(item_stat).from_select(
            [*KEYS, *sums],
            sa.select(*(kept.c[name] for name in KEYS), *(sa.func.sum(kept.c[name]) for name in sums))
            .where(kept.c.month == 0, kept.c.answer_class != "*")
            .group_by(*(kept.c[name] for name in KEYS)),
            include_defaults=False,
        )
    )
    op.drop_table("item_stat_kept")
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_response_cohort_id_cohort"), type_="foreignkey")
        batch_op.drop_column("cohort_id")
        batch_op.drop_column("ability")
    op.drop_table("recount")


def _make_item_stat(keys: list[sa.Column[object]], counters: list[sa.Column[object]]) -> sa.Table:
    return op.create_table(
        "item_stat",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("answer_class", sa.String(length=64), nullable=False),
        *keys,
        *counters,
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_item_stat_content_id_content")),
        sa.PrimaryKeyConstraint(*KEYS, *(column.name for column in keys), name=op.f("pk_item_stat")),
        sqlite_with_rowid=False,
    )
