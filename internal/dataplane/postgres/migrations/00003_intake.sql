-- Everything intake may do. It gets receipts and which items are answered, never a
-- value; the statuses are those of HTTP, decided here because only here is the truth.

-- +goose Up

-- Compares a key's fingerprint with the one recorded, and records it the first time.
-- +goose StatementBegin
CREATE FUNCTION ek.check_key(p_name text, p_digest text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE recorded text;
BEGIN
    PERFORM ek.require_durable();
    INSERT INTO ek.key_fingerprint (name, digest) VALUES (p_name, p_digest) ON CONFLICT (name) DO NOTHING;
    SELECT f.digest INTO recorded FROM ek.key_fingerprint f WHERE f.name = p_name;
    RETURN recorded = p_digest;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_intake.check_key(p_name text, p_digest text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT ek.check_key(p_name, p_digest)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_intake.ready() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT schema_version FROM ek.installation
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_intake.rounds() RETURNS TABLE (round text, meaning_digest text, opens_at timestamptz, closes_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT r.round, r.meaning_digest, r.opens_at, r.closes_at FROM ek.round r WHERE r.meaning_digest IS NOT NULL
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_intake.meaning(p_digest text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT m.body FROM ek.meaning m WHERE m.digest = p_digest
$$;
-- +goose StatementEnd

-- The district's name, help lines, and the schools with their telephones.
-- +goose StatementBegin
CREATE FUNCTION ek_intake.help_card() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT jsonb_build_object(
        'name', (SELECT d.body -> 'name' FROM ek.directory d),
        'lines', coalesce((SELECT d.body -> 'helpCard' FROM ek.directory d), '[]'::jsonb),
        'schools', coalesce((SELECT jsonb_agg(jsonb_build_object('name', s.name, 'phone', s.phone,
                'title', jsonb_build_object('zhCN', s.title_zh, 'en', s.title_en)) ORDER BY s.name)
            FROM ek.school s WHERE s.active), '[]'::jsonb))
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_intake.wake_scorer() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT pg_notify('ek_attempt', '')
$$;
-- +goose StatementEnd

-- Which items of an attempt have an accepted answer, as instrument/item. In plpgsql,
-- as all that record() calls: it keeps its plans, a function in SQL does not.
-- +goose StatementBegin
CREATE FUNCTION ek.answered(p_attempt uuid) RETURNS text[] LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT DISTINCT e.instrument || '/' || e.item
                 FROM ek.answer_event e WHERE e.attempt_id = p_attempt AND e.disposition = 'Accepted');
END $$;
-- +goose StatementEnd

-- What a form key opens. The same row for a form just opened and one looked up.
CREATE TYPE ek_intake.form_view AS (
    outcome        text,
    attempt_id     uuid,
    round          text,
    meaning_digest text,
    school         text,
    label          text,
    age            smallint,
    needs_assent   boolean,
    begun          boolean,
    state          text,
    public_key     bytea,
    answered       text[]
);

-- +goose StatementBegin
CREATE FUNCTION ek.view_form(p_attempt uuid) RETURNS ek_intake.form_view LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT 'Opened', a.id, a.round, r.meaning_digest, s.school, s.label, a.age, a.needs_assent,
           a.confirmed_at IS NOT NULL, a.state, s.public_key, ek.answered(a.id)
    FROM ek.attempt a JOIN ek.student s ON s.id = a.student_id JOIN ek.round r ON r.round = a.round
    WHERE a.id = p_attempt
$$;
-- +goose StatementEnd

-- Counts a wrong code and says whether its school has had too many this minute. A
-- school that has is not counted further, so that guessing does not cost writes; nor
-- do schools that are made up, which are counted with those who named none.
-- +goose StatementBegin
CREATE FUNCTION ek.miss_code(p_bucket text, p_limit integer) RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE this_minute timestamptz := date_trunc('minute', clock_timestamp());
        counted text := coalesce((SELECT s.name FROM ek.school s WHERE s.name = p_bucket), '');
        so_far integer;
BEGIN
    SELECT m.misses INTO so_far FROM ek.code_miss m WHERE m.bucket = counted AND m.minute = this_minute;
    IF so_far >= p_limit THEN
        RETURN 'Throttled';
    END IF;
    IF so_far IS NULL THEN
        DELETE FROM ek.code_miss m WHERE m.bucket = counted AND m.minute < this_minute - interval '1 hour';
    END IF;
    INSERT INTO ek.code_miss (bucket, minute) VALUES (counted, this_minute)
    ON CONFLICT (bucket, minute) DO UPDATE SET misses = ek.code_miss.misses + 1;
    RETURN 'Wrong';
END $$;
-- +goose StatementEnd

-- The end of the session that school is in now, or null outside sessions.
-- +goose StatementBegin
CREATE FUNCTION ek.session_end(p_round text, p_school text, p_now timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT s.to_at FROM ek.round_session s
    WHERE s.round = p_round AND p_now >= s.from_at AND p_now < s.to_at
      AND s.school = CASE WHEN EXISTS (SELECT FROM ek.round_session o WHERE o.round = p_round AND o.school = p_school)
                          THEN p_school ELSE '' END
$$;
-- +goose StatementEnd

-- Why a right code does not open a form now; null when it does.
-- +goose StatementBegin
CREATE FUNCTION ek.refusal(c ek.code, s ek.student, r ek.round, p_has_draft boolean, p_now timestamptz)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    RETURN CASE
        WHEN c.state = 'Frozen' OR NOT s.active OR NOT EXISTS (SELECT FROM ek.student_key k WHERE k.student_id = s.id)
            THEN 'Frozen'
        WHEN c.state = 'Used' THEN 'Used'
        WHEN EXISTS (SELECT FROM ek.attempt a WHERE a.student_id = s.id AND a.round = r.round
                     AND a.state = 'Declined' AND a.finished_at >= c.issued_at) THEN 'Declined'
        WHEN s.guardian_consent = 'Refused' THEN 'ConsentRefused'
        WHEN s.guardian_consent <> 'Given' THEN 'ConsentMissing'
        WHEN r.meaning_digest IS NULL OR p_now < r.opens_at THEN 'NotYetOpen'
        WHEN p_now >= r.closes_at THEN 'Closed'
        WHEN r.hold = 'HoldAndDrain' OR (NOT p_has_draft AND (r.hold <> 'None' OR NOT r.listed)) THEN 'Held'
        WHEN ek.session_end(r.round, s.school, p_now) IS NULL THEN 'OutsideSession'
    END;
END $$;
-- +goose StatementEnd

-- Age in completed years by the district's own calendar.
-- +goose StatementBegin
CREATE FUNCTION ek.age_on(p_born date, p_now timestamptz) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT greatest(0, extract(year FROM age(
        (p_now AT TIME ZONE coalesce((SELECT d.body ->> 'timeZone' FROM ek.directory d), 'Asia/Shanghai'))::date::timestamp,
        p_born::timestamp)))::integer
$$;
-- +goose StatementEnd

-- Opens a form with an access code: resumes the draft or begins an attempt, and
-- makes a form key. A right code always passes, however many wrong ones there were.
-- +goose StatementBegin
CREATE FUNCTION ek_intake.open_form(p_code bytea, p_bucket text, p_miss_limit integer, p_key bytea, p_attempt uuid)
RETURNS ek_intake.form_view LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE
    c ek.code; s ek.student; r ek.round;
    now_at timestamptz; draft uuid; years integer; why text;
    out_view ek_intake.form_view;
BEGIN
    PERFORM ek.require_durable();
    SELECT * INTO c FROM ek.code WHERE hmac = p_code FOR SHARE;
    IF c.hmac IS NULL THEN
        out_view.outcome := ek.miss_code(p_bucket, p_miss_limit);
        RETURN out_view;
    END IF;
    SELECT * INTO s FROM ek.student WHERE id = c.student_id;
    SELECT * INTO r FROM ek.round WHERE round = c.round;
    now_at := clock_timestamp();
    SELECT a.id INTO draft FROM ek.attempt a
    WHERE a.student_id = s.id AND a.round = r.round AND a.state = 'Draft' AND now_at < a.finalise_at;
    why := ek.refusal(c, s, r, draft IS NOT NULL, now_at);
    IF why IS NOT NULL THEN
        out_view.outcome := why;
        RETURN out_view;
    END IF;
    IF draft IS NULL THEN
        -- A draft of an earlier session that the scorer has not reached yet is finished here.
        UPDATE ek.attempt SET state = 'Finalised', finished_at = now_at
        WHERE student_id = s.id AND round = r.round AND state = 'Draft' AND now_at >= finalise_at;
        years := ek.age_on(s.born, now_at);
        INSERT INTO ek.attempt (id, student_id, round, code_hmac, age, needs_assent, opened_at, finalise_at)
        VALUES (p_attempt, s.id, r.round, c.hmac, years, years >= 14, now_at,
                least(ek.session_end(r.round, s.school, now_at), r.closes_at))
        ON CONFLICT (student_id, round) WHERE state = 'Draft' DO NOTHING;
        SELECT a.id INTO draft FROM ek.attempt a WHERE a.student_id = s.id AND a.round = r.round AND a.state = 'Draft';
        INSERT INTO ek.audit_entry (actor, action, object) VALUES (session_user, 'FormOpened', 'attempt/' || draft);
    END IF;
    INSERT INTO ek.form_key (hash, attempt_id) VALUES (p_key, draft);
    RETURN ek.view_form(draft);
END $$;
-- +goose StatementEnd

-- What a form key stands for. Outcome is null for a key that was never made.
-- +goose StatementBegin
CREATE FUNCTION ek_intake.form(p_key bytea) RETURNS ek_intake.form_view
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT v.* FROM ek.form_key k CROSS JOIN LATERAL ek.view_form(k.attempt_id) v WHERE k.hash = p_key
$$;
-- +goose StatementEnd

-- How an attempt stands to an action now: Accepted, Held, AfterClosing, Finished or
-- Unconfirmed. The caller holds the attempt's lock.
-- +goose StatementBegin
CREATE FUNCTION ek.disposition(a ek.attempt, p_now timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE closing timestamptz; holding text;
BEGIN
    SELECT r.closes_at, r.hold INTO closing, holding FROM ek.round r WHERE r.round = a.round;
    RETURN CASE
        WHEN a.state <> 'Draft' THEN 'Finished'
        WHEN p_now >= closing THEN 'AfterClosing'
        WHEN holding = 'HoldAndDrain' THEN 'Held'
        WHEN p_now >= a.finalise_at THEN 'Finished'
        WHEN a.confirmed_at IS NULL THEN 'Unconfirmed'
        ELSE 'Accepted' END;
END $$;
-- +goose StatementEnd

-- "Is this you?" was answered with yes and, from 14, the student agreed.
-- +goose StatementBegin
CREATE FUNCTION ek_intake.begin_form(p_key bytea, p_assent boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE a ek.attempt; is_now text; now_at timestamptz;
BEGIN
    PERFORM ek.require_durable();
    SELECT t.* INTO a FROM ek.attempt t JOIN ek.form_key k ON k.attempt_id = t.id
    WHERE k.hash = p_key FOR NO KEY UPDATE OF t;
    IF a.id IS NULL THEN
        RETURN NULL;
    END IF;
    now_at := clock_timestamp();
    is_now := ek.disposition(a, now_at);
    IF is_now <> 'Unconfirmed' THEN
        RETURN is_now;
    END IF;
    IF a.needs_assent AND NOT coalesce(p_assent, false) THEN
        RETURN 'AssentMissing';
    END IF;
    UPDATE ek.attempt SET confirmed_at = now_at, assent_at = CASE WHEN p_assent THEN now_at END WHERE id = a.id;
    INSERT INTO ek.audit_entry (actor, action, object, detail)
    VALUES (session_user, 'FormBegun', 'attempt/' || a.id, CASE WHEN p_assent THEN 'assent given' ELSE '' END);
    RETURN 'Accepted';
END $$;
-- +goose StatementEnd

-- Stores every answer of a save, whatever else is wrong with it, and raises what
-- they oblige to, in one transaction; only then says how the save is answered.
-- +goose StatementBegin
CREATE FUNCTION ek_intake.record(p_key bytea, p_save integer, p_digest bytea, p_receipt uuid, p_faulty boolean,
    p_instruments text[], p_items text[], p_sealed bytea[], p_classes smallint[],
    OUT status smallint, OUT disposition text, OUT receipt uuid, OUT answered text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE a ek.attempt; earlier ek.save; ev record; now_at timestamptz;
BEGIN
    PERFORM ek.require_durable();
    SELECT t.* INTO a FROM ek.attempt t JOIN ek.form_key k ON k.attempt_id = t.id
    WHERE k.hash = p_key FOR NO KEY UPDATE OF t;
    IF a.id IS NULL THEN
        RETURN; -- all null: no such form
    END IF;
    now_at := clock_timestamp();
    FOR earlier IN SELECT * FROM ek.save v WHERE v.form_key_hash = p_key AND v.save_no = p_save LOOP
        IF earlier.digest = p_digest THEN
            status := earlier.status; disposition := earlier.disposition; receipt := earlier.receipt;
            answered := ek.answered(a.id);
            RETURN;
        END IF;
        disposition := 'Conflict';
    END LOOP;
    disposition := coalesce(disposition, ek.disposition(a, now_at));
    status := CASE disposition
        WHEN 'Accepted' THEN CASE WHEN p_faulty THEN 422 ELSE 201 END
        WHEN 'AfterClosing' THEN 410
        WHEN 'Finished' THEN 410
        ELSE 409 END;
    receipt := p_receipt;
    INSERT INTO ek.save (form_key_hash, save_no, digest, status, disposition, receipt, at)
    VALUES (p_key, p_save, p_digest, status, disposition, receipt, now_at);
    FOR ev IN
        INSERT INTO ek.answer_event (attempt_id, form_key_hash, save_no, instrument, item, sealed, class, disposition, received_at)
        SELECT a.id, p_key, p_save, n.instrument, n.item, n.sealed, n.class, record.disposition, now_at
        FROM unnest(p_instruments, p_items, p_sealed, p_classes) AS n (instrument, item, sealed, class)
        RETURNING id, class
    LOOP
        IF ev.class >= 2 THEN
            PERFORM ek.raise_obligation('Attempt', a.id, a.student_id, a.round, ev.class, NULL,
                                        'CriticalAnswer', ev.id::text, false);
        ELSIF ev.class = 1 THEN
            PERFORM ek.make_follow_up(a.student_id, a.round, 'Review', a.id::text, ek.floor_rank(a.round, 1::smallint), NULL);
        END IF;
    END LOOP;
    IF a.scored_at IS NOT NULL THEN
        UPDATE ek.attempt SET recheck = true WHERE id = a.id AND NOT recheck;
    END IF;
    answered := ek.answered(a.id);
END $$;
-- +goose StatementEnd

-- Ends an attempt by the student's will. Repeating it gives the first receipt.
-- +goose StatementBegin
CREATE FUNCTION ek.finish(p_key bytea, p_receipt uuid, p_state text, OUT disposition text, OUT receipt uuid)
LANGUAGE plpgsql SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE a ek.attempt; now_at timestamptz;
BEGIN
    PERFORM ek.require_durable();
    SELECT t.* INTO a FROM ek.attempt t JOIN ek.form_key k ON k.attempt_id = t.id
    WHERE k.hash = p_key FOR NO KEY UPDATE OF t;
    IF a.id IS NULL THEN
        RETURN;
    ELSIF a.state = p_state THEN
        disposition := 'Accepted'; receipt := a.receipt;
        RETURN;
    END IF;
    now_at := clock_timestamp();
    disposition := ek.disposition(a, now_at);
    -- Declining needs no confirmation and no window: it is a right.
    IF disposition = 'Accepted' OR (p_state = 'Declined' AND a.state = 'Draft') THEN
        disposition := 'Accepted'; receipt := p_receipt;
        UPDATE ek.attempt t SET state = p_state, finished_at = now_at, receipt = p_receipt WHERE t.id = a.id;
        IF p_state = 'Submitted' THEN
            UPDATE ek.code SET state = 'Used' WHERE student_id = a.student_id AND round = a.round AND state = 'Active';
        END IF;
        INSERT INTO ek.audit_entry (actor, action, object) VALUES (session_user, 'Form' || p_state, 'attempt/' || a.id);
    END IF;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_intake.submit(p_key bytea, p_receipt uuid, OUT disposition text, OUT receipt uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT f.disposition, f.receipt FROM ek.finish(p_key, p_receipt, 'Submitted') f
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_intake.decline(p_key bytea, p_receipt uuid, OUT disposition text, OUT receipt uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT f.disposition, f.receipt FROM ek.finish(p_key, p_receipt, 'Declined') f
$$;
-- +goose StatementEnd

-- "I want to talk to someone now": always heard, whatever the state of form, window
-- or hold. Asking again before anyone has come gives the same receipt.
-- +goose StatementBegin
CREATE FUNCTION ek_intake.talk(p_key bytea, p_receipt uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE a ek.attempt; standing uuid;
BEGIN
    PERFORM ek.require_durable();
    SELECT t.* INTO a FROM ek.attempt t JOIN ek.form_key k ON k.attempt_id = t.id
    WHERE k.hash = p_key FOR NO KEY UPDATE OF t;
    IF a.id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT q.id INTO standing FROM ek.talk_request q
    JOIN ek.obligation o ON o.source_kind = 'Request' AND o.source_id = q.id
    WHERE q.attempt_id = a.id AND o.state IN ('Raised', 'Notified', 'Owned') LIMIT 1;
    IF standing IS NOT NULL THEN
        RETURN standing;
    END IF;
    INSERT INTO ek.talk_request (id, student_id, attempt_id, round) VALUES (p_receipt, a.student_id, a.id, a.round);
    PERFORM ek.raise_obligation('Request', p_receipt, a.student_id, a.round, 2::smallint, NULL,
                                'Request', p_receipt::text, false);
    RETURN p_receipt;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION ek_intake.talk, ek_intake.decline, ek_intake.submit, ek.finish, ek_intake.record,
    ek_intake.begin_form, ek.disposition, ek_intake.form, ek_intake.open_form, ek.age_on, ek.refusal, ek.session_end, ek.miss_code,
    ek.view_form, ek.answered, ek_intake.wake_scorer, ek_intake.help_card, ek_intake.meaning, ek_intake.rounds,
    ek_intake.ready, ek_intake.check_key, ek.check_key;
DROP TYPE ek_intake.form_view;
