-- Roles that the pairs of schemas name.
DO $$
DECLARE role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['app_owner', 'app_reader', 'app_writer'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I', role);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END LOOP;
END $$
