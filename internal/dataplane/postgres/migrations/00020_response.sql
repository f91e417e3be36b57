-- What a response is besides its answers. Norm tables tell students apart by sex, age
-- and years of schooling: those of the moment the form was opened are kept with the
-- attempt, so that a result can be computed again after the student has moved up.

-- +goose Up
ALTER TABLE ek.student
    ADD COLUMN sex text NOT NULL DEFAULT '' CHECK (sex IN ('', 'Female', 'Male')), -- '': the roster does not say
    ADD COLUMN school_years smallint NOT NULL DEFAULT 0 CHECK (school_years BETWEEN 0 AND 12); -- 1: first year of primary; 0: not known

ALTER TABLE ek.attempt
    ADD COLUMN sex text NOT NULL DEFAULT '' CHECK (sex IN ('', 'Female', 'Male')),
    ADD COLUMN school_years smallint NOT NULL DEFAULT 0,
    -- The student had submitted before in this round, and nothing asked for it again.
    ADD COLUMN duplicate boolean NOT NULL DEFAULT false;

-- The details of a student are copied by a trigger: open_form, which inserts, stays as it is.
-- +goose StatementBegin
CREATE FUNCTION ek.describe_attempt() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    SELECT s.sex, s.school_years INTO NEW.sex, NEW.school_years FROM ek.student s WHERE s.id = NEW.student_id;
    -- What was left undetermined is asked for again, also after a form that stands.
    NEW.duplicate := EXISTS (
        SELECT FROM ek.attempt a LEFT JOIN ek.result r ON r.attempt_id = a.id
        WHERE a.student_id = NEW.student_id AND a.round = NEW.round AND a.state = 'Submitted'
          AND NOT a.failed AND NOT coalesce(r.undetermined, false)
          AND NOT EXISTS (
            SELECT FROM ek.attempt b LEFT JOIN ek.result q ON q.attempt_id = b.id
            WHERE b.student_id = NEW.student_id AND b.round = NEW.round AND b.finished_at > a.finished_at
              AND (b.failed OR q.undetermined)));
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER describe_attempt BEFORE INSERT ON ek.attempt FOR EACH ROW EXECUTE FUNCTION ek.describe_attempt();

-- Inserts and updates students in place. A wrapped key comes with new ones only. To
-- move a student takes a registrar of both schools: consent and duty go along. The last
-- two columns may be left out, which the version of casework before this one does.
DROP FUNCTION ek_casework.upsert_students;
-- +goose StatementBegin
CREATE FUNCTION ek_casework.upsert_students(p_subject text, p_groups text[], p_ids uuid[], p_schools text[], p_stages text[], p_grades text[],
    p_classes text[], p_seats text[], p_labels text[], p_lookups bytea[], p_sealed_numbers bytea[], p_sealed_names bytea[],
    p_public_keys bytea[], p_wrapped bytea[], p_born date[], p_consents text[], p_versions text[],
    p_sexes text[] DEFAULT NULL, p_school_years smallint[] DEFAULT NULL,
    OUT inserted integer, OUT updated integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ek, pg_temp AS $$
BEGIN
    PERFORM ek.require_durable();
    PERFORM ek.require_role(p_groups, 'Registrar');
    IF EXISTS (SELECT FROM unnest(p_schools) AS w(name) WHERE w.name NOT IN (SELECT r.name FROM ek_casework.roster_schools(p_groups) r)) THEN
        PERFORM ek.refuse('EK403', 'school', 'a school is outside your scope', 'import the schools you are registrar of');
    END IF;
    IF EXISTS (SELECT FROM ek.student s WHERE s.lookup = ANY (p_lookups) AND NOT ek.registrar_of(p_groups, s.school)) THEN
        PERFORM ek.refuse('EK403', 'number', 'a student belongs to a school outside your scope', 'let a registrar of the district move the student');
    END IF;
    WITH rows AS (
        SELECT * FROM unnest(p_ids, p_schools, p_stages, p_grades, p_classes, p_seats, p_labels, p_lookups, p_sealed_numbers,
            p_sealed_names, p_public_keys, p_wrapped, p_born, p_consents, p_versions, p_sexes, p_school_years)
            AS t (id, school, stage, grade, class_label, seat, label, lookup, sealed_number, sealed_name, public_key, wrapped, born, consent, version, sex, school_years)
    ), kept AS (
        INSERT INTO ek.student (id, school, stage, grade, class_label, seat, label, lookup, sealed_number, sealed_name, public_key, born,
            guardian_consent, consent_version, sex, school_years)
        SELECT id, school, stage, grade, class_label, seat, label, lookup, sealed_number, sealed_name, public_key, born, consent, version,
            coalesce(sex, ''), coalesce(school_years, 0) FROM rows
        ON CONFLICT (lookup) DO UPDATE SET school = excluded.school, stage = excluded.stage, grade = excluded.grade,
            class_label = excluded.class_label, seat = excluded.seat, label = excluded.label, sealed_number = excluded.sealed_number,
            sealed_name = excluded.sealed_name, born = excluded.born, guardian_consent = excluded.guardian_consent,
            consent_version = excluded.consent_version, active = true,
            -- A roster that does not say a student's sex takes nothing back; nor does a version
            -- that does not read grades, unless the student has moved up.
            sex = CASE excluded.sex WHEN '' THEN ek.student.sex ELSE excluded.sex END,
            school_years = CASE WHEN p_school_years IS NULL AND (ek.student.stage, ek.student.grade) = (excluded.stage, excluded.grade)
                THEN ek.student.school_years ELSE excluded.school_years END
        RETURNING id, (xmax = 0) AS is_new
    ), keys AS (
        INSERT INTO ek.student_key (student_id, wrapped)
        SELECT r.id, r.wrapped FROM rows r JOIN kept k ON k.id = r.id WHERE k.is_new
        RETURNING 1
    )
    SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) INTO inserted, updated FROM kept;
    PERFORM ek.audit(p_subject, 'RosterImported', 'roster', inserted || ' new, ' || updated || ' updated');
END $$;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER describe_attempt ON ek.attempt;
DROP FUNCTION ek.describe_attempt;
ALTER TABLE ek.attempt DROP COLUMN sex, DROP COLUMN school_years, DROP COLUMN duplicate;
ALTER TABLE ek.student DROP COLUMN sex, DROP COLUMN school_years;
