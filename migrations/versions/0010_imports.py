"""Files brought by members, what each import changed, and how its columns were read."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("""
    CREATE TABLE uploads (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_uploads PRIMARY KEY,
        reference text NOT NULL CONSTRAINT uq_uploads_reference UNIQUE,
        member_id bigint CONSTRAINT fk_uploads_member_id_members REFERENCES members,
        person_id bigint CONSTRAINT fk_uploads_person_id_people REFERENCES people,
        name text NOT NULL CONSTRAINT ck_uploads_name CHECK (name <> ''),
        data bytea NOT NULL,
        uploaded_at timestamptz NOT NULL
    );
    CREATE INDEX ix_uploads_uploaded_at ON uploads (uploaded_at);

    CREATE TABLE imports (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_imports PRIMARY KEY,
        reference text NOT NULL CONSTRAINT uq_imports_reference UNIQUE,
        member_id bigint CONSTRAINT fk_imports_member_id_members REFERENCES members,
        person_id bigint CONSTRAINT fk_imports_person_id_people REFERENCES people,
        contribution_id bigint CONSTRAINT fk_imports_contribution_id_contributions
            REFERENCES contributions ON DELETE SET NULL,
        file text NOT NULL,
        format text,
        crs text,
        status text NOT NULL CONSTRAINT ck_imports_status CHECK (status IN (
            'waiting', 'running', 'done', 'failed', 'undone')),
        percent bigint NOT NULL CONSTRAINT ck_imports_percent CHECK (percent BETWEEN 0 AND 100),
        choices jsonb NOT NULL,
        counts jsonb,
        quality bigint CONSTRAINT ck_imports_quality CHECK (quality BETWEEN 0 AND 100),
        failure text,
        requested_at timestamptz NOT NULL,
        finished_at timestamptz,
        undone_at timestamptz,
        CONSTRAINT ck_imports_counts CHECK (counts IS NOT NULL OR status IN ('waiting', 'running', 'failed')),
        CONSTRAINT ck_imports_undone CHECK ((status = 'undone') = (undone_at IS NOT NULL))
    );
    CREATE INDEX ix_imports_member_id ON imports (member_id);
    CREATE INDEX ix_imports_contribution_id ON imports (contribution_id);

    CREATE TABLE import_changes (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_import_changes PRIMARY KEY,
        import_id bigint NOT NULL CONSTRAINT fk_import_changes_import_id_imports REFERENCES imports,
        kind text NOT NULL CONSTRAINT ck_import_changes_kind CHECK (kind IN ('site', 'span')),
        code text NOT NULL,
        before jsonb,
        after jsonb,
        digest text NOT NULL,
        CONSTRAINT ck_import_changes_both CHECK ((before IS NULL) = (after IS NULL))
    );
    CREATE INDEX ix_import_changes_import_id ON import_changes (import_id);

    CREATE TABLE import_mappings (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_import_mappings PRIMARY KEY,
        member_id bigint CONSTRAINT fk_import_mappings_member_id_members REFERENCES members,
        columns text NOT NULL,
        choices jsonb NOT NULL,
        used_at timestamptz NOT NULL,
        CONSTRAINT uq_import_mappings_member_id_columns UNIQUE NULLS NOT DISTINCT (member_id, columns)
    );
    """)


def downgrade() -> None:
    op.execute("DROP TABLE import_mappings, import_changes, imports, uploads")
