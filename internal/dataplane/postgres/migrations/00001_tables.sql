-- The tables of one district. Words are those of docs/spec/database.md.
--
-- Lock order, for every function and process: attempt, student, case,
-- obligation. Whoever opens or closes a case locks the student first; that is
-- what keeps "at most one open case per person" free of races.

-- +goose Up
CREATE SCHEMA ek;
CREATE SCHEMA ek_intake;
CREATE SCHEMA ek_scorer;
CREATE SCHEMA ek_casework;

-- ---------------------------------------------------------------- installation

CREATE TABLE ek.installation (
    one            boolean PRIMARY KEY DEFAULT true CHECK (one),
    district_code  text NOT NULL,
    district_uid   text,
    schema_version bigint NOT NULL DEFAULT 0,
    initialised_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE ek.key_fingerprint (
    name        text PRIMARY KEY,
    digest      text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE ek.heartbeat (
    process text PRIMARY KEY,
    at      timestamptz NOT NULL
);

-- ------------------------------------------------- documents and their projections

CREATE TABLE ek.meaning (
    digest     text PRIMARY KEY,
    round      text NOT NULL,
    body       jsonb NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE ek.round (
    round                   text PRIMARY KEY,
    meaning_digest          text REFERENCES ek.meaning,
    control_revision        bigint NOT NULL,
    control_digest          text NOT NULL,
    control                 jsonb NOT NULL,
    opens_at                timestamptz NOT NULL,
    closes_at               timestamptz NOT NULL,
    hold                    text NOT NULL DEFAULT 'None' CHECK (hold IN ('None', 'Hold', 'HoldAndDrain')),
    -- false when the last sync did not name the round: no new forms then.
    listed                  boolean NOT NULL DEFAULT true,
    undetermined_rank       smallint,
    retest_within_days      integer,
    released_at             timestamptz,
    release                 jsonb,
    CHECK (opens_at <= closes_at)
);

-- school '' is the default list; a school with rows of its own uses only those.
CREATE TABLE ek.round_session (
    round   text NOT NULL REFERENCES ek.round ON DELETE CASCADE,
    school  text NOT NULL DEFAULT '',
    from_at timestamptz NOT NULL,
    to_at   timestamptz NOT NULL,
    PRIMARY KEY (round, school, from_at),
    CHECK (from_at < to_at)
);

-- rank 0 is the severest tier, as in the policy's own order. respond_within is
-- already the stricter of the policy's and the district's.
CREATE TABLE ek.round_tier (
    round                text NOT NULL REFERENCES ek.round ON DELETE CASCADE,
    rank                 smallint NOT NULL CHECK (rank >= 0),
    name                 text NOT NULL,
    lead                 text NOT NULL CHECK (lead IN ('School', 'District', 'City')),
    respond_within       interval NOT NULL,
    does_notify          boolean NOT NULL,
    does_open_case       boolean NOT NULL,
    does_draft_referral  boolean NOT NULL,
    does_follow_up       boolean NOT NULL,
    channel_class        text,
    repeat_every         interval,
    PRIMARY KEY (round, rank)
);

-- Step 0 notifies the lead level when the obligation is raised (after_deadline is
-- null); step k >= 1 notifies onOverdue[k-1].notify at deadline + after_deadline.
CREATE TABLE ek.round_step (
    round          text NOT NULL,
    tier_rank      smallint NOT NULL,
    step           integer NOT NULL CHECK (step >= 0),
    level          text NOT NULL CHECK (level IN ('School', 'District', 'City')),
    after_deadline interval,
    PRIMARY KEY (round, tier_rank, step),
    FOREIGN KEY (round, tier_rank) REFERENCES ek.round_tier ON DELETE CASCADE,
    CHECK ((step = 0) = (after_deadline IS NULL))
);

-- class 3 Immediate, 2 Urgent (and every request to talk), 1 Review.
CREATE TABLE ek.round_floor (
    round     text NOT NULL REFERENCES ek.round ON DELETE CASCADE,
    class     smallint NOT NULL CHECK (class BETWEEN 1 AND 3),
    tier_rank smallint NOT NULL,
    PRIMARY KEY (round, class)
);

CREATE TABLE ek.directory (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    revision   bigint NOT NULL,
    digest     text NOT NULL,
    body       jsonb NOT NULL, -- without any secret
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE ek.secret (
    kind   text NOT NULL, -- TransportSend, TransportReceipt, ChannelSend, ChannelReceive
    name   text NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE ek.school (
    name     text PRIMARY KEY,
    title_zh text NOT NULL DEFAULT '',
    title_en text NOT NULL DEFAULT '',
    area     text NOT NULL DEFAULT '',
    stages   text[] NOT NULL DEFAULT '{}',
    phone    text NOT NULL DEFAULT '',
    active   boolean NOT NULL DEFAULT true
);

CREATE TABLE ek.staff_group (
    group_name text NOT NULL,
    role       text NOT NULL,
    school     text NOT NULL DEFAULT '',
    area       text NOT NULL DEFAULT '',
    PRIMARY KEY (group_name, role, school, area)
);

CREATE TABLE ek.transport (
    name      text PRIMARY KEY,
    url       text NOT NULL,
    active    boolean NOT NULL DEFAULT true,
    reach     text NOT NULL DEFAULT 'Unknown' CHECK (reach IN ('Unknown', 'Reachable', 'Unreachable')),
    probed_at timestamptz
);

CREATE TABLE ek.channel (
    name            text PRIMARY KEY,
    facility_code   text NOT NULL,
    class           text NOT NULL,
    valid_from      timestamptz NOT NULL,
    valid_until     timestamptz NOT NULL,
    weekly_capacity integer NOT NULL,
    url             text NOT NULL,
    duty_phone      text NOT NULL DEFAULT '',
    active          boolean NOT NULL DEFAULT true,
    reach           text NOT NULL DEFAULT 'Unknown' CHECK (reach IN ('Unknown', 'Reachable', 'Unreachable')),
    probed_at       timestamptz
);

-- ------------------------------------------------------------------- the roster

CREATE TABLE ek.student (
    id               uuid PRIMARY KEY,
    school           text NOT NULL REFERENCES ek.school,
    stage            text NOT NULL,
    grade            text NOT NULL,
    class_label      text NOT NULL,
    seat             text NOT NULL DEFAULT '',
    -- Class, seat and masked name; the only words about a student intake ever sees.
    label            text NOT NULL,
    lookup           bytea NOT NULL UNIQUE, -- HMAC of the school-roll number
    sealed_number    bytea,                 -- sealed to public_key, as is the name
    sealed_name      bytea NOT NULL,
    public_key       bytea NOT NULL,
    born             date NOT NULL,         -- decides assent (from 14) and an instrument's age range
    guardian_consent text NOT NULL CHECK (guardian_consent IN ('Given', 'Refused', 'Missing')),
    consent_version  text NOT NULL DEFAULT '',
    active           boolean NOT NULL DEFAULT true,
    imported_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX student_school ON ek.student (school);

-- The student's private key under district.key. Deleting the row shreds the student.
CREATE TABLE ek.student_key (
    student_id uuid PRIMARY KEY REFERENCES ek.student,
    wrapped    bytea NOT NULL
);

CREATE TABLE ek.code (
    hmac       bytea PRIMARY KEY,
    student_id uuid NOT NULL REFERENCES ek.student,
    round      text NOT NULL REFERENCES ek.round,
    state      text NOT NULL DEFAULT 'Active' CHECK (state IN ('Active', 'Used', 'Frozen')),
    issued_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX code_student ON ek.code (student_id, round);

CREATE TABLE ek.code_miss (
    bucket text NOT NULL, -- school, '' when none was named
    minute timestamptz NOT NULL,
    misses integer NOT NULL DEFAULT 1,
    PRIMARY KEY (bucket, minute)
);

-- ---------------------------------------------------------------------- answers

CREATE TABLE ek.attempt (
    id              uuid PRIMARY KEY,
    student_id      uuid NOT NULL REFERENCES ek.student,
    round           text NOT NULL REFERENCES ek.round,
    code_hmac       bytea NOT NULL,
    state           text NOT NULL DEFAULT 'Draft' CHECK (state IN ('Draft', 'Submitted', 'Finalised', 'Declined')),
    age             smallint NOT NULL, -- in years, when opened
    needs_assent    boolean NOT NULL,
    opened_at       timestamptz NOT NULL,
    finalise_at     timestamptz NOT NULL, -- end of the session it was opened in
    confirmed_at    timestamptz,
    assent_at       timestamptz,
    finished_at     timestamptz,
    receipt         uuid, -- of the submission or the declining
    scoring_tries   integer NOT NULL DEFAULT 0,
    scoring_next_at timestamptz NOT NULL DEFAULT '-infinity',
    scored_at       timestamptz,
    failed          boolean NOT NULL DEFAULT false,
    -- set when an event arrives after scoring: the scorer re-derives critical answers again
    recheck         boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX attempt_one_draft ON ek.attempt (student_id, round) WHERE state = 'Draft';
CREATE INDEX attempt_student ON ek.attempt (student_id, round);
CREATE INDEX attempt_draft_due ON ek.attempt (finalise_at) WHERE state = 'Draft';
CREATE INDEX attempt_to_score ON ek.attempt (scoring_next_at, finished_at)
    WHERE state <> 'Draft' AND NOT failed AND (scored_at IS NULL OR recheck);

CREATE TABLE ek.form_key (
    hash       bytea PRIMARY KEY,
    attempt_id uuid NOT NULL REFERENCES ek.attempt,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row per save and content. The first content of a save number is the save;
-- any other is a conflict, kept so that repeating it is answered alike.
CREATE TABLE ek.save (
    form_key_hash bytea NOT NULL,
    save_no       integer NOT NULL,
    digest        bytea NOT NULL, -- keyed
    status        smallint NOT NULL,
    disposition   text NOT NULL,
    receipt       uuid NOT NULL,
    at            timestamptz NOT NULL,
    PRIMARY KEY (form_key_hash, save_no, digest)
);
CREATE UNIQUE INDEX save_first ON ek.save (form_key_hash, save_no) WHERE disposition <> 'Conflict';

CREATE TABLE ek.answer_event (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- No foreign key: the one function that inserts holds the attempt's lock, nobody may
    -- delete attempts, and the check would cost a tenth of every save.
    attempt_id    uuid NOT NULL,
    form_key_hash bytea NOT NULL, -- with save_no, instrument and item: what the sealing is bound to
    save_no       integer NOT NULL,
    instrument    text NOT NULL,
    item          text NOT NULL,
    sealed        bytea NOT NULL,
    class         smallint NOT NULL CHECK (class BETWEEN 0 AND 3),
    disposition   text NOT NULL CHECK (disposition IN
                  ('Accepted', 'AfterClosing', 'Held', 'Conflict', 'Finished', 'Unconfirmed')),
    received_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX answer_event_attempt ON ek.answer_event (attempt_id);
CREATE INDEX answer_event_critical ON ek.answer_event (id) WHERE class >= 2;

CREATE TABLE ek.talk_request (
    id         uuid PRIMARY KEY,
    student_id uuid NOT NULL REFERENCES ek.student,
    attempt_id uuid NOT NULL REFERENCES ek.attempt,
    round      text NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX talk_request_attempt ON ek.talk_request (attempt_id);

-- ---------------------------------------------------------------------- results

CREATE TABLE ek.result (
    id             uuid PRIMARY KEY,
    attempt_id     uuid NOT NULL UNIQUE REFERENCES ek.attempt,
    student_id     uuid NOT NULL REFERENCES ek.student,
    round          text NOT NULL,
    meaning_digest text NOT NULL,
    tier_rank      smallint, -- null: None
    undetermined   boolean NOT NULL,
    rule           text NOT NULL DEFAULT '', -- which floor or rule decided
    sealed         bytea NOT NULL,           -- the scores, sealed to the student's key
    obliges        boolean NOT NULL,
    scored_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX result_student ON ek.result (student_id, round);
CREATE INDEX result_obliges ON ek.result (id) WHERE obliges;

CREATE TABLE ek.result_scale (
    result_id  uuid NOT NULL REFERENCES ek.result,
    instrument text NOT NULL,
    scale      text NOT NULL,
    status     text NOT NULL,
    band       text NOT NULL DEFAULT '',
    PRIMARY KEY (result_id, instrument, scale)
);

-- ------------------------------------------------------------ cases and obligations

CREATE TABLE ek."case" (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number     text NOT NULL UNIQUE,
    student_id uuid NOT NULL REFERENCES ek.student,
    round      text NOT NULL,
    tier_rank  smallint NOT NULL, -- the worst so far
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz,
    closed_by  text
);
CREATE UNIQUE INDEX case_one_open ON ek."case" (student_id) WHERE closed_at IS NULL;

CREATE TABLE ek.obligation (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number       text NOT NULL UNIQUE,
    source_kind  text NOT NULL CHECK (source_kind IN ('Attempt', 'Request')),
    source_id    uuid NOT NULL,
    student_id   uuid NOT NULL REFERENCES ek.student,
    case_id      uuid NOT NULL REFERENCES ek."case",
    round        text NOT NULL,
    tier_rank    smallint NOT NULL,
    raised_at    timestamptz NOT NULL,
    -- Raising again at a worse tier adds one; steps and notifications belong to an
    -- arming, and an update that must not miss an escalation checks it.
    arming       integer NOT NULL DEFAULT 0,
    armed_at     timestamptz NOT NULL,
    deadline_at  timestamptz NOT NULL,
    state        text NOT NULL DEFAULT 'Raised' CHECK (state IN ('Raised', 'Notified', 'Owned', 'Contacted', 'Closed')),
    notified_at  timestamptz,
    owner        text,
    owned_at     timestamptz,
    contacted_at timestamptz,
    outcome      text,
    closed_at    timestamptz,
    close_reason text,
    found_late   boolean NOT NULL DEFAULT false,
    -- the step to take next and when; repeats count the last step's repetitions
    step         integer NOT NULL DEFAULT 0,
    repeats      integer NOT NULL DEFAULT 0,
    next_step_at timestamptz,
    UNIQUE (source_kind, source_id)
);
CREATE INDEX obligation_due ON ek.obligation (next_step_at) WHERE state IN ('Raised', 'Notified', 'Owned');
CREATE INDEX obligation_open ON ek.obligation (deadline_at) WHERE state <> 'Closed';
CREATE INDEX obligation_student ON ek.obligation (student_id);
CREATE INDEX obligation_case ON ek.obligation (case_id);

-- ref: CriticalAnswer -> answer_event.id, Decision -> result.id, Request -> talk_request.id
CREATE TABLE ek.obligation_cause (
    obligation_id uuid NOT NULL REFERENCES ek.obligation,
    kind          text NOT NULL CHECK (kind IN ('CriticalAnswer', 'Decision', 'Request')),
    ref           text NOT NULL,
    class         smallint,
    tier_rank     smallint NOT NULL,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (kind, ref)
);
CREATE INDEX obligation_cause_obligation ON ek.obligation_cause (obligation_id);

CREATE TABLE ek.obligation_event (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    obligation_id uuid NOT NULL REFERENCES ek.obligation,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind          text NOT NULL, -- Raised, Escalated, Notified, Owned, Contacted, Closed, ...
    actor         text NOT NULL,
    step          integer,
    tier_rank     smallint,
    outcome       text
);
CREATE INDEX obligation_event_obligation ON ek.obligation_event (obligation_id);

CREATE TABLE ek.duty_person (
    id      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    subject text NOT NULL, -- of the identity provider
    level   text NOT NULL CHECK (level IN ('School', 'District', 'City')),
    school  text NOT NULL DEFAULT '',
    active  boolean NOT NULL DEFAULT true,
    UNIQUE (subject, level, school)
);

CREATE TABLE ek.duty_address (
    person_id uuid NOT NULL REFERENCES ek.duty_person,
    transport text NOT NULL,
    sealed    bytea NOT NULL,
    PRIMARY KEY (person_id, transport)
);

CREATE TABLE ek.notification (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    obligation_id uuid NOT NULL REFERENCES ek.obligation,
    arming        integer NOT NULL DEFAULT 0,
    step          integer NOT NULL,
    repeats       integer NOT NULL DEFAULT 0,
    transport     text NOT NULL,
    person_id     uuid NOT NULL REFERENCES ek.duty_person,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries         integer NOT NULL DEFAULT 0,
    next_try_at   timestamptz,
    sent_at       timestamptz,
    accepted_at   timestamptz,
    delivered_at  timestamptz,
    gateway_ref   text,
    last_fault    text,
    UNIQUE (obligation_id, arming, step, repeats, transport, person_id)
);
CREATE INDEX notification_due ON ek.notification (next_try_at) WHERE next_try_at IS NOT NULL;

CREATE TABLE ek.referral (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number        text NOT NULL UNIQUE,
    case_id       uuid NOT NULL REFERENCES ek."case",
    obligation_id uuid NOT NULL UNIQUE REFERENCES ek.obligation,
    class         text NOT NULL,
    channel       text,
    urgency       text NOT NULL CHECK (urgency IN ('urgent', 'stat')),
    state         text NOT NULL DEFAULT 'Drafted',
    drafted_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    released_by   text,
    released_at   timestamptz,
    delivered_at  timestamptz,
    answered_at   timestamptz,
    tries         integer NOT NULL DEFAULT 0,
    next_try_at   timestamptz,
    last_fault    text
);
CREATE INDEX referral_case ON ek.referral (case_id);
CREATE INDEX referral_due ON ek.referral (next_try_at) WHERE next_try_at IS NOT NULL;

CREATE TABLE ek.referral_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES ek.referral,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind        text NOT NULL,
    actor       text NOT NULL,
    message_id  text
);
CREATE INDEX referral_event_referral ON ek.referral_event (referral_id);

CREATE TABLE ek.inbound (
    peer       text NOT NULL,
    message_id text NOT NULL,
    digest     bytea,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (peer, message_id)
);

CREATE TABLE ek.follow_up (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    student_id uuid NOT NULL REFERENCES ek.student,
    case_id    uuid REFERENCES ek."case",
    round      text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('Tier', 'Review', 'Undetermined', 'ScoringFailed')),
    source     text NOT NULL, -- attempt id
    tier_rank  smallint,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at     timestamptz NOT NULL,
    done_at    timestamptz,
    done_by    text,
    UNIQUE (kind, source)
);
CREATE INDEX follow_up_due ON ek.follow_up (due_at) WHERE done_at IS NULL;

-- ------------------------------------------------------------------------ audit

CREATE TABLE ek.audit_entry (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor  text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    detail text NOT NULL DEFAULT ''
);

CREATE TABLE ek.audit_link (
    seq      bigint PRIMARY KEY,
    entry_id bigint NOT NULL UNIQUE REFERENCES ek.audit_entry,
    prev     bytea NOT NULL,
    hash     bytea NOT NULL
);

-- ------------------------------------------------------------------ append-only

-- +goose StatementBegin
CREATE FUNCTION ek.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['answer_event', 'talk_request', 'result', 'result_scale',
                             'obligation_cause', 'obligation_event', 'referral_event',
                             'audit_entry', 'audit_link'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ek.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION ek.refuse_change()', t);
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP SCHEMA ek_casework, ek_scorer, ek_intake, ek CASCADE;
