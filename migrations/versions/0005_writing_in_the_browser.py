"""Writing in the browser: where an entry belongs, who works on a bank, drafts, comments, decisions

Every item gets its bank from the file it was loaded from, every lesson and bank its topic from its newest version.
Banks have no members yet: an administrator appoints the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("content", schema=None) as batch_op:
        batch_op.add_column(sa.Column("home_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_index(batch_op.f("ix_content_home_id"), ["home_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_content_home_id_content"), "content", ["home_id"], ["id"])
    with op.batch_alter_table("content", schema=None) as batch_op:
        batch_op.alter_column("revision", existing_type=sa.Integer(), server_default=None)
    _find_homes()

    op.create_table(
        "bank_member",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'author', 'reviewer')", name=op.f("ck_bank_member_known_role")),
        sa.ForeignKeyConstraint(["bank_id"], ["content.id"], name=op.f("fk_bank_member_bank_id_content")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_bank_member_user_id_user")),
        sa.PrimaryKeyConstraint("bank_id", "user_id", name=op.f("pk_bank_member")),
    )
    with op.batch_alter_table("bank_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_member_user_id"), ["user_id"], unique=False)

    op.create_table(
        "draft",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("based_on_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("writers", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'in_review', 'approved')", name=op.f("ck_draft_known_state")),
        sa.ForeignKeyConstraint(
            ["based_on_id"], ["content_version.id"], name=op.f("fk_draft_based_on_id_content_version")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_draft_by_id_user")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_draft_content_id_content")),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_by_id", sa.Integer(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_comment_by_id_user")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_comment_content_id_content")),
        sa.ForeignKeyConstraint(["resolved_by_id"], ["user.id"], name=op.f("fk_comment_resolved_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.create_index("ix_comment_content_id_resolved_at", ["content_id", "resolved_at"], unique=False)

    op.create_table(
        "review_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "decision IN ('asked', 'withdrawn', 'sent_back', 'approved')",
            name=op.f("ck_review_decision_known_decision"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_review_decision_by_id_user")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_review_decision_content_id_content")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_decision")),
    )
    with op.batch_alter_table("review_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_decision_content_id"), ["content_id"], unique=False)


def downgrade() -> None:
    for table in ("review_decision", "comment", "draft", "bank_member"):
        op.drop_table(table)
    with op.batch_alter_table("content", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_content_home_id_content"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_content_home_id"))
        batch_op.drop_column("revision")
        batch_op.drop_column("home_id")


def _find_homes() -> None:
    content = sa.table("content", *(sa.column(name) for name in ("id", "kind", "slug", "home_id")))
    version = sa.table(
        "content_version",
        *(sa.column(name) for name in ("content_id", "number")),
        sa.column("body", sa.JSON),
    )
    loaded = sa.table("loaded_from", sa.column("content_id"), sa.column("path"))
    connection = op.get_bind()
    known = {(row.kind, row.slug): row.id for row in connection.execute(sa.select(content))}
    homes = {}
    for row in connection.execute(
        sa.select(content.c.id, loaded.c.path)
        .join(loaded, loaded.c.content_id == content.c.id)
        .where(content.c.kind == "item")
    ):
        homes[row.id] = known.get(("bank", row.path.split("/")[1]))
    for row in connection.execute(
        sa.select(content.c.id, version.c.body)
        .join(version, version.c.content_id == content.c.id)
        .where(content.c.kind.in_(("lesson", "bank")))
        .order_by(version.c.number)
    ):
        homes[row.id] = known.get(("topic", row.body["topic"]))
    for content_id, home in homes.items():
        connection.execute(sa.update(content).where(content.c.id == content_id).values(home_id=home))
