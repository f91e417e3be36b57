-- +goose Up

-- Refuses to write in a transaction that would be acknowledged before it is on
-- disk. Every writing function calls it first.
-- +goose StatementBegin
CREATE FUNCTION ek.require_durable() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
        RAISE EXCEPTION 'synchronous_commit is not on in this transaction'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'write through postgres.InTx or postgres.Call';
    END IF;
END $$;
-- +goose StatementEnd

-- Eight characters a person can read over a telephone, without meaning: 40 random
-- bits in Crockford's alphabet.
-- +goose StatementBegin
CREATE FUNCTION ek.opaque_number() RETURNS text LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (get_byte(b, i) & 31) + 1, 1), '' ORDER BY i)
    FROM (SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex') AS b) AS r,
         -- bytes 6 and 8 of a version 4 uuid are not all random
         unnest(ARRAY[0, 1, 2, 3, 4, 5, 9, 10]) AS i
$$;
-- +goose StatementEnd

-- The rank of the tier a class of critical answer leads to. A round whose
-- projection is incomplete falls back to the severest tier: a danger signal is
-- never refused for want of configuration.
-- +goose StatementBegin
CREATE FUNCTION ek.floor_rank(p_round text, p_class smallint) RETURNS smallint LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT coalesce((SELECT f.tier_rank FROM ek.round_floor f
                     WHERE f.round = p_round AND f.class = p_class), 0::smallint)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek.respond_within(p_round text, p_rank smallint) RETURNS interval LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT coalesce((SELECT t.respond_within FROM ek.round_tier t
                     WHERE t.round = p_round AND t.rank = p_rank), interval '30 minutes')
$$;
-- +goose StatementEnd

-- Finds the student's open case or opens one; the caller holds the student's lock.
-- +goose StatementBegin
CREATE FUNCTION ek.ensure_case(p_student uuid, p_round text, p_rank smallint, p_now timestamptz)
RETURNS uuid LANGUAGE plpgsql SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE found_id uuid;
BEGIN
    UPDATE ek."case" SET tier_rank = least(tier_rank, p_rank)
    WHERE student_id = p_student AND closed_at IS NULL RETURNING id INTO found_id;
    WHILE found_id IS NULL LOOP
        INSERT INTO ek."case" (number, student_id, round, tier_rank, opened_at)
        VALUES (ek.opaque_number(), p_student, p_round, p_rank, p_now)
        ON CONFLICT (number) DO NOTHING RETURNING id INTO found_id;
        IF found_id IS NOT NULL THEN
            INSERT INTO ek.audit_entry (actor, action, object)
            VALUES (session_user, 'CaseOpened', 'case/' || found_id);
        END IF;
    END LOOP;
    RETURN found_id;
END $$;
-- +goose StatementEnd

-- Drafts the referral of an obligation whose tier asks for one; once. A draft follows
-- the obligation to a worse tier; what a person has released stays as released.
-- +goose StatementBegin
CREATE FUNCTION ek.ensure_referral(p_obligation uuid, p_case uuid, p_round text, p_rank smallint)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE wanted_class text; found_id uuid;
        how_urgent text := CASE WHEN p_rank = 0 THEN 'stat' ELSE 'urgent' END;
BEGIN
    SELECT coalesce(t.channel_class, '') INTO wanted_class FROM ek.round_tier t
    WHERE t.round = p_round AND t.rank = p_rank AND t.does_draft_referral;
    IF wanted_class IS NULL THEN
        RETURN;
    END IF;
    UPDATE ek.referral r SET class = wanted_class, urgency = how_urgent FROM ek.obligation o
    WHERE o.id = p_obligation AND o.tier_rank = p_rank AND r.obligation_id = o.id AND r.state = 'Drafted'
      AND (r.class, r.urgency) <> (wanted_class, how_urgent);
    IF EXISTS (SELECT FROM ek.referral r WHERE r.obligation_id = p_obligation) THEN
        RETURN;
    END IF;
    WHILE found_id IS NULL LOOP
        INSERT INTO ek.referral (number, case_id, obligation_id, class, urgency)
        VALUES (ek.opaque_number(), p_case, p_obligation, wanted_class, how_urgent)
        ON CONFLICT (number) DO NOTHING RETURNING id INTO found_id;
    END LOOP;
    INSERT INTO ek.referral_event (referral_id, kind, actor) VALUES (found_id, 'Drafted', session_user);
    INSERT INTO ek.audit_entry (actor, action, object)
    VALUES (session_user, 'ReferralDrafted', 'referral/' || found_id);
END $$;
-- +goose StatementEnd

-- Raises an obligation that already stands to a worse tier or class. A chain that was
-- stopped by a contact starts again: that contact was made without knowing this.
-- +goose StatementBegin
CREATE FUNCTION ek.escalate_obligation(o ek.obligation, p_case uuid, p_rank smallint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE stopped boolean := o.state IN ('Contacted', 'Closed');
        due timestamptz := p_now + ek.respond_within(o.round, p_rank);
BEGIN
    UPDATE ek.obligation SET
        tier_rank    = p_rank,
        case_id      = p_case,
        arming       = arming + 1,
        armed_at     = p_now,
        deadline_at  = CASE WHEN stopped THEN due ELSE least(deadline_at, due) END,
        state        = CASE WHEN stopped THEN 'Raised' ELSE state END,
        owner        = CASE WHEN stopped THEN NULL ELSE owner END,
        owned_at     = CASE WHEN stopped THEN NULL ELSE owned_at END,
        notified_at  = CASE WHEN stopped THEN NULL ELSE notified_at END,
        contacted_at = NULL, outcome = NULL, closed_at = NULL, close_reason = NULL,
        step = 0, repeats = 0, next_step_at = p_now
    WHERE id = o.id;
    INSERT INTO ek.obligation_event (obligation_id, kind, actor, tier_rank)
    VALUES (o.id, 'Escalated', session_user, p_rank);
    INSERT INTO ek.audit_entry (actor, action, object, detail)
    VALUES (session_user, 'ObligationEscalated', 'obligation/' || o.id, 'arming ' || o.arming + 1);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek.insert_obligation(p_source_kind text, p_source_id uuid, p_student uuid, p_case uuid,
    p_round text, p_rank smallint, p_found_late boolean, p_now timestamptz)
RETURNS uuid LANGUAGE plpgsql SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE made_id uuid;
BEGIN
    WHILE made_id IS NULL LOOP
        INSERT INTO ek.obligation (number, source_kind, source_id, student_id, case_id, round, tier_rank,
                                   raised_at, armed_at, deadline_at, found_late, next_step_at)
        VALUES (ek.opaque_number(), p_source_kind, p_source_id, p_student, p_case, p_round, p_rank,
                p_now, p_now, p_now + ek.respond_within(p_round, p_rank), p_found_late, p_now)
        ON CONFLICT (number) DO NOTHING RETURNING id INTO made_id;
    END LOOP;
    INSERT INTO ek.obligation_event (obligation_id, kind, actor, tier_rank)
    VALUES (made_id, 'Raised', session_user, p_rank);
    INSERT INTO ek.audit_entry (actor, action, object, detail)
    VALUES (session_user, 'ObligationRaised', 'obligation/' || made_id,
            CASE WHEN p_found_late THEN 'found late' ELSE '' END);
    RETURN made_id;
END $$;
-- +goose StatementEnd

-- The one way an obligation comes to be, in the caller's transaction: opens or
-- finds the case, inserts or escalates the obligation of the source, lists the
-- cause, drafts the referral, writes the audit entry. Give a class (the floor of
-- the round decides the tier) or a tier. Repeating a cause changes nothing.
-- +goose StatementBegin
CREATE FUNCTION ek.raise_obligation(p_source_kind text, p_source_id uuid, p_student uuid, p_round text,
    p_class smallint, p_tier_rank smallint, p_cause_kind text, p_cause_ref text, p_found_late boolean)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE
    now_at timestamptz;
    rank   smallint := coalesce(p_tier_rank, ek.floor_rank(p_round, p_class));
    o      ek.obligation;
    in_case uuid;
    made   uuid;
BEGIN
    PERFORM ek.require_durable();
    PERFORM FROM ek.student WHERE id = p_student FOR NO KEY UPDATE;
    now_at := clock_timestamp();
    SELECT c.obligation_id INTO made FROM ek.obligation_cause c WHERE c.kind = p_cause_kind AND c.ref = p_cause_ref;
    IF made IS NOT NULL THEN
        RETURN made;
    END IF;
    SELECT * INTO o FROM ek.obligation
    WHERE source_kind = p_source_kind AND source_id = p_source_id FOR NO KEY UPDATE;
    IF o.id IS NULL THEN
        in_case := ek.ensure_case(p_student, p_round, rank, now_at);
        made := ek.insert_obligation(p_source_kind, p_source_id, p_student, in_case, p_round, rank, p_found_late, now_at);
    ELSIF rank < o.tier_rank OR rank = o.tier_rank AND p_class >
        (SELECT max(c.class) FROM ek.obligation_cause c WHERE c.obligation_id = o.id) THEN
        in_case := ek.ensure_case(p_student, p_round, rank, now_at);
        PERFORM ek.escalate_obligation(o, in_case, rank, now_at);
        made := o.id;
    ELSE
        in_case := o.case_id;
        made := o.id;
    END IF;
    INSERT INTO ek.obligation_cause (obligation_id, kind, ref, class, tier_rank, at)
    VALUES (made, p_cause_kind, p_cause_ref, p_class, rank, now_at);
    PERFORM ek.ensure_referral(made, in_case, p_round, rank);
    PERFORM pg_notify('ek_obligation', ''); -- wakes casework; the row is the truth
    RETURN made;
END $$;
-- +goose StatementEnd

-- A task without a clock of minutes: a Review answer, a tier that asks for
-- follow-up, what could not be scored. Once per kind and source.
-- +goose StatementBegin
CREATE FUNCTION ek.make_follow_up(p_student uuid, p_round text, p_kind text, p_source text,
    p_tier_rank smallint, p_due timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    PERFORM ek.require_durable();
    INSERT INTO ek.follow_up (student_id, case_id, round, kind, source, tier_rank, due_at)
    VALUES (p_student,
            (SELECT c.id FROM ek."case" c WHERE c.student_id = p_student AND c.closed_at IS NULL),
            p_round, p_kind, p_source, p_tier_rank,
            coalesce(p_due, clock_timestamp() + ek.respond_within(p_round, p_tier_rank)))
    ON CONFLICT (kind, source) DO NOTHING;
END $$;
-- +goose StatementEnd

-- --------------------------------------------------------- what must be empty
-- One statement each: two statements computing a conservation law tear.

-- Always empty: sources that oblige, without the obligation.
CREATE VIEW ek_casework.uncovered_sources AS
    SELECT 'CriticalAnswer'::text AS kind, e.id::text AS ref, e.received_at AS since
    FROM ek.answer_event e
    WHERE e.class >= 2 AND NOT EXISTS (
        SELECT FROM ek.obligation_cause c WHERE c.kind = 'CriticalAnswer' AND c.ref = e.id::text)
UNION ALL
    SELECT 'Request', r.id::text, r.at FROM ek.talk_request r
    WHERE NOT EXISTS (SELECT FROM ek.obligation_cause c WHERE c.kind = 'Request' AND c.ref = r.id::text)
UNION ALL
    SELECT 'Decision', d.id::text, d.scored_at FROM ek.result d
    WHERE d.obliges AND NOT EXISTS (
        SELECT FROM ek.obligation_cause c WHERE c.kind = 'Decision' AND c.ref = d.id::text);

-- Always empty: obligations without a source that obliges.
CREATE VIEW ek_casework.baseless_obligations AS
    SELECT o.id, o.number, o.raised_at AS since FROM ek.obligation o
    WHERE NOT EXISTS (
        SELECT FROM ek.obligation_cause c
        WHERE c.obligation_id = o.id AND CASE c.kind
            -- the scorer may find an answer critical that intake did not: its class is on the cause
            WHEN 'CriticalAnswer' THEN c.class >= 2 AND EXISTS (
                SELECT FROM ek.answer_event e WHERE e.id = c.ref::bigint AND e.attempt_id = o.source_id)
            WHEN 'Request' THEN EXISTS (
                SELECT FROM ek.talk_request r WHERE r.id = c.ref::uuid AND r.id = o.source_id)
            ELSE EXISTS (
                SELECT FROM ek.result d WHERE d.id = c.ref::uuid AND d.obliges AND d.attempt_id = o.source_id)
        END);

-- Empty whenever casework has run for 30 s: obligations past a step whose next
-- one was not attempted.
CREATE VIEW ek_casework.late_steps AS
    SELECT o.id, o.number, o.next_step_at AS since FROM ek.obligation o
    WHERE o.state IN ('Raised', 'Notified', 'Owned')
      AND o.next_step_at < clock_timestamp() - interval '30 seconds';

-- +goose Down
DROP VIEW ek_casework.late_steps, ek_casework.baseless_obligations, ek_casework.uncovered_sources;
DROP FUNCTION ek.make_follow_up, ek.raise_obligation, ek.insert_obligation, ek.escalate_obligation,
    ek.ensure_referral, ek.ensure_case, ek.respond_within, ek.floor_rank, ek.opaque_number, ek.require_durable;
