"""Meetings, resolutions, votes and parameters, and the triggers that keep what was resolved as it was resolved.

A resolution keeps its words, is put to the vote once and closed once. Who may vote is written before it is open and
never after; votes come while it is open, one for each member (the key), and stand. A vote and the closing lock the
resolution against each other, so that no vote comes in behind the count.
"""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("""
    CREATE TABLE meetings (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_meetings PRIMARY KEY,
        reference text NOT NULL CONSTRAINT uq_meetings_reference UNIQUE,
        title text NOT NULL,
        held_at timestamptz NOT NULL,
        place text NOT NULL,
        notice_on date NOT NULL,
        called_by_id bigint CONSTRAINT fk_meetings_called_by_id_people REFERENCES people,
        called_at timestamptz NOT NULL
    );
    CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON meetings EXECUTE FUNCTION refuse_change();

    CREATE TABLE resolutions (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_resolutions PRIMARY KEY,
        reference text NOT NULL CONSTRAINT uq_resolutions_reference UNIQUE,
        meeting_id bigint NOT NULL CONSTRAINT fk_resolutions_meeting_id_meetings REFERENCES meetings,
        title text NOT NULL,
        text text NOT NULL,
        decides text NOT NULL CONSTRAINT ck_resolutions_decides CHECK (decides IN (
            'text', 'tariff', 'parameter', 'last_pair')),
        parameter_code text,
        parameter_value bigint,
        effective_from date,
        drafted_at timestamptz NOT NULL,
        opened_at timestamptz,
        quorum_percent bigint,
        majority_percent bigint,
        closed_at timestamptz,
        outcome text CONSTRAINT ck_resolutions_outcome CHECK (outcome IN ('carried', 'not_carried', 'no_quorum')),
        CONSTRAINT ck_resolutions_parameter CHECK (
            num_nonnulls(parameter_code, parameter_value, effective_from)
            = CASE decides WHEN 'parameter' THEN 3 ELSE 0 END),
        CONSTRAINT ck_resolutions_open CHECK (
            num_nonnulls(opened_at, quorum_percent, majority_percent) IN (0, 3)),
        CONSTRAINT ck_resolutions_closed CHECK (
            num_nonnulls(closed_at, outcome) IN (0, 2) AND (closed_at IS NULL OR opened_at IS NOT NULL))
    );
    CREATE INDEX ix_resolutions_meeting_id ON resolutions (meeting_id);

    CREATE FUNCTION keep_resolution() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.closed_at IS NOT NULL OR (NEW.id, NEW.reference, NEW.meeting_id, NEW.title, NEW.text, NEW.decides,
                NEW.parameter_code, NEW.parameter_value, NEW.effective_from, NEW.drafted_at)
            IS DISTINCT FROM (OLD.id, OLD.reference, OLD.meeting_id, OLD.title, OLD.text, OLD.decides,
                OLD.parameter_code, OLD.parameter_value, OLD.effective_from, OLD.drafted_at)
            OR OLD.opened_at IS NOT NULL AND (NEW.opened_at, NEW.quorum_percent, NEW.majority_percent)
                IS DISTINCT FROM (OLD.opened_at, OLD.quorum_percent, OLD.majority_percent) THEN
            RAISE EXCEPTION 'resolution % stays as it was put to the vote', OLD.reference
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER kept BEFORE UPDATE ON resolutions FOR EACH ROW EXECUTE FUNCTION keep_resolution();
    CREATE TRIGGER history BEFORE DELETE OR TRUNCATE ON resolutions EXECUTE FUNCTION refuse_change();

    CREATE TABLE entitled_members (
        resolution_id bigint NOT NULL CONSTRAINT fk_entitled_members_resolution_id_resolutions REFERENCES resolutions,
        member_id bigint NOT NULL CONSTRAINT fk_entitled_members_member_id_members REFERENCES members,
        CONSTRAINT pk_entitled_members PRIMARY KEY (resolution_id, member_id)
    );
    CREATE FUNCTION refuse_late_entitlement() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT opened_at FROM resolutions WHERE id = NEW.resolution_id FOR SHARE) IS NOT NULL THEN
            RAISE EXCEPTION 'who may vote is settled when the vote opens' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER late BEFORE INSERT ON entitled_members FOR EACH ROW EXECUTE FUNCTION refuse_late_entitlement();
    CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON entitled_members EXECUTE FUNCTION refuse_change();

    CREATE TABLE votes (
        resolution_id bigint NOT NULL,
        member_id bigint NOT NULL,
        person_id bigint NOT NULL CONSTRAINT fk_votes_person_id_people REFERENCES people,
        choice text NOT NULL CONSTRAINT ck_votes_choice CHECK (choice IN ('for', 'against', 'abstain')),
        cast_at timestamptz NOT NULL,
        CONSTRAINT pk_votes PRIMARY KEY (resolution_id, member_id),
        CONSTRAINT fk_votes_entitled FOREIGN KEY (resolution_id, member_id) REFERENCES entitled_members
    );
    CREATE FUNCTION refuse_vote_unless_open() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        voted resolutions%ROWTYPE;
    BEGIN
        SELECT * INTO voted FROM resolutions WHERE id = NEW.resolution_id FOR SHARE;
        IF voted.opened_at IS NULL OR voted.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'the vote is not open' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER open BEFORE INSERT ON votes FOR EACH ROW EXECUTE FUNCTION refuse_vote_unless_open();
    CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON votes EXECUTE FUNCTION refuse_change();

    CREATE TABLE coop_parameters (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_coop_parameters PRIMARY KEY,
        code text NOT NULL,
        value bigint NOT NULL,
        effective_from date NOT NULL,
        resolution_id bigint NOT NULL CONSTRAINT uq_coop_parameters_resolution_id UNIQUE
            CONSTRAINT fk_coop_parameters_resolution_id_resolutions REFERENCES resolutions
    );
    CREATE INDEX ix_coop_parameters_code_effective_from ON coop_parameters (code, effective_from);
    CREATE FUNCTION refuse_parameter_not_resolved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM resolutions WHERE id = NEW.resolution_id AND outcome = 'carried'
                       AND parameter_code = NEW.code AND parameter_value = NEW.value
                       AND effective_from <= NEW.effective_from) THEN
            RAISE EXCEPTION 'no carried resolution says so' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER resolved BEFORE INSERT ON coop_parameters
        FOR EACH ROW EXECUTE FUNCTION refuse_parameter_not_resolved();
    CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON coop_parameters EXECUTE FUNCTION refuse_change();
    """)


def downgrade() -> None:
    op.execute("""
    DROP TABLE coop_parameters, votes, entitled_members, resolutions, meetings;
    DROP FUNCTION refuse_parameter_not_resolved();
    DROP FUNCTION refuse_vote_unless_open();
    DROP FUNCTION refuse_late_entitlement();
    DROP FUNCTION keep_resolution();
    """)
