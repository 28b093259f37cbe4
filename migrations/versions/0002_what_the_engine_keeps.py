"""What the engine keeps: ability, evidence for mastery, calibrations, fitted memory, and what a learner plans

Questions and answers from before get the guess of four options, answers a medium difficulty. `quizapp doctor --rebuild`
then folds the log into the new columns; until then old objectives show no evidence.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "calibration",
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("up_to", sa.BigInteger(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("summary", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_calibration")),
        sa.UniqueConstraint("up_to", name=op.f("uq_calibration_up_to")),
    )
    op.create_table(
        "ability",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("theta", sa.Double(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_ability_learner_id_user")),
        sa.ForeignKeyConstraint(["topic_id"], ["content.id"], name=op.f("fk_ability_topic_id_content")),
        sa.PrimaryKeyConstraint("learner_id", "topic_id", name=op.f("pk_ability")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_parameter",
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("difficulty", sa.Double(), nullable=False),
        sa.Column("discrimination", sa.Double(), nullable=False),
        sa.Column("error", sa.Double(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_item_parameter_content_id_content")),
        sa.ForeignKeyConstraint(["epoch"], ["calibration.epoch"], name=op.f("fk_item_parameter_epoch_calibration")),
        sa.PrimaryKeyConstraint("epoch", "content_id", name=op.f("pk_item_parameter")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "memory_fit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("loss_before", sa.Double(), nullable=False),
        sa.Column("loss_after", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_memory_fit_learner_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memory_fit")),
    )
    with op.batch_alter_table("memory_fit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_memory_fit_learner_id"), ["learner_id"], unique=False)
    with op.batch_alter_table("exam_date", schema=None) as batch_op:
        batch_op.add_column(sa.Column("afterwards", sa.String(length=8), nullable=True))

    with op.batch_alter_table("learner_settings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("light_days", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("week_goal", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("calendar_token", sa.String(length=43), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_learner_settings_calendar_token"), ["calendar_token"])
    settings = sa.table("learner_settings", sa.column("light_days", sa.JSON), sa.column("week_goal", sa.Integer))
    op.execute(sa.update(settings).values(light_days=[], week_goal=4))
    with op.batch_alter_table("learner_settings", schema=None) as batch_op:
        batch_op.alter_column("light_days", existing_type=sa.JSON(), nullable=False)
        batch_op.alter_column("week_goal", existing_type=sa.Integer(), nullable=False)

    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("guess", sa.Double(), nullable=True))
    op.execute("UPDATE item SET guess = 0.25")
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.alter_column("guess", existing_type=sa.Double(), nullable=False)

    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.add_column(sa.Column("topic_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("guess", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("difficulty", sa.Double(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_response_topic_id_content"), "content", ["topic_id"], ["id"])
    op.execute(
        "UPDATE response SET guess = 0.25, difficulty = 0, topic_id = "
        "(SELECT target_id FROM link WHERE source_id = response.objective_id AND role = 'topic')"
    )
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.alter_column("topic_id", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("guess", existing_type=sa.Double(), nullable=False)
        batch_op.alter_column("difficulty", existing_type=sa.Double(), nullable=False)

    new = [
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("lapses", sa.Integer(), nullable=False),
        sa.Column("retests", sa.Integer(), nullable=False),
    ]
    _make_memory_anew(new, {"evidence": [], "lapses": 0, "retests": 2})


def downgrade() -> None:
    _make_memory_anew([sa.Column("new_days", sa.JSON(), nullable=False)], {"new_days": []})

    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_response_topic_id_content"), type_="foreignkey")
        batch_op.drop_column("difficulty")
        batch_op.drop_column("guess")
        batch_op.drop_column("topic_id")

    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.drop_column("guess")

    with op.batch_alter_table("learner_settings", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_learner_settings_calendar_token"), type_="unique")
        batch_op.drop_column("calendar_token")
        batch_op.drop_column("week_goal")
        batch_op.drop_column("light_days")

    with op.batch_alter_table("exam_date", schema=None) as batch_op:
        batch_op.drop_column("afterwards")

    with op.batch_alter_table("memory_fit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_memory_fit_learner_id"))

    op.drop_table("memory_fit")
    op.drop_table("item_parameter")
    op.drop_table("ability")
    op.drop_table("calibration")


def _make_memory_anew(columns: list[sa.Column[object]], values: dict[str, object]) -> None:
    """Copied by hand: SQLite would otherwise make the copy with a rowid, which doubles its size."""
    kept = ["learner_id", "objective_id", "stability_days", "difficulty", "last_day", "due", "algorithm"]
    op.execute("CREATE TABLE memory_kept AS SELECT * FROM memory")
    op.drop_table("memory")
    memory = op.create_table(
        "memory",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("objective_id", sa.Integer(), nullable=False),
        sa.Column("stability_days", sa.Double(), nullable=False),
        sa.Column("difficulty", sa.Double(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        *columns,
        sa.Column("algorithm", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["user.id"], name=op.f("fk_memory_learner_id_user")),
        sa.ForeignKeyConstraint(["objective_id"], ["content.id"], name=op.f("fk_memory_objective_id_content")),
        sa.PrimaryKeyConstraint("learner_id", "objective_id", name=op.f("pk_memory")),
        sqlite_with_rowid=False,
    )
    fresh = [sa.literal(value, column.type) for column in columns for value in [values[column.name]]]
    source = sa.table("memory_kept", *(sa.column(name) for name in kept))
    op.execute(
        sa.insert(memory).from_select(
            [*kept, *values], sa.select(*(source.c[name] for name in kept), *fresh), include_defaults=False
        )
    )
    op.drop_table("memory_kept")
