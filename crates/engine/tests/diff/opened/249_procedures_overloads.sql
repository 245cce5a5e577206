-- old
CREATE TABLE ledger (id bigserial PRIMARY KEY, acc int, amt numeric);
CREATE PROCEDURE post(acc int, amt numeric) LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ledger (acc, amt) VALUES (acc, amt); COMMIT; END $$;
CREATE PROCEDURE post(acc int, amt int) LANGUAGE sql AS 'INSERT INTO ledger (acc, amt) VALUES ($1, $2)';
CREATE PROCEDURE swap(INOUT a int, INOUT b int) LANGUAGE plpgsql AS $$ DECLARE t int := a; BEGIN a := b; b := t; END $$;
CREATE PROCEDURE outp(IN x int, OUT y int) LANGUAGE plpgsql AS 'BEGIN y := x; END';
CREATE FUNCTION post(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION ret(OUT a int, OUT b text) LANGUAGE sql AS 'SELECT 1, ''x''';
CREATE FUNCTION tab() RETURNS TABLE (x int, y text) LANGUAGE sql AS 'SELECT 1, ''y''';
CREATE FUNCTION setof_rec() RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2';
CREATE FUNCTION turns_proc(a int) RETURNS void LANGUAGE sql AS 'SELECT';
CREATE VIEW uses AS SELECT x, (ret()).b FROM tab();
COMMENT ON PROCEDURE post(int, int) IS 'int';
-- new
CREATE TABLE ledger (id bigserial PRIMARY KEY, acc int, amt numeric, txt text);
CREATE PROCEDURE post(account int, amt numeric, txt text DEFAULT '') LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ledger (acc, amt, txt) VALUES (account, amt, txt); END $$;
CREATE PROCEDURE post(acc int, VARIADIC amts int[]) LANGUAGE sql AS 'INSERT INTO ledger (acc, amt) SELECT $1, unnest($2)';
CREATE PROCEDURE swap(INOUT b int, INOUT a int) LANGUAGE plpgsql AS $$ DECLARE t int := a; BEGIN a := b; b := t; END $$;
CREATE PROCEDURE outp(IN x int, OUT y int, OUT z text) LANGUAGE plpgsql AS 'BEGIN y := x; z := ''''; END';
CREATE FUNCTION post(text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
CREATE FUNCTION ret(OUT a int, OUT b text, OUT c date) LANGUAGE sql AS 'SELECT 1, ''x'', now()::date';
CREATE FUNCTION tab() RETURNS TABLE (x bigint, z text) LANGUAGE sql AS 'SELECT 1::bigint, ''y''';
CREATE FUNCTION setof_rec() RETURNS record LANGUAGE sql AS 'SELECT 1, 2';
CREATE PROCEDURE turns_proc(a int) LANGUAGE sql AS 'SELECT';
CREATE VIEW uses AS SELECT x, (ret()).b FROM tab();
COMMENT ON PROCEDURE post(int, int[]) IS 'many';
COMMENT ON FUNCTION post(text) IS 'fn';
REVOKE ALL ON PROCEDURE turns_proc FROM PUBLIC;
