"""The first schema: every room's tables, and the triggers that keep entries append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQLITE_TRIGGERS = (
    "CREATE TRIGGER entries_refuse_update BEFORE UPDATE ON entries "
    "BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END",
    "CREATE TRIGGER entries_refuse_delete BEFORE DELETE ON entries "
    "BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END",
)
_POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION entries_are_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'entries are append-only'; END $$",
    "CREATE TRIGGER entries_refuse_change BEFORE UPDATE OR DELETE ON entries "
    "FOR EACH ROW EXECUTE FUNCTION entries_are_append_only()",
    "CREATE TRIGGER entries_refuse_truncate BEFORE TRUNCATE ON entries "
    "FOR EACH STATEMENT EXECUTE FUNCTION entries_are_append_only()",
)


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_answers")),
    )
    op.create_table(
        "case_counters",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_case_counters")),
    )
    op.create_table(
        "chains",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Uuid(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length >= 0", name=op.f("ck_chains_length_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chains")),
        sa.UniqueConstraint("name", name=op.f("uq_chains_name")),
    )
    op.create_table(
        "handled_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=250), nullable=False),
        sa.Column("control_id", sa.String(length=199), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handled_messages")),
        sa.UniqueConstraint("sender", "control_id", name=op.f("uq_handled_messages_sender_control_id")),
    )
    op.create_table(
        "patients",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mrn", sa.String(length=40), nullable=False),
        sa.Column("mrn_authority", sa.String(length=80), nullable=False),
        sa.Column("family_name", sa.String(length=80), nullable=False),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column(
            "name_key",
            sa.String(length=170).with_variant(sa.String(length=170, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("born_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "sex",
            sa.Enum(
                "female",
                "male",
                "other",
                "unknown",
                name="sex",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
        sa.UniqueConstraint("mrn", "mrn_authority", name=op.f("uq_patients_mrn_mrn_authority")),
    )
    op.create_index("ix_patients_birth_date", "patients", ["birth_date"], unique=False)
    op.create_index("ix_patients_name_key", "patients", ["name_key"], unique=False)
    op.create_table(
        "queue_counts",
        sa.Column("queue", sa.String(length=20), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.CheckConstraint("open >= 0", name=op.f("ck_queue_counts_open_not_negative")),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_queue_counts")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("badge", sa.String(length=9), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("badge", name=op.f("uq_staff_badge")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_api_tokens_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("number", name=op.f("uq_api_tokens_number")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(op.f("ix_api_tokens_staff_id"), "api_tokens", ["staff_id"], unique=False)
    op.create_table(
        "bags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "sealed",
                "handed_over",
                "received",
                "reconciled",
                name="bag_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "temperature",
            sa.Enum(
                "room",
                "chilled",
                "frozen",
                name="temperature",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_place", sa.String(length=9), nullable=True),
        sa.Column("to_place", sa.String(length=9), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_reason", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["opened_by"], ["staff.id"], name=op.f("fk_bags_opened_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bags")),
        sa.UniqueConstraint("code", name=op.f("uq_bags_code")),
    )
    op.create_index(
        "ix_bags_open",
        "bags",
        ["state", "id"],
        unique=False,
        sqlite_where=sa.text("state <> 'reconciled'"),
        postgresql_where=sa.text("state <> 'reconciled'"),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_entries_number_from_one")),
        sa.ForeignKeyConstraint(["chain_id"], ["chains.id"], name=op.f("fk_entries_chain_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("chain_id", "number", name=op.f("uq_entries_chain_id_number")),
        sa.UniqueConstraint("event_id", name=op.f("uq_entries_event_id")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "on_hold",
                "completed",
                "cancelled",
                name="order_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "typed",
                "hl7",
                "recollection",
                name="order_source",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("indication", sa.String(length=20), nullable=True),
        sa.Column(
            "urgency",
            sa.Enum(
                "urgent", "routine", name="urgency", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("clinical_text", sa.String(length=2000), nullable=False),
        sa.Column("ordered_by", sa.String(length=120), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("placer_group", sa.String(length=250), nullable=False),
        sa.Column("recollects_order_id", sa.Integer(), nullable=True),
        sa.Column("needs_sedation", sa.Boolean(), nullable=True),
        sa.Column("state_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "source = 'hl7' OR entered_by IS NOT NULL", name=op.f("ck_orders_typed_names_who")
        ),
        sa.CheckConstraint(
            "(recollects_order_id IS NULL) = (needs_sedation IS NULL)",
            name=op.f("ck_orders_recollection_says_its_burden"),
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["staff.id"], name=op.f("fk_orders_entered_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_orders_patient_id")),
        sa.ForeignKeyConstraint(
            ["recollects_order_id"], ["orders.id"], name=op.f("fk_orders_recollects_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("event_id", name=op.f("uq_orders_event_id")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    op.create_index(
        "ix_orders_open",
        "orders",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state IN ('active', 'on_hold')"),
        postgresql_where=sa.text("state IN ('active', 'on_hold')"),
    )
    op.create_index(op.f("ix_orders_patient_id"), "orders", ["patient_id"], unique=False)
    op.create_index(
        "ix_orders_recollections",
        "orders",
        ["recollects_order_id"],
        unique=False,
        sqlite_where=sa.text("recollects_order_id IS NOT NULL"),
        postgresql_where=sa.text("recollects_order_id IS NOT NULL"),
    )
    op.create_table(
        "set_up_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_set_up_links_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_up_links")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_set_up_links_secret_hash")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sign_ins_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_sign_ins_secret_hash")),
    )
    op.create_index(op.f("ix_sign_ins_staff_id"), "sign_ins", ["staff_id"], unique=False)
    op.create_table(
        "staff_roles",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "operator",
                "porter",
                "reception",
                "technologist",
                "pathologist",
                "clinician",
                "quality",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_roles_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "role", name=op.f("pk_staff_roles")),
    )
    op.create_table(
        "weights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("kg", sa.Numeric(precision=6, scale=3), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.CheckConstraint("kg > 0 AND kg < 400", name=op.f("ck_weights_kg_possible")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_weights_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weights")),
        sa.UniqueConstraint("patient_id", "measured_on", name=op.f("uq_weights_patient_id_measured_on")),
    )
    op.create_table(
        "identity_doubts",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("family_name", sa.String(length=80), nullable=False),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column(
            "sex",
            sa.Enum(
                "female",
                "male",
                "other",
                "unknown",
                name="sex",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "kept",
                "corrected",
                "refused",
                name="doubt_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_identity_doubts_decided_by")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_identity_doubts_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_identity_doubts")),
    )
    op.create_index(
        "ix_identity_doubts_open",
        "identity_doubts",
        ["order_id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "ordered_tests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("test_code", sa.String(length=20), nullable=False),
        sa.Column(
            "side",
            sa.Enum(
                "left", "right", "midline", name="side", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "waiting",
                "in_progress",
                "on_hold",
                "entered",
                "verified",
                "not_possible",
                "cancelled",
                name="test_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.String(length=60), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("placer_number", sa.String(length=199), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_ordered_tests_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ordered_tests")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_ordered_tests_order_id_number")),
    )
    op.create_table(
        "placer_numbers",
        sa.Column("authority", sa.String(length=250), nullable=False),
        sa.Column("number", sa.String(length=199), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_placer_numbers_order_id")),
        sa.PrimaryKeyConstraint("authority", "number", name=op.f("pk_placer_numbers")),
    )
    op.create_index(op.f("ix_placer_numbers_order_id"), "placer_numbers", ["order_id"], unique=False)
    op.create_table(
        "procedures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "obtained",
                "dry_tap",
                "abandoned",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "identified_by",
            sa.Enum(
                "scanned",
                "camera",
                "typed",
                name="read_by",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("identified_with", sa.Integer(), nullable=True),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("supervisor_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(length=9), nullable=False),
        sa.Column("anaesthesia", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.Column("complications", sa.JSON(), nullable=False),
        sa.Column("site_reason", sa.String(length=200), nullable=False),
        sa.Column("site_confirmed_by", sa.Integer(), nullable=True),
        sa.Column("weight_kg", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("blood_drawn_ml", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("volume_reason", sa.String(length=200), nullable=False),
        sa.Column("volume_override_by", sa.Integer(), nullable=True),
        sa.Column("antimicrobial_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "identified_by <> 'typed' OR identified_with IS NOT NULL",
            name=op.f("ck_procedures_typed_identity_needs_second_person"),
        ),
        sa.CheckConstraint("attempts >= 1", name=op.f("ck_procedures_attempts_from_one")),
        sa.ForeignKeyConstraint(
            ["identified_with"], ["staff.id"], name=op.f("fk_procedures_identified_with")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["staff.id"], name=op.f("fk_procedures_operator_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_procedures_order_id")),
        sa.ForeignKeyConstraint(
            ["site_confirmed_by"], ["staff.id"], name=op.f("fk_procedures_site_confirmed_by")
        ),
        sa.ForeignKeyConstraint(["supervisor_id"], ["staff.id"], name=op.f("fk_procedures_supervisor_id")),
        sa.ForeignKeyConstraint(
            ["volume_override_by"], ["staff.id"], name=op.f("fk_procedures_volume_override_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedures")),
    )
    op.create_index(op.f("ix_procedures_order_id"), "procedures", ["order_id"], unique=False)
    op.create_table(
        "unknown_tests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(length=250), nullable=False),
        sa.Column("coding_system", sa.String(length=40), nullable=False),
        sa.Column("placer_number", sa.String(length=199), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "mapped",
                "refused",
                "cancelled",
                name="unknown_test_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("mapped_to", sa.String(length=20), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(state = 'mapped') = (mapped_to IS NOT NULL)",
            name=op.f("ck_unknown_tests_mapped_names_its_test"),
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_unknown_tests_decided_by")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_unknown_tests_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unknown_tests")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_unknown_tests_order_id_number")),
    )
    op.create_index(
        "ix_unknown_tests_open",
        "unknown_tests",
        ["order_id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("procedure_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_cases_order_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_cases_patient_id")),
        sa.ForeignKeyConstraint(["procedure_id"], ["procedures.id"], name=op.f("fk_cases_procedure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
        sa.UniqueConstraint("procedure_id", name=op.f("uq_cases_procedure_id")),
    )
    op.create_index(op.f("ix_cases_order_id"), "cases", ["order_id"], unique=False)
    op.create_index(op.f("ix_cases_patient_id"), "cases", ["patient_id"], unique=False)
    op.create_table(
        "observations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("procedure_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_observations_done_names_who")
        ),
        sa.ForeignKeyConstraint(["done_by"], ["staff.id"], name=op.f("fk_observations_done_by")),
        sa.ForeignKeyConstraint(
            ["procedure_id"], ["procedures.id"], name=op.f("fk_observations_procedure_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observations")),
        sa.UniqueConstraint("procedure_id", "item", name=op.f("uq_observations_procedure_id_item")),
    )
    op.create_table(
        "pulls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("procedure_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column(
            "side",
            sa.Enum(
                "left", "right", "midline", name="side", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("volume_ml", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("needle_repositioned", sa.Boolean(), nullable=False),
        sa.Column(
            "particles",
            sa.Enum(
                "seen",
                "not_seen",
                "not_checked",
                name="particles",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("volume_ml >= 0", name=op.f("ck_pulls_volume_not_negative")),
        sa.ForeignKeyConstraint(["procedure_id"], ["procedures.id"], name=op.f("fk_pulls_procedure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pulls")),
        sa.UniqueConstraint("procedure_id", "number", name=op.f("uq_pulls_procedure_id_number")),
    )
    op.create_table(
        "results",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ordered_test_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "preliminary",
                "returned",
                "final",
                "corrected",
                "amended",
                "withdrawn",
                name="result_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "amends",
            sa.Enum(
                "corrected", "amended", name="amendment", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("conclusion", sa.String(length=4000), nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_by", sa.Integer(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_by", sa.Integer(), nullable=True),
        sa.Column("returned_note", sa.String(length=500), nullable=False),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(state = 'returned') = (returned_by IS NOT NULL)", name=op.f("ck_results_returned_names_who")
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_by IS NOT NULL)", name=op.f("ck_results_withdrawn_names_who")
        ),
        sa.CheckConstraint(
            "(state IN ('preliminary', 'returned')) = (verified_by IS NULL)",
            name=op.f("ck_results_verified_names_who"),
        ),
        sa.CheckConstraint("amends IS NULL OR reason <> ''", name=op.f("ck_results_amendment_names_why")),
        sa.CheckConstraint(
            "(verified_by IS NULL) = (verified_at IS NULL)", name=op.f("ck_results_verified_names_when")
        ),
        sa.CheckConstraint(
            "verified_by IS NULL OR verified_by <> entered_by",
            name=op.f("ck_results_verified_by_another_person"),
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["staff.id"], name=op.f("fk_results_entered_by")),
        sa.ForeignKeyConstraint(
            ["ordered_test_id"], ["ordered_tests.id"], name=op.f("fk_results_ordered_test_id")
        ),
        sa.ForeignKeyConstraint(["returned_by"], ["staff.id"], name=op.f("fk_results_returned_by")),
        sa.ForeignKeyConstraint(["verified_by"], ["staff.id"], name=op.f("fk_results_verified_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["staff.id"], name=op.f("fk_results_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
        sa.UniqueConstraint("ordered_test_id", "version", name=op.f("uq_results_ordered_test_id_version")),
    )
    op.create_index(
        "ix_results_to_verify",
        "results",
        ["entered_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'preliminary'"),
        postgresql_where=sa.text("state = 'preliminary'"),
    )
    op.create_table(
        "samples",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("pull_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "tube",
                "bottle",
                "slide",
                "core",
                "aliquot",
                "block",
                name="sample_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("container", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "not_obtained",
                "collected",
                "accepted",
                "accepted_with_deviation",
                "rejected",
                "quarantined",
                "used_up",
                "stored",
                "retrieved",
                "disposed",
                "lost",
                "found",
                name="sample_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.String(length=60), nullable=False),
        sa.Column("comment", sa.String(length=500), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column(
            "side",
            sa.Enum(
                "left", "right", "midline", name="side", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("volume_ml", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column(
            "temperature",
            sa.Enum(
                "room",
                "chilled",
                "frozen",
                name="temperature",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("stain", sa.String(length=40), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'not_obtained' OR state_reason <> ''", name=op.f("ck_samples_not_obtained_names_why")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'not_obtained') OR collected_at IS NOT NULL",
            name=op.f("ck_samples_collected_names_when"),
        ),
        sa.CheckConstraint(
            "volume_ml IS NULL OR volume_ml >= 0", name=op.f("ck_samples_volume_not_negative")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_samples_case_id")),
        sa.ForeignKeyConstraint(["chain_id"], ["chains.id"], name=op.f("fk_samples_chain_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["samples.id"], name=op.f("fk_samples_parent_id")),
        sa.ForeignKeyConstraint(["pull_id"], ["pulls.id"], name=op.f("fk_samples_pull_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samples")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_samples_case_id_number")),
        sa.UniqueConstraint("chain_id", name=op.f("uq_samples_chain_id")),
        sa.UniqueConstraint("code", name=op.f("uq_samples_code")),
    )
    op.create_index(
        "ix_samples_awaited",
        "samples",
        ["collected_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'collected'"),
        postgresql_where=sa.text("state = 'collected'"),
    )
    op.create_index(op.f("ix_samples_parent_id"), "samples", ["parent_id"], unique=False)
    op.create_table(
        "bag_samples",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bag_id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("straggler", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["bag_id"], ["bags.id"], name=op.f("fk_bag_samples_bag_id")),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_bag_samples_sample_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bag_samples")),
        sa.UniqueConstraint("bag_id", "sample_id", name=op.f("uq_bag_samples_bag_id_sample_id")),
    )
    op.create_index(
        "uq_bag_samples_one_bag",
        "bag_samples",
        ["sample_id"],
        unique=True,
        sqlite_where=sa.text("out_at IS NULL"),
        postgresql_where=sa.text("out_at IS NULL"),
    )
    op.create_table(
        "printed_labels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("copy_number", sa.Integer(), nullable=False),
        sa.Column("stock", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("printed_by", sa.Integer(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "copy_number = 1 OR reason IS NOT NULL", name=op.f("ck_printed_labels_reprint_names_why")
        ),
        sa.ForeignKeyConstraint(["printed_by"], ["staff.id"], name=op.f("fk_printed_labels_printed_by")),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_printed_labels_sample_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printed_labels")),
        sa.UniqueConstraint("sample_id", "copy_number", name=op.f("uq_printed_labels_sample_id_copy_number")),
    )
    op.create_table(
        "queue_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(length=20), nullable=False),
        sa.Column("ordered_test_id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("urgency_rank", sa.Integer(), nullable=False),
        sa.Column("viable_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_because", sa.String(length=20), nullable=True),
        sa.Column("next_step", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_reason", sa.String(length=40), nullable=True),
        sa.Column("hold_note", sa.String(length=200), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(held_at IS NULL) = (hold_reason IS NULL)", name=op.f("ck_queue_entries_held_names_why")
        ),
        sa.CheckConstraint(
            "(taken_at IS NULL) = (taken_by IS NULL)", name=op.f("ck_queue_entries_taken_names_who")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_queue_entries_case_id")),
        sa.ForeignKeyConstraint(
            ["ordered_test_id"], ["ordered_tests.id"], name=op.f("fk_queue_entries_ordered_test_id")
        ),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_queue_entries_sample_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["staff.id"], name=op.f("fk_queue_entries_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_entries")),
    )
    op.create_index(op.f("ix_queue_entries_case_id"), "queue_entries", ["case_id"], unique=False)
    op.create_index(
        "ix_queue_entries_order_of_work",
        "queue_entries",
        ["queue", "urgency_rank", "viable_until", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index(
        op.f("ix_queue_entries_ordered_test_id"), "queue_entries", ["ordered_test_id"], unique=False
    )
    op.create_index(
        "ix_queue_entries_sample_open",
        "queue_entries",
        ["sample_id"],
        unique=False,
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index(
        "uq_queue_entries_open_test",
        "queue_entries",
        ["ordered_test_id"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "sample_tests",
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("ordered_test_id", sa.Integer(), nullable=False),
        sa.Column("allocated_ml", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.ForeignKeyConstraint(
            ["ordered_test_id"], ["ordered_tests.id"], name=op.f("fk_sample_tests_ordered_test_id")
        ),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_sample_tests_sample_id")),
        sa.PrimaryKeyConstraint("sample_id", "ordered_test_id", name=op.f("pk_sample_tests")),
    )
    op.create_index("ix_sample_tests_ordered_test_id", "sample_tests", ["ordered_test_id"], unique=False)
    op.create_table(
        "step_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("queue_entry_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_by", sa.Integer(), nullable=True),
        sa.Column("failed_reason", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["finished_by"], ["staff.id"], name=op.f("fk_step_records_finished_by")),
        sa.ForeignKeyConstraint(
            ["queue_entry_id"], ["queue_entries.id"], name=op.f("fk_step_records_queue_entry_id")
        ),
        sa.ForeignKeyConstraint(["started_by"], ["staff.id"], name=op.f("fk_step_records_started_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_records")),
    )
    op.create_index(op.f("ix_step_records_queue_entry_id"), "step_records", ["queue_entry_id"], unique=False)

    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE_TRIGGERS if sqlite else _POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP TRIGGER entries_refuse_change ON entries")
        op.execute("DROP TRIGGER entries_refuse_truncate ON entries")
        op.execute("DROP FUNCTION entries_are_append_only")
    op.drop_index(op.f("ix_step_records_queue_entry_id"), table_name="step_records")
    op.drop_table("step_records")
    op.drop_index("ix_sample_tests_ordered_test_id", table_name="sample_tests")
    op.drop_table("sample_tests")
    op.drop_index(
        "uq_queue_entries_open_test",
        table_name="queue_entries",
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.drop_index(
        "ix_queue_entries_sample_open",
        table_name="queue_entries",
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.drop_index(op.f("ix_queue_entries_ordered_test_id"), table_name="queue_entries")
    op.drop_index(
        "ix_queue_entries_order_of_work",
        table_name="queue_entries",
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.drop_index(op.f("ix_queue_entries_case_id"), table_name="queue_entries")
    op.drop_table("queue_entries")
    op.drop_table("printed_labels")
    op.drop_index(
        "uq_bag_samples_one_bag",
        table_name="bag_samples",
        sqlite_where=sa.text("out_at IS NULL"),
        postgresql_where=sa.text("out_at IS NULL"),
    )
    op.drop_table("bag_samples")
    op.drop_index(op.f("ix_samples_parent_id"), table_name="samples")
    op.drop_index(
        "ix_samples_awaited",
        table_name="samples",
        sqlite_where=sa.text("state = 'collected'"),
        postgresql_where=sa.text("state = 'collected'"),
    )
    op.drop_table("samples")
    op.drop_index(
        "ix_results_to_verify",
        table_name="results",
        sqlite_where=sa.text("state = 'preliminary'"),
        postgresql_where=sa.text("state = 'preliminary'"),
    )
    op.drop_table("results")
    op.drop_table("pulls")
    op.drop_table("observations")
    op.drop_index(op.f("ix_cases_patient_id"), table_name="cases")
    op.drop_index(op.f("ix_cases_order_id"), table_name="cases")
    op.drop_table("cases")
    op.drop_index(
        "ix_unknown_tests_open",
        table_name="unknown_tests",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("unknown_tests")
    op.drop_index(op.f("ix_procedures_order_id"), table_name="procedures")
    op.drop_table("procedures")
    op.drop_index(op.f("ix_placer_numbers_order_id"), table_name="placer_numbers")
    op.drop_table("placer_numbers")
    op.drop_table("ordered_tests")
    op.drop_index(
        "ix_identity_doubts_open",
        table_name="identity_doubts",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("identity_doubts")
    op.drop_table("weights")
    op.drop_table("staff_roles")
    op.drop_index(op.f("ix_sign_ins_staff_id"), table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_table("set_up_links")
    op.drop_index(
        "ix_orders_recollections",
        table_name="orders",
        sqlite_where=sa.text("recollects_order_id IS NOT NULL"),
        postgresql_where=sa.text("recollects_order_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_orders_patient_id"), table_name="orders")
    op.drop_index(
        "ix_orders_open",
        table_name="orders",
        sqlite_where=sa.text("state IN ('active', 'on_hold')"),
        postgresql_where=sa.text("state IN ('active', 'on_hold')"),
    )
    op.drop_table("orders")
    op.drop_table("entries")
    op.drop_index(
        "ix_bags_open",
        table_name="bags",
        sqlite_where=sa.text("state <> 'reconciled'"),
        postgresql_where=sa.text("state <> 'reconciled'"),
    )
    op.drop_table("bags")
    op.drop_index(op.f("ix_api_tokens_staff_id"), table_name="api_tokens")
    op.drop_table("api_tokens")
    op.drop_table("staff")
    op.drop_table("queue_counts")
    op.drop_index("ix_patients_name_key", table_name="patients")
    op.drop_index("ix_patients_birth_date", table_name="patients")
    op.drop_table("patients")
    op.drop_table("handled_messages")
    op.drop_table("chains")
    op.drop_table("case_counters")
    op.drop_table("answers")
