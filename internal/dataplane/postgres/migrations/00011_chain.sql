-- The chain of duty. The row is the truth: ek.obligation says which step comes next
-- and when; everything that wakes casework only makes it look sooner.

-- +goose Up
CREATE INDEX notification_due_transport ON ek.notification (transport, next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX notification_obligation ON ek.notification (obligation_id);

-- What a gateway or a hospital is told about how urgent it is.
-- +goose StatementBegin
CREATE FUNCTION ek.urgency(o ek.obligation) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT CASE WHEN o.tier_rank = 0 OR EXISTS (
        SELECT FROM ek.obligation_cause c WHERE c.obligation_id = o.id AND c.class = 3)
    THEN 'Immediate' ELSE 'Urgent' END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek.unstopped(p_state text) RETURNS boolean LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$ SELECT p_state IN ('Raised', 'Notified', 'Owned') $$;
-- +goose StatementEnd

-- Makes one notification for every duty person of a level (of the child's own
-- school, for level School) on every transport with an address; level null means
-- everybody who may know of it. What is still unsent from earlier steps to the same person on the
-- same transport is superseded, or a gateway that comes back would find a pile.
-- +goose StatementBegin
CREATE FUNCTION ek.notify_level(o ek.obligation, p_step integer, p_repeats integer, p_level text)
RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE made integer; now_at timestamptz := clock_timestamp();
BEGIN
    UPDATE ek.notification n SET next_try_at = NULL, last_fault = coalesce(n.last_fault, 'Superseded')
    FROM ek.duty_person p
    WHERE n.obligation_id = o.id AND n.next_try_at IS NOT NULL AND p.id = n.person_id
      AND (p_level IS NULL OR p.level = p_level);
    INSERT INTO ek.notification (obligation_id, arming, step, repeats, transport, person_id, made_at, next_try_at)
    SELECT o.id, o.arming, p_step, p_repeats, t.name, p.id, now_at, now_at
    FROM ek.duty_person p
    JOIN ek.duty_address a ON a.person_id = p.id
    JOIN ek.transport t ON t.name = a.transport AND t.active
    WHERE p.active AND (p_level IS NULL OR p.level = p_level)
      AND (p.level <> 'School' OR p.school = (SELECT s.school FROM ek.student s WHERE s.id = o.student_id))
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
    INSERT INTO ek.obligation_event (obligation_id, kind, actor, step, tier_rank, outcome)
    VALUES (o.id, CASE WHEN made > 0 THEN 'Step' ELSE 'LevelEmpty' END, session_user, p_step, o.tier_rank, coalesce(p_level, 'Everybody'));
    RETURN made;
END $$;
-- +goose StatementEnd

-- Takes the step that is due and says when the next one is. A level without a duty
-- person is passed over at once; when the last one has nobody either, everybody who
-- may know is told. A round whose projection is missing still notifies.
-- +goose StatementBegin
CREATE FUNCTION ek.take_step(o ek.obligation) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE
    last_step integer := coalesce((SELECT max(s.step) FROM ek.round_step s
                                   WHERE s.round = o.round AND s.tier_rank = o.tier_rank), 0);
    k         integer := least(o.step, last_step);
    again     integer := o.repeats;
    at_level  text;
    every     interval;
    after_k   interval;
    made      integer;
BEGIN
    LOOP
        SELECT s.level INTO at_level FROM ek.round_step s
        WHERE s.round = o.round AND s.tier_rank = o.tier_rank AND s.step = k;
        made := ek.notify_level(o, k, again, coalesce(at_level, 'District'));
        EXIT WHEN made > 0 OR k >= last_step;
        k := k + 1;
        again := 0;
    END LOOP;
    IF made = 0 THEN
        PERFORM ek.notify_level(o, k, again, NULL);
    END IF;
    PERFORM ek.audit(session_user, 'ObligationStep', 'obligation/' || o.id, 'step ' || k || ' repeat ' || again);
    IF k < last_step THEN
        SELECT s.after_deadline INTO after_k FROM ek.round_step s
        WHERE s.round = o.round AND s.tier_rank = o.tier_rank AND s.step = k + 1;
        UPDATE ek.obligation SET step = k + 1, repeats = 0, next_step_at = deadline_at + after_k WHERE id = o.id;
        RETURN;
    END IF;
    SELECT t.repeat_every INTO every FROM ek.round_tier t WHERE t.round = o.round AND t.rank = o.tier_rank;
    UPDATE ek.obligation SET step = k, repeats = again + 1,
        next_step_at = clock_timestamp() + coalesce(every, interval '10 minutes')
    WHERE id = o.id;
END $$;
-- +goose StatementEnd

-- Takes every step that is due, up to a limit, skipping what another replica has in
-- hand. Returns how many were taken; call again until it returns 0.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.advance_due(p_limit integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE o ek.obligation; taken integer := 0;
BEGIN
    PERFORM ek.require_durable();
    FOR o IN SELECT d.* FROM ek.obligation d
             WHERE d.state IN ('Raised', 'Notified', 'Owned') AND d.next_step_at <= clock_timestamp()
             ORDER BY d.next_step_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED LOOP
        PERFORM ek.take_step(o);
        taken := taken + 1;
    END LOOP;
    RETURN taken;
END $$;
-- +goose StatementEnd

-- Raises what obliges and has no obligation, and leaves a sign of life. There is
-- nothing to find unless something is broken; that is why it is looked for.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.sweep() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE m record; found integer := 0;
BEGIN
    PERFORM ek.require_durable();
    FOR m IN
        SELECT u.kind, u.ref, coalesce(ea.id, t.id, r.attempt_id) AS source_id,
               coalesce(ea.student_id, t.student_id, r.student_id) AS student_id,
               coalesce(ea.round, t.round, r.round) AS round,
               CASE u.kind WHEN 'CriticalAnswer' THEN e.class WHEN 'Request' THEN 2 END::smallint AS class,
               r.tier_rank
        FROM ek_casework.uncovered_sources u
        LEFT JOIN ek.answer_event e ON u.kind = 'CriticalAnswer' AND e.id = CASE WHEN u.kind = 'CriticalAnswer' THEN u.ref::bigint END
        LEFT JOIN ek.attempt ea ON ea.id = e.attempt_id
        LEFT JOIN ek.talk_request t ON u.kind = 'Request' AND t.id = CASE WHEN u.kind = 'Request' THEN u.ref::uuid END
        LEFT JOIN ek.result r ON u.kind = 'Decision' AND r.id = CASE WHEN u.kind = 'Decision' THEN u.ref::uuid END
        ORDER BY 4 -- students in one order, so that two sweepers cannot wait for each other
        LIMIT 500
    LOOP
        PERFORM ek.raise_obligation(CASE WHEN m.kind = 'Request' THEN 'Request' ELSE 'Attempt' END,
            m.source_id, m.student_id, m.round, m.class, m.tier_rank, m.kind, m.ref, true);
        found := found + 1;
    END LOOP;
    INSERT INTO ek.heartbeat (process, at) VALUES ('casework', clock_timestamp())
    ON CONFLICT (process) DO UPDATE SET at = excluded.at;
    RETURN found;
END $$;
-- +goose StatementEnd

-- Takes notifications of one transport in hand for the length of a lease. Whoever
-- dies with one in hand loses it to the next; the gateway knows a resend by its id.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.claim_notifications(p_transport text, p_limit integer, p_lease interval)
RETURNS TABLE (id uuid, number text, level text, urgency text, subject text, sealed bytea, tries integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH due AS (
        SELECT n.id, ek.unstopped(o.state) AS live FROM ek.notification n JOIN ek.obligation o ON o.id = n.obligation_id
        WHERE n.transport = p_transport AND n.next_try_at <= clock_timestamp()
        ORDER BY n.next_try_at LIMIT p_limit FOR UPDATE OF n SKIP LOCKED
    ), taken AS (
        -- what became idle meanwhile, because somebody reached the child, is dropped here
        UPDATE ek.notification n SET tries = n.tries + due.live::integer,
               sent_at = CASE WHEN due.live THEN coalesce(n.sent_at, clock_timestamp()) ELSE n.sent_at END,
               next_try_at = CASE WHEN due.live THEN clock_timestamp() + p_lease END
        FROM due WHERE n.id = due.id RETURNING n.*
    )
    SELECT n.id, o.number, p.level, ek.urgency(o), p.subject, a.sealed, n.tries
    FROM taken n JOIN ek.obligation o ON o.id = n.obligation_id
    JOIN ek.duty_person p ON p.id = n.person_id
    LEFT JOIN ek.duty_address a ON a.person_id = p.id AND a.transport = n.transport
    WHERE n.next_try_at IS NOT NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_casework.notification_accepted(p_id uuid) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    UPDATE ek.notification SET accepted_at = coalesce(accepted_at, clock_timestamp()), next_try_at = NULL, last_fault = NULL
    WHERE id = p_id
$$;
-- +goose StatementEnd

-- A failed try is tried again unless a later step superseded it meanwhile.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.notification_failed(p_id uuid, p_wait interval, p_fault text)
RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    UPDATE ek.notification SET last_fault = p_fault,
        next_try_at = CASE WHEN next_try_at IS NULL THEN NULL ELSE clock_timestamp() + p_wait END
    WHERE id = p_id
$$;
-- +goose StatementEnd

-- Stores a message's id, or refuses it as one that was already used. The peer is
-- part of the key: a partner can use up only its own ids.
-- +goose StatementBegin
CREATE FUNCTION ek.take_message(p_peer text, p_message_id text, p_digest bytea) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    INSERT INTO ek.inbound (peer, message_id, digest) VALUES (p_peer, p_message_id, p_digest) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        PERFORM ek.refuse('EK409', 'webhook-id', 'this id was already used',
            'take it as stored if it is a resend; give a new message a new id');
    END IF;
END $$;
-- +goose StatementEnd

-- Refuses with a fault that may be shown: code, field, fault, remedy.
-- +goose StatementBegin
CREATE FUNCTION ek.refuse(p_code text, p_field text, p_fault text, p_remedy text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = p_code, MESSAGE = p_fault, DETAIL = p_field, HINT = p_remedy;
END $$;
-- +goose StatementEnd

-- A gateway's receipt. Delivered to a named duty person makes a raised obligation
-- Notified, and nothing more; one of before an escalation says nothing of it. Locks: obligation, then notification.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.store_receipt(p_transport text, p_message_id text, p_digest bytea, p_notification uuid, p_delivered boolean)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE o ek.obligation; told text; of_arming integer;
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.take_message('transport/' || p_transport, p_message_id, p_digest);
    SELECT d.* INTO o FROM ek.obligation d JOIN ek.notification n ON n.obligation_id = d.id
    WHERE n.id = p_notification AND n.transport = p_transport AND n.tries > 0 FOR NO KEY UPDATE OF d;
    IF o.id IS NULL THEN
        PERFORM ek.refuse('EK404', 'notification', 'was not sent through this transport', 'send the id that came with the message');
    END IF;
    IF NOT p_delivered THEN
        UPDATE ek.notification n SET last_fault = 'GatewayFailed',
            next_try_at = CASE WHEN ek.unstopped(o.state) THEN clock_timestamp() + interval '5 seconds' END
        WHERE n.id = p_notification AND n.delivered_at IS NULL AND n.last_fault IS DISTINCT FROM 'Superseded';
        RETURN;
    END IF;
    UPDATE ek.notification n SET delivered_at = clock_timestamp(), gateway_ref = p_message_id, next_try_at = NULL, last_fault = NULL
    FROM ek.duty_person p
    WHERE n.id = p_notification AND n.delivered_at IS NULL AND p.id = n.person_id RETURNING p.subject, n.arming INTO told, of_arming;
    IF told IS NULL THEN
        RETURN; -- delivered before, under another message id
    END IF;
    UPDATE ek.obligation SET state = CASE WHEN state = 'Raised' THEN 'Notified' ELSE state END,
        notified_at = coalesce(notified_at, clock_timestamp()) WHERE id = o.id AND arming = of_arming;
    INSERT INTO ek.obligation_event (obligation_id, kind, actor, outcome) VALUES (o.id, 'Notified', 'transport/' || p_transport, told);
    PERFORM ek.audit('transport/' || p_transport, 'NotificationDelivered', 'obligation/' || o.id, 'to ' || told);
END $$;
-- +goose StatementEnd

-- Two probes in a row must fail before something counts as unreachable.
ALTER TABLE ek.transport ADD COLUMN misses integer NOT NULL DEFAULT 0;
ALTER TABLE ek.channel ADD COLUMN misses integer NOT NULL DEFAULT 0;

-- +goose StatementBegin
CREATE FUNCTION ek_casework.store_probe(p_kind text, p_name text, p_answered boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    EXECUTE format($q$UPDATE ek.%I SET misses = CASE WHEN $2 THEN 0 ELSE misses + 1 END, probed_at = clock_timestamp(),
        reach = CASE WHEN $2 THEN 'Reachable' WHEN misses >= 1 THEN 'Unreachable' ELSE reach END WHERE name = $1$q$,
        CASE p_kind WHEN 'Transport' THEN 'transport' WHEN 'Channel' THEN 'channel' END)
    USING p_name, p_answered;
END $$;
-- +goose StatementEnd

-- Takes the probes that are due, so that replicas share them.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.claim_probes(p_every interval) RETURNS TABLE (kind text, name text, url text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    WITH t AS (
        UPDATE ek.transport SET probed_at = clock_timestamp()
        WHERE name IN (SELECT d.name FROM ek.transport d WHERE d.active AND (d.probed_at IS NULL OR d.probed_at < clock_timestamp() - p_every)
                       ORDER BY d.name FOR UPDATE SKIP LOCKED)
        RETURNING 'Transport', name, url
    ), c AS (
        UPDATE ek.channel SET probed_at = clock_timestamp()
        WHERE name IN (SELECT d.name FROM ek.channel d WHERE d.active AND (d.probed_at IS NULL OR d.probed_at < clock_timestamp() - p_every)
                       ORDER BY d.name FOR UPDATE SKIP LOCKED)
        RETURNING 'Channel', name, url
    )
    SELECT * FROM t UNION ALL SELECT * FROM c
$$;
-- +goose StatementEnd

-- Since when the chain of an obligation speaks to nobody: the oldest step after the
-- last one of which a notification was accepted by a gateway, or, for p_tried, was at
-- least taken in hand; the arming itself when no step found anybody on duty. Null
-- when the latest step got through.
-- +goose StatementBegin
CREATE FUNCTION ek.unheard_since(o ek.obligation, p_tried boolean) RETURNS timestamptz LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    WITH steps AS (
        SELECT n.made_at, bool_or(CASE WHEN p_tried THEN n.tries > 0 ELSE n.accepted_at IS NOT NULL END) AS heard
        FROM ek.notification n WHERE n.obligation_id = o.id AND n.arming = o.arming GROUP BY n.made_at
    )
    SELECT CASE WHEN count(*) = 0 THEN o.armed_at
        ELSE min(s.made_at) FILTER (WHERE s.made_at > coalesce((SELECT max(h.made_at) FROM steps h WHERE h.heard), '-infinity')) END
    FROM steps s
$$;
-- +goose StatementEnd

-- Open obligations whose latest notifications have all been waiting, unaccepted by
-- any gateway, for half a minute, or that found nobody on duty to notify: nobody can
-- know of them.
CREATE VIEW ek_casework.undelivered AS
    SELECT o.id, o.number, u.since FROM ek.obligation o CROSS JOIN LATERAL ek.unheard_since(o, false) AS u (since)
    WHERE o.state IN ('Raised', 'Notified', 'Owned') AND u.since < clock_timestamp() - interval '30 seconds';

-- +goose Down
DROP VIEW ek_casework.undelivered;
DROP FUNCTION ek.unheard_since, ek_casework.claim_probes, ek_casework.store_probe, ek_casework.store_receipt, ek.refuse, ek.take_message,
    ek_casework.notification_failed, ek_casework.notification_accepted, ek_casework.claim_notifications,
    ek_casework.sweep, ek_casework.advance_due, ek.take_step, ek.notify_level, ek.unstopped, ek.urgency;
ALTER TABLE ek.transport DROP COLUMN misses;
ALTER TABLE ek.channel DROP COLUMN misses;
DROP INDEX ek.notification_due_transport, ek.notification_obligation;
