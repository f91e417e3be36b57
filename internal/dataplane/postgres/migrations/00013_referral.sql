-- Referrals: the machine drafts, a person releases after a contact, the hospital
-- answers. Nothing here stops an obligation or closes a case.

-- +goose Up
ALTER TABLE ek.follow_up DROP CONSTRAINT follow_up_kind_check;
ALTER TABLE ek.follow_up ADD CONSTRAINT follow_up_kind_check
    CHECK (kind IN ('Tier', 'Review', 'Undetermined', 'ScoringFailed', 'ReferralDeclined'));

ALTER TABLE ek.referral ADD CONSTRAINT referral_state_check
    CHECK (state IN ('Drafted', 'Released', 'Delivered', 'Accepted', 'Scheduled', 'Attended', 'Closed', 'Declined'));
CREATE INDEX referral_channel ON ek.referral (channel, released_at) WHERE channel IS NOT NULL;

-- The referrals in scope that are not closed, or the one with a number.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.referrals(p_subject text, p_groups text[], p_number text, p_limit integer)
RETURNS TABLE (number text, obligation text, school text, school_zh text, school_en text, label text, class text, channel text,
    urgency text, state text, drafted_at timestamptz, released_at timestamptz, delivered_at timestamptz, answered_at timestamptz,
    releasable boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
#variable_conflict use_column
DECLARE shown uuid[]; numbers text;
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'SchoolDuty', 'DistrictDuty', 'CityDuty');
    SELECT array_agg(v.id), string_agg(v.number, ' ') INTO shown, numbers FROM (
        SELECT r.id, r.number FROM ek.referral r JOIN ek.obligation o ON o.id = r.obligation_id
        WHERE (r.number = p_number OR p_number IS NULL AND r.state <> 'Closed') AND ek.covers(p_groups, o) ORDER BY (r.state = 'Drafted') DESC, r.drafted_at LIMIT p_limit) v;
    PERFORM ek.audit(p_subject, 'ReferralsRead', 'referrals', numbers);
    RETURN QUERY
    SELECT r.number, o.number, s.school, h.title_zh, h.title_en, s.label, r.class, r.channel, r.urgency, r.state, r.drafted_at, r.released_at,
           r.delivered_at, r.answered_at, r.state IN ('Drafted', 'Declined') AND o.state IN ('Contacted', 'Closed') AND ek.has_role(p_groups, 'DistrictDuty', 'CityDuty')
    FROM ek.referral r JOIN ek.obligation o ON o.id = r.obligation_id
    JOIN ek.student s ON s.id = o.student_id JOIN ek.school h ON h.name = s.school
    WHERE r.id = ANY (shown) ORDER BY (r.state = 'Drafted') DESC, r.drafted_at;
END $$;
-- +goose StatementEnd

-- The channel for a class today: reachable ones first, then those with capacity left
-- this week, then the least used. Capacity is an agreement between people, so it
-- orders and does not forbid: the hospital can decline.
-- +goose StatementBegin
CREATE FUNCTION ek.choose_channel(p_class text, p_named text) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, ek, pg_temp AS $$
    SELECT c.name FROM ek.channel c CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM ek.referral r
        WHERE r.channel = c.name AND r.released_at > clock_timestamp() - interval '7 days') used
    WHERE c.active AND c.class = p_class AND clock_timestamp() >= c.valid_from AND clock_timestamp() < c.valid_until
      AND (p_named IS NULL OR c.name = p_named)
    ORDER BY c.reach = 'Unreachable', c.weekly_capacity > 0 AND used.n >= c.weekly_capacity, used.n, c.name
    LIMIT 1
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_casework.release_referral(p_subject text, p_human boolean, p_groups text[], p_number text, p_channel text)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE r ek.referral; o ek.obligation; chosen text;
BEGIN
    PERFORM ek.require_durable();
    IF NOT p_human THEN
        PERFORM ek.refuse('EK403', 'subject', 'a service account cannot release a referral', 'let a person sign in and release it');
    END IF;
    PERFORM ek.require_role(p_groups, 'DistrictDuty', 'CityDuty');
    SELECT d.* INTO o FROM ek.obligation d JOIN ek.referral f ON f.obligation_id = d.id WHERE f.number = p_number FOR NO KEY UPDATE OF d;
    IF o.id IS NULL OR NOT ek.covers(p_groups, o) THEN
        PERFORM ek.refuse('EK404', 'number', 'there is no such referral in your scope', 'check the number; the list of referrals shows what is in your scope');
    END IF;
    SELECT f.* INTO r FROM ek.referral f WHERE f.number = p_number FOR NO KEY UPDATE;
    IF r.state NOT IN ('Drafted', 'Declined') AND r.released_by = p_subject AND coalesce(p_channel, '') IN ('', r.channel) THEN
        RETURN r.channel; -- asked again, because the first answer was lost
    END IF;
    IF r.state NOT IN ('Drafted', 'Declined') THEN
        PERFORM ek.refuse('EK409', 'number', 'the referral has been released already', 'nothing is left to do; its state is ' || lower(r.state));
    END IF;
    IF o.state NOT IN ('Contacted', 'Closed') THEN
        PERFORM ek.refuse('EK409', 'number', 'nobody has reached the child yet', 'contact the child first, then release');
    END IF;
    IF r.state = 'Declined' AND coalesce(p_channel, '') IN ('', r.channel) THEN
        PERFORM ek.refuse('EK409', 'channel', 'the hospital declined this referral', 'name another channel to release it to');
    END IF;
    chosen := ek.choose_channel(r.class, nullif(p_channel, ''));
    IF chosen IS NULL THEN
        PERFORM ek.refuse('EK422', 'channel', CASE WHEN coalesce(p_channel, '') = '' THEN 'no channel of class ' || r.class || ' has an agreement that is valid today'
            ELSE 'this channel is not of class ' || r.class || ', or its agreement is not valid today' END,
            'renew or add a ReferralChannel of that class, and refer by telephone meanwhile');
    END IF;
    UPDATE ek.referral SET state = 'Released', channel = chosen, released_by = p_subject, released_at = clock_timestamp(), next_try_at = clock_timestamp(),
        delivered_at = NULL, answered_at = NULL, tries = 0, last_fault = NULL
    WHERE id = r.id;
    INSERT INTO ek.referral_event (referral_id, kind, actor) VALUES (r.id, 'Released', p_subject);
    PERFORM ek.audit(p_subject, 'ReferralReleased', 'referral/' || r.id, 'channel ' || chosen);
    PERFORM pg_notify('ek_referral', '');
    RETURN chosen;
