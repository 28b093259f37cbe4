"""Runs the migrations on the connection that `quizapp.db.migrating` hands in; the only way they are run."""

from alembic import context

from quizapp.db.models import UTC, Base


def render_item(kind: str, value: object, autogen_context: object) -> str | bool:
    """Write our own column type plainly, so that an old migration never imports today’s models."""
    if kind == "type" and isinstance(value, UTC):
        return "sa.DateTime(timezone=True)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
