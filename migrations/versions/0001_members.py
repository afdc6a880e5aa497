"""Who is who: the co-op, its members, their people, sessions and tokens."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE cooperative (
        id bigint CONSTRAINT pk_cooperative PRIMARY KEY DEFAULT 1
            CONSTRAINT ck_cooperative_one_row CHECK (id = 1),
        name text NOT NULL,
        registered_number text,
        vat_number text,
        address text,
        postcode text,
        sort_code text,
        account_number text
    );

    CREATE TABLE members (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_members PRIMARY KEY,
        slug text NOT NULL CONSTRAINT ck_members_slug CHECK (slug ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'),
        name text NOT NULL CONSTRAINT ck_members_name CHECK (name <> ''),
        sector text,
        vat_number text,
        company_number text,
        address text,
        postcode text,
        sort_code text,
        account_number text,
        joined_on date,
        self_billing_from date,
        self_billing_to date,
        CONSTRAINT ck_members_self_billing CHECK (self_billing_from < self_billing_to)
    );
    CREATE UNIQUE INDEX uq_members_slug ON members (lower(slug));

    CREATE TABLE member_roles (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_member_roles PRIMARY KEY,
        member_id bigint NOT NULL CONSTRAINT fk_member_roles_member_id_members REFERENCES members,
        role text NOT NULL CONSTRAINT ck_member_roles_role CHECK (role IN ('contributor', 'user', 'investor')),
        starts_on date,
        ends_on date,
        CONSTRAINT ck_member_roles_days CHECK (starts_on < ends_on)
    );
    CREATE INDEX ix_member_roles_member_id ON member_roles (member_id);

    CREATE TABLE people (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_people PRIMARY KEY,
        email text NOT NULL CONSTRAINT ck_people_email CHECK (email LIKE '%_@_%'),
        name text NOT NULL CONSTRAINT ck_people_name CHECK (name <> ''),
        member_id bigint CONSTRAINT fk_people_member_id_members REFERENCES members,
        password_hash text,
        is_active boolean NOT NULL DEFAULT true
    );
    CREATE UNIQUE INDEX uq_people_email ON people (lower(email));
    CREATE INDEX ix_people_member_id ON people (member_id);

    CREATE TABLE person_roles (
        person_id bigint NOT NULL CONSTRAINT fk_person_roles_person_id_people REFERENCES people,
        role text NOT NULL CONSTRAINT ck_person_roles_role CHECK (role IN (
            'planner', 'asset_officer', 'finance', 'member_admin', 'delegate',
            'registrar', 'network_steward', 'treasurer', 'second_approver', 'auditor')),
        CONSTRAINT pk_person_roles PRIMARY KEY (person_id, role)
    );

    CREATE TABLE sign_ins (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_sign_ins PRIMARY KEY,
        person_id bigint NOT NULL CONSTRAINT fk_sign_ins_person_id_people REFERENCES people,
        token_hash bytea NOT NULL CONSTRAINT uq_sign_ins_token_hash UNIQUE,
        signed_in_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        address text,
        browser text
    );
    CREATE INDEX ix_sign_ins_person_id ON sign_ins (person_id);

    CREATE TABLE sign_in_attempts (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_sign_in_attempts PRIMARY KEY,
        email text NOT NULL,
        address text NOT NULL,
        tried_at timestamptz NOT NULL
    );
    CREATE INDEX ix_sign_in_attempts_email_tried_at ON sign_in_attempts (email, tried_at);
    CREATE INDEX ix_sign_in_attempts_address_tried_at ON sign_in_attempts (address, tried_at);

    CREATE TABLE password_links (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_password_links PRIMARY KEY,
        person_id bigint NOT NULL CONSTRAINT fk_password_links_person_id_people REFERENCES people,
        token_hash bytea NOT NULL CONSTRAINT uq_password_links_token_hash UNIQUE,
        expires_at timestamptz NOT NULL,
        used_at timestamptz
    );
    CREATE INDEX ix_password_links_person_id ON password_links (person_id);

    CREATE TABLE api_tokens (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_api_tokens PRIMARY KEY,
        person_id bigint NOT NULL CONSTRAINT fk_api_tokens_person_id_people REFERENCES people,
        public_id text NOT NULL CONSTRAINT uq_api_tokens_public_id UNIQUE,
        secret_hash bytea NOT NULL,
        label text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz
    );
    CREATE INDEX ix_api_tokens_person_id ON api_tokens (person_id);
    """)


def downgrade() -> None:
    op.execute(
        "DROP TABLE api_tokens, password_links, sign_in_attempts, sign_ins,"
        " person_roles, people, member_roles, members, cooperative"
    )
