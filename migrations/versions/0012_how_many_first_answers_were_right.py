"""How many first answers in a topic were right, which item analysis places learners by"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    kept = ("learner_id", "topic_id", "theta", "answers")
    # Copied by hand: SQLite would otherwise make the copy with a rowid, which doubles its size.
    op.execute("CREATE TABLE ability_kept AS SELECT * FROM ability")
    op.drop_table("ability")
    _make_ability([sa.Column("right", sa.Integer(), nullable=False)])
    op.execute(
        f'INSERT INTO ability ({", ".join(kept)}, "right") '  # noqa: S608 - names of columns
        f"SELECT {', '.join(kept)}, (SELECT count(*) FROM response WHERE response.learner_id = ability_kept.learner_id "
        "AND response.topic_id = ability_kept.topic_id AND response.first_exposure AND response.answer IS NOT NULL "
        "AND response.mode NOT IN ('graded', 'formative') AND 5 * response.earned >= 4 * response.possible) "
        "FROM ability_kept"
    )
    op.drop_table("ability_kept")


def downgrade() -> None:
    op.execute("CREATE TABLE ability_kept AS SELECT * FROM ability")
    op.drop_table("ability")
    _make_ability([])
    op.execute("INSERT INTO ability SELECT learner_id, topic_id, theta, answers FROM ability_kept")
    op.drop_table("ability_kept")


def _make_ability(further: list[sa.Column[object]]) -> None:
    op.create_table(
        "ability",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("theta", sa.Double(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        *further,
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_ability_learner_id_user")),
        sa.ForeignKeyConstraint(["topic_id"], ["content.id"], name=op.f("fk_ability_topic_id_content")),
        sa.PrimaryKeyConstraint("learner_id", "topic_id", name=op.f("pk_ability")),
        sqlite_with_rowid=False,
    )
