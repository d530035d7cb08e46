"""The tables as they first were, and the triggers that refuse to change what proves something.

Append-only is the database's rule, not the program's good manners. It stops a mistaken program and a careless hand;
whoever owns the database file can drop a trigger, and is found out by the chain (SECURITY.md).

    entries, checkpoints, segments, looks, erasures, signing_keys    no UPDATE, no DELETE
    entries      only the next number of an open chain, resting on its head
    chains       the head moves forward by one; closed stays closed; no DELETE
    payloads     no UPDATE; DELETE only when an `erasures` row names an `erased` entry that says why
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FROZEN = ("entries", "checkpoints", "segments", "looks", "erasures", "signing_keys")


def upgrade() -> None:
    op.create_table(
        "chains",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("head_seq", sa.BigInteger(), nullable=False),
        sa.Column("head_hash", sa.String(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chains")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_chains_kind_subject")),
    )
    op.create_index(op.f("ix_chains_subject"), "chains", ["subject"], unique=False)
    op.create_table(
        "guesses",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("blocked_until_wall", sa.BigInteger(), nullable=False),
        sa.Column("last_wall", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_guesses")),
    )
    op.create_table(
        "party_organisations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("closed_on", sa.String(), nullable=True),
        sa.Column("successor_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["successor_id"],
            ["party_organisations.id"],
            name=op.f("fk_party_organisations_successor_id_party_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_organisations")),
    )
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("public", sa.String(), nullable=False),
        sa.Column("first_used", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("closed_on", sa.String(), nullable=True),
        sa.Column("successor_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["successor_id"], ["units.id"], name=op.f("fk_units_successor_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
    )
    op.create_table(
        "bodies",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("party_organisation_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["party_organisation_id"],
            ["party_organisations.id"],
            name=op.f("fk_bodies_party_organisation_id_party_organisations"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_bodies_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bodies")),
    )
    op.create_index(op.f("ix_bodies_unit_id"), "bodies", ["unit_id"], unique=False)
    op.create_table(
        "checkpoints",
        sa.Column("chain_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["chain_id"], ["chains.id"], name=op.f("fk_checkpoints_chain_id_chains")),
        sa.ForeignKeyConstraint(["key_id"], ["signing_keys.id"], name=op.f("fk_checkpoints_key_id_signing_keys")),
        sa.PrimaryKeyConstraint("chain_id", "seq", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "entries",
        sa.Column("chain_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("payload_hash", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["chain_id"], ["chains.id"], name=op.f("fk_entries_chain_id_chains")),
        sa.PrimaryKeyConstraint("chain_id", "seq", name=op.f("pk_entries")),
    )
    op.create_table(
        "party_organisation_attributes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("party_organisation_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("from_on", sa.String(), nullable=False),
        sa.Column("until_on", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["party_organisations.id"],
            name=op.f("fk_party_organisation_attributes_parent_id_party_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["party_organisation_id"],
            ["party_organisations.id"],
            name=op.f("fk_party_organisation_attributes_party_organisation_id_party_organisations"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_party_organisation_attributes_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_organisation_attributes")),
    )
    op.create_index(
        op.f("ix_party_organisation_attributes_party_organisation_id"),
        "party_organisation_attributes",
        ["party_organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_party_organisation_attributes_unit_id"), "party_organisation_attributes", ["unit_id"], unique=False
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("known_as", sa.String(), nullable=True),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_persons_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
    )
    op.create_index(op.f("ix_persons_unit_id"), "persons", ["unit_id"], unique=False)
    op.create_index("ix_persons_unit_name", "persons", ["unit_id", "name"], unique=False)
    op.create_table(
        "unit_attributes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("from_on", sa.String(), nullable=False),
        sa.Column("until_on", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name=op.f("fk_unit_attributes_parent_id_units")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_unit_attributes_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_attributes")),
    )
    op.create_index(op.f("ix_unit_attributes_code"), "unit_attributes", ["code"], unique=False)
    op.create_index(op.f("ix_unit_attributes_parent_id"), "unit_attributes", ["parent_id"], unique=False)
    op.create_index(op.f("ix_unit_attributes_unit_id"), "unit_attributes", ["unit_id"], unique=False)
    op.create_table(
        "erasures",
        sa.Column("chain_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("by_chain_id", sa.String(), nullable=False),
        sa.Column("by_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_chain_id", "by_seq"], ["entries.chain_id", "entries.seq"], name="fk_erasures_by_entries"
        ),
        sa.ForeignKeyConstraint(
            ["chain_id", "seq"], ["entries.chain_id", "entries.seq"], name=op.f("fk_erasures_chain_id_entries")
        ),
        sa.PrimaryKeyConstraint("chain_id", "seq", name=op.f("pk_erasures")),
    )
    op.create_table(
        "payloads",
        sa.Column("chain_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chain_id", "seq"], ["entries.chain_id", "entries.seq"], name=op.f("fk_payloads_chain_id_entries")
        ),
        sa.ForeignKeyConstraint(["chain_id"], ["chains.id"], name=op.f("fk_payloads_chain_id_chains")),
        sa.PrimaryKeyConstraint("chain_id", "seq", name=op.f("pk_payloads")),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("body_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("votes", sa.Boolean(), nullable=False),
        sa.Column("from_on", sa.String(), nullable=False),
        sa.Column("until_on", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_posts_body_id_bodies")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_posts_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
    )
    op.create_index(op.f("ix_posts_body_id"), "posts", ["body_id"], unique=False)
    op.create_index(op.f("ix_posts_person_id"), "posts", ["person_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=True),
        sa.Column("code_until_wall", sa.BigInteger(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_users_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("access_class", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("proper", sa.Boolean(), nullable=True),
        sa.Column("improper_reasons", sa.JSON(), nullable=False),
        sa.Column("created_wall", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_decisions_created_by_users")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_decisions_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_unit_id"), "decisions", ["unit_id"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("sent_wall", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_wall", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_feedback_answered_by_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_feedback_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_table(
        "meetings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("access_class", sa.String(), nullable=False),
        sa.Column("recorded", sa.Boolean(), nullable=False),
        sa.Column("planned_wall", sa.BigInteger(), nullable=True),
        sa.Column("created_wall", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("opened_wall", sa.BigInteger(), nullable=True),
        sa.Column("opened_monotonic", sa.BigInteger(), nullable=True),
        sa.Column("opened_boot", sa.String(), nullable=True),
        sa.Column("opened_on", sa.String(), nullable=True),
        sa.Column("opened_by", sa.String(), nullable=True),
        sa.Column("end_ns", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("notice_version", sa.String(), nullable=True),
        sa.Column("notice_wall", sa.BigInteger(), nullable=True),
        sa.Column("picture", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_meetings_created_by_users")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_meetings_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
    )
    op.create_index(op.f("ix_meetings_state"), "meetings", ["state"], unique=False)
    op.create_index(op.f("ix_meetings_unit_id"), "meetings", ["unit_id"], unique=False)
    op.create_table(
        "rights",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("access_class", sa.String(), nullable=True),
        sa.Column("from_on", sa.String(), nullable=False),
        sa.Column("until_on", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_rights_unit_id_units")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_rights_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights")),
    )
    op.create_index(op.f("ix_rights_user_id"), "rights", ["user_id"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("created_wall", sa.BigInteger(), nullable=False),
        sa.Column("seen_wall", sa.BigInteger(), nullable=False),
        sa.Column("expires_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_ins_user_id_users")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_ins")),
    )
    op.create_index(op.f("ix_sign_ins_user_id"), "sign_ins", ["user_id"], unique=False)
    op.create_table(
        "agenda_items",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("matter", sa.String(), nullable=True),
        sa.Column("access_class", sa.String(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=True),
        sa.Column("end_ns", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_agenda_items_meeting_id_meetings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_items")),
    )
    op.create_index(op.f("ix_agenda_items_meeting_id"), "agenda_items", ["meeting_id"], unique=False)
    op.create_table(
        "breaks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_breaks_meeting_id_meetings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breaks")),
    )
    op.create_index(op.f("ix_breaks_meeting_id"), "breaks", ["meeting_id"], unique=False)
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("chain_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=True),
        sa.Column("closed_wall", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["chain_id"], ["chains.id"], name=op.f("fk_recordings_chain_id_chains")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_recordings_meeting_id_meetings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("meeting_id", "part", name=op.f("uq_recordings_meeting_id_part")),
    )
    op.create_index(op.f("ix_recordings_state"), "recordings", ["state"], unique=False)
    op.create_table(
        "sites",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_sites_meeting_id_meetings")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_sites_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("meeting_id", "unit_id", name=op.f("uq_sites_meeting_id_unit_id")),
    )
    op.create_index(op.f("ix_sites_meeting_id"), "sites", ["meeting_id"], unique=False)
    op.create_table(
        "decision_items",
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("agenda_item_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agenda_item_id"], ["agenda_items.id"], name=op.f("fk_decision_items_agenda_item_id_agenda_items")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_decision_items_decision_id_decisions")
        ),
        sa.PrimaryKeyConstraint("decision_id", "agenda_item_id", name=op.f("pk_decision_items")),
    )
    op.create_table(
        "looks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("sitting", sa.String(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.Column("wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_looks_recording_id_recordings")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_looks_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looks")),
    )
    op.create_index(op.f("ix_looks_recording_id"), "looks", ["recording_id"], unique=False)
    op.create_table(
        "marks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=True),
        sa.Column("agenda_item_id", sa.String(), nullable=True),
        sa.Column("decision_id", sa.String(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agenda_item_id"], ["agenda_items.id"], name=op.f("fk_marks_agenda_item_id_agenda_items")
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_marks_decision_id_decisions")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_marks_recording_id_recordings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marks")),
    )
    op.create_index(op.f("ix_marks_recording_id"), "marks", ["recording_id"], unique=False)
    op.create_table(
        "media_sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("publisher", sa.String(), nullable=False),
        sa.Column("relay_epoch", sa.String(), nullable=False),
        sa.Column("started_wall", sa.BigInteger(), nullable=False),
        sa.Column("ended_wall", sa.BigInteger(), nullable=True),
        sa.Column("ended_cause", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_media_sessions_meeting_id_meetings")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_media_sessions_site_id_sites")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_media_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_sessions")),
    )
    op.create_index(op.f("ix_media_sessions_meeting_id"), "media_sessions", ["meeting_id"], unique=False)
    op.create_table(
        "presences",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("known_by", sa.String(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_presences_meeting_id_meetings")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_presences_person_id_persons")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_presences_site_id_sites")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_presences_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presences")),
    )
    op.create_index(op.f("ix_presences_meeting_id"), "presences", ["meeting_id"], unique=False)
    op.create_table(
        "tracks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("publisher", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("codec", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_tracks_recording_id_recordings")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_tracks_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracks")),
        sa.UniqueConstraint("recording_id", "publisher", "kind", name=op.f("uq_tracks_recording_id_publisher_kind")),
    )
    op.create_index(op.f("ix_tracks_recording_id"), "tracks", ["recording_id"], unique=False)
    op.create_table(
        "votes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("agenda_item_id", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("present", sa.BigInteger(), nullable=True),
        sa.Column("in_favour", sa.BigInteger(), nullable=False),
        sa.Column("against", sa.BigInteger(), nullable=False),
        sa.Column("abstained", sa.BigInteger(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agenda_item_id"], ["agenda_items.id"], name=op.f("fk_votes_agenda_item_id_agenda_items")
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_votes_decision_id_decisions")),
        sa.ForeignKeyConstraint(["recorded_by"], ["users.id"], name=op.f("fk_votes_recorded_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_votes")),
    )
    op.create_index(op.f("ix_votes_decision_id"), "votes", ["decision_id"], unique=False)
    op.create_table(
        "fillers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("track_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("head_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name=op.f("fk_fillers_track_id_tracks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fillers")),
        sa.UniqueConstraint("name", name=op.f("uq_fillers_name")),
    )
    op.create_index(op.f("ix_fillers_track_id"), "fillers", ["track_id"], unique=False)
    op.create_table(
        "gaps",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("track_id", sa.String(), nullable=True),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("packets", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_gaps_recording_id_recordings")),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name=op.f("fk_gaps_track_id_tracks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
    )
    op.create_index(op.f("ix_gaps_recording_id"), "gaps", ["recording_id"], unique=False)
    op.create_table(
        "segments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("track_id", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("relay_epoch", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("first_index", sa.BigInteger(), nullable=False),
        sa.Column("last_index", sa.BigInteger(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("fillers", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("head_bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("sm3", sa.String(), nullable=False),
        sa.Column("sealed_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_segments_recording_id_recordings")),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name=op.f("fk_segments_track_id_tracks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("name", name=op.f("uq_segments_name")),
        sa.UniqueConstraint("track_id", "number", name=op.f("uq_segments_track_id_number")),
        sa.UniqueConstraint(
            "track_id",
            "relay_epoch",
            "source_id",
            "first_index",
            name=op.f("uq_segments_track_id_relay_epoch_source_id_first_index"),
        ),
    )
    op.create_index(op.f("ix_segments_recording_id"), "segments", ["recording_id"], unique=False)
    op.create_index("ix_segments_track_start", "segments", ["track_id", "start_ns"], unique=False)
    op.create_table(
        "stored",
        sa.Column("segment_id", sa.String(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("locked_until_wall", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_wall", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_stored_segment_id_segments")),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_stored")),
    )

    for table in FROZEN:
        refuse(table, "UPDATE")
        refuse(table, "DELETE")
    refuse(
        "entries",
        "INSERT",
        """NOT EXISTS (SELECT 1 FROM chains c WHERE c.id = NEW.chain_id AND NOT c.closed
           AND c.head_seq = NEW.seq - 1 AND c.head_hash = NEW.previous)""",
        "an entry goes on top of an open chain",
    )
    refuse("chains", "DELETE")
    refuse(
        "chains",
        "UPDATE",
        """OLD.closed OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.subject <> OLD.subject
           OR NEW.head_seq NOT IN (OLD.head_seq, OLD.head_seq + 1)
           OR (NEW.head_seq = OLD.head_seq AND NEW.head_hash <> OLD.head_hash)""",
        "a chain only moves forward, and not once it is closed",
    )
    refuse("payloads", "UPDATE")
    refuse(
        "payloads",
        "DELETE",
        """NOT EXISTS (SELECT 1 FROM erasures x JOIN entries e ON e.chain_id = x.by_chain_id AND e.seq = x.by_seq
           WHERE x.chain_id = OLD.chain_id AND x.seq = OLD.seq AND e.kind = 'erased')""",
        "a payload is only erased by an entry that says why",
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in (*FROZEN, "chains", "payloads"):
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION huilu_refuse('append-only')"
            )


def refuse(table: str, verb: str, when: str = "", because: str = "append-only") -> None:
    """A trigger that refuses `verb` on each row of `table` for which `when` holds (empty: on all)."""
    name = f"{table}_no_{verb.lower()}"
    message = f"{table}: {because}"
    if op.get_bind().dialect.name == "sqlite":
        condition = f"WHEN {when} " if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW {condition}"
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    # A WHEN of PostgreSQL takes no subquery, so each trigger has its condition inside its own function.
    row = "OLD" if verb == "DELETE" else "NEW"
    op.execute(
        """CREATE OR REPLACE FUNCTION huilu_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION '%: %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END $$"""
    )
    op.execute(
        f"""CREATE FUNCTION huilu_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF {when or "TRUE"} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'restrict_violation'; END IF;
            RETURN {row}; END $$"""
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION huilu_{name}()")


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first version; records are not dropped by a migration")
