"""Ability rests on answers about objectives that were not studied, and on no others"""

import math
from collections import defaultdict

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    kept = ("learner_id", "topic_id", "answers", '"right"')
    # Copied by hand: SQLite would otherwise make the copy with a rowid, which doubles its size.
    op.execute("CREATE TABLE ability_kept AS SELECT * FROM ability")
    op.drop_table("ability")
    _make_ability([sa.Column("moves", sa.Integer(), nullable=False)])
    op.execute(
        f"INSERT INTO ability ({', '.join(kept)}, theta, moves) "  # noqa: S608 - names of columns
        f"SELECT {', '.join(kept)}, 0, 0 FROM ability_kept"
    )
    op.drop_table("ability_kept")
    folded = _fold()
    if folded:
        op.get_bind().execute(
            sa.text(
                "UPDATE ability SET theta = :theta, moves = :moves WHERE learner_id = :learner AND topic_id = :topic"
            ),
            folded,
        )


def downgrade() -> None:
    op.execute("CREATE TABLE ability_kept AS SELECT * FROM ability")
    op.drop_table("ability")
    _make_ability([])
    op.execute('INSERT INTO ability SELECT learner_id, topic_id, theta, answers, "right" FROM ability_kept')
    op.drop_table("ability_kept")


def _fold() -> list[dict[str, float]]:
    """θ of each learner and topic as the log gives it, by the arithmetic of this version."""
    studied: set[tuple[int, int]] = set()
    held: dict[tuple[int, int], tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for row in op.get_bind().execute(_LOG):
        if row.tells and row.first_exposure and (row.learner_id, row.objective_id) not in studied:
            theta, moves = held[row.learner_id, row.topic_id]
            known = 1 / (1 + math.exp(row.difficulty - theta))
            expected = (1 - 0.07) * known + (row.guess + (1 - row.guess) * 0.0) * (1 - known)
            theta += 1.0 / (1 + 0.05 * moves) * (float(5 * row.earned >= 4 * row.possible) - expected)
            held[row.learner_id, row.topic_id] = min(max(theta, -6.0), 6.0), moves + 1
        if row.schedules:
            studied.add((row.learner_id, row.objective_id))
    return [
        {"learner": learner, "topic": topic, "theta": theta, "moves": moves}
        for (learner, topic), (theta, moves) in held.items()
    ]


_LOG = sa.text(
    "SELECT response.learner_id, response.topic_id, response.objective_id, response.first_exposure, "
    "response.difficulty, response.guess, "
    "coalesce(regrade.earned, response.earned) AS earned, coalesce(regrade.possible, response.possible) AS possible, "
    "response.answer IS NOT NULL AND coalesce(regrade.evidence, true) "
    "AND response.mode NOT IN ('graded', 'formative') AS tells, "
    "response.schedules AND coalesce(regrade.evidence, true) AS schedules "
    "FROM response LEFT JOIN regrade ON regrade.id = "
    "(SELECT max(newest.id) FROM regrade AS newest WHERE newest.response_id = response.id) ORDER BY response.id"
)


def _make_ability(further: list[sa.Column[object]]) -> None:
    op.create_table(
        "ability",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("theta", sa.Double(), nullable=False),
        *further,
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_ability_learner_id_user")),
        sa.ForeignKeyConstraint(["topic_id"], ["content.id"], name=op.f("fk_ability_topic_id_content")),
        sa.PrimaryKeyConstraint("learner_id", "topic_id", name=op.f("pk_ability")),
        sqlite_with_rowid=False,
    )
