-- +goose Up
-- A school can be left out of a round after codes were issued for it: until the opening
-- the plan may change. Its codes open no form, for nobody may be there to answer; one that
-- is running goes on. Without a cohort to compare with codes are judged as before.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek.refusal(c ek.code, s ek.student, r ek.round, p_has_draft boolean, p_now timestamptz)
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
        WHEN NOT p_has_draft AND NOT coalesce(r.control -> 'cohort' -> 'schools' ? s.school, true) THEN 'OutsideSession'
        WHEN ek.session_end(r.round, s.school, p_now) IS NULL THEN 'OutsideSession'
    END;
END $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ek.refusal(c ek.code, s ek.student, r ek.round, p_has_draft boolean, p_now timestamptz)
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
