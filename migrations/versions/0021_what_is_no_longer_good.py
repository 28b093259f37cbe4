"""What is no longer good is read from an index; mail to somebody who was erased meanwhile is found"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
SUPERSEDES = sa.text("supersedes IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        op.f("ix_certificate_supersedes_code"),
        "certificate",
        ["supersedes", "code"],
        sqlite_where=SUPERSEDES,
        postgresql_where=SUPERSEDES,
    )
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.add_column(sa.Column("address", sa.String(length=97), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.drop_column("address")
    op.drop_index(op.f("ix_certificate_supersedes_code"), "certificate")