END $$;
-- +goose StatementEnd

-- Takes released referrals of one channel in hand for the length of a lease.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.claim_referrals(p_channel text, p_limit integer, p_lease interval)
RETURNS TABLE (id uuid, number text, urgency text, facility_code text, duty_phone text, released_at timestamptz, url text, tries integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
    WITH due AS (
        SELECT r.id FROM ek.referral r WHERE r.channel = p_channel AND r.next_try_at <= clock_timestamp() AND r.delivered_at IS NULL
        ORDER BY r.next_try_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE ek.referral r SET tries = r.tries + 1, next_try_at = clock_timestamp() + p_lease
        FROM due WHERE r.id = due.id RETURNING r.*
    )
    SELECT r.id, r.number, r.urgency, c.facility_code, c.duty_phone, r.released_at, c.url, r.tries
    FROM taken r JOIN ek.channel c ON c.name = r.channel
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_casework.referral_delivered(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE sent_through text;
BEGIN
    PERFORM ek.require_durable();
    UPDATE ek.referral SET delivered_at = clock_timestamp(), next_try_at = NULL, last_fault = NULL,
        state = CASE WHEN state = 'Released' THEN 'Delivered' ELSE state END
    WHERE id = p_id AND delivered_at IS NULL RETURNING channel INTO sent_through;
    IF sent_through IS NOT NULL THEN
        INSERT INTO ek.referral_event (referral_id, kind, actor) VALUES (p_id, 'Delivered', 'channel/' || sent_through);
        PERFORM ek.audit(session_user, 'ReferralDelivered', 'referral/' || p_id, 'channel ' || sent_through);
    END IF;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ek_casework.referral_failed(p_id uuid, p_wait interval, p_fault text) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    UPDATE ek.referral SET last_fault = p_fault, next_try_at = CASE WHEN delivered_at IS NULL THEN clock_timestamp() + p_wait END WHERE id = p_id
$$;
-- +goose StatementEnd

-- Locks the referral a hospital speaks of and says what it last answered. Taking the
-- message id and storing the answer are one transaction.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.hear_hospital(p_channel text, p_message_id text, p_digest bytea, p_number text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE r ek.referral;
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.take_message('channel/' || p_channel, p_message_id, p_digest);
    SELECT f.* INTO r FROM ek.referral f WHERE f.number = p_number AND f.channel = p_channel AND f.tries > 0 FOR NO KEY UPDATE;
    IF r.id IS NULL THEN
        PERFORM ek.refuse('EK404', 'number', 'no such referral was sent through this channel', 'send the number that came with the referral');
    END IF;
    RETURN r.state;
END $$;
-- +goose StatementEnd

-- Stores an answer that was judged to move the referral forward, in the transaction
-- of hear_hospital. An answer proves that the referral arrived.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.store_hospital_answer(p_channel text, p_message_id text, p_number text, p_state text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
DECLARE r ek.referral; o ek.obligation;
BEGIN
    UPDATE ek.referral SET state = p_state, answered_at = clock_timestamp(), delivered_at = coalesce(delivered_at, clock_timestamp()), next_try_at = NULL
    WHERE number = p_number AND channel = p_channel RETURNING * INTO STRICT r;
    INSERT INTO ek.referral_event (referral_id, kind, actor, message_id) VALUES (r.id, p_state, 'channel/' || p_channel, p_message_id);
    PERFORM ek.audit('channel/' || p_channel, 'ReferralAnswered', 'referral/' || r.id, p_state);
    IF p_state = 'Declined' THEN
        SELECT * INTO STRICT o FROM ek.obligation WHERE id = r.obligation_id;
        PERFORM ek.make_follow_up(o.student_id, o.round, 'ReferralDeclined', r.id::text, o.tier_rank, NULL);
    END IF;
END $$;
-- +goose StatementEnd

-- Forgets message ids that a fresh timestamp can no longer bring back.
-- +goose StatementBegin
CREATE FUNCTION ek_casework.forget_messages() RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, ek, pg_temp AS $$
    DELETE FROM ek.inbound WHERE at < clock_timestamp() - interval '400 days'
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION ek_casework.forget_messages, ek_casework.store_hospital_answer, ek_casework.hear_hospital, ek_casework.referral_failed,
    ek_casework.referral_delivered, ek_casework.claim_referrals, ek_casework.release_referral, ek.choose_channel, ek_casework.referrals;
DROP INDEX ek.referral_channel;
ALTER TABLE ek.referral DROP CONSTRAINT referral_state_check;
ALTER TABLE ek.follow_up DROP CONSTRAINT follow_up_kind_check;
ALTER TABLE ek.follow_up ADD CONSTRAINT follow_up_kind_check CHECK (kind IN ('Tier', 'Review', 'Undetermined', 'ScoringFailed'));
