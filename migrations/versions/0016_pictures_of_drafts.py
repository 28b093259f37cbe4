"""Drawings and pictures that were uploaded for the draft of a lesson"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("src", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_upload_by_id_user")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_upload_content_id_content")),
        sa.ForeignKeyConstraint(["sha256"], ["media.sha256"], name=op.f("fk_upload_sha256_media")),
        sa.PrimaryKeyConstraint("content_id", "src", name=op.f("pk_upload")),
    )


def downgrade() -> None:
    op.drop_table("upload")
