"""SQLite uses the index of the questions of a session, because its condition is written as in the statements"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    _make("replaced = 0")


def downgrade() -> None:
    _make("NOT replaced")


def _make(condition: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        name = "uq_presentation_sitting_id_position"
        op.drop_index(name, "presentation")
        op.create_index(name, "presentation", ["sitting_id", "position"], unique=True, sqlite_where=sa.text(condition))
