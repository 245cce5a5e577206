-- old
CREATE SCHEMA lib;
CREATE TYPE lib.money_t AS (amount bigint, cur char(3));
CREATE FUNCTION lib.mk(a bigint, c char) RETURNS lib.money_t LANGUAGE sql IMMUTABLE AS $$ SELECT ROW(a, c)::lib.money_t $$;
CREATE FUNCTION lib.plus(lib.money_t, lib.money_t) RETURNS lib.money_t LANGUAGE sql IMMUTABLE AS $$ SELECT lib.mk(($1).amount + ($2).amount, ($1).cur) $$;
CREATE OPERATOR lib.+ (LEFTARG = lib.money_t, RIGHTARG = lib.money_t, FUNCTION = lib.plus, COMMUTATOR = OPERATOR(lib.+));
CREATE AGGREGATE lib.sum(lib.money_t) (SFUNC = lib.plus, STYPE = lib.money_t);
CREATE TABLE costs (id int PRIMARY KEY, grp text, cost lib.money_t DEFAULT lib.mk(0, 'EUR'));
CREATE VIEW cost_sums AS SELECT grp, lib.sum(cost) AS total, (lib.sum(cost)).amount AS amount FROM costs GROUP BY grp;
CREATE INDEX costs_amount ON costs (((cost).amount));
-- new
CREATE SCHEMA lib;
CREATE TYPE lib.money_t AS (amount numeric, cur char(3));
CREATE FUNCTION lib.mk(a numeric, c text DEFAULT 'EUR') RETURNS lib.money_t LANGUAGE sql IMMUTABLE AS $$ SELECT ROW(a, c)::lib.money_t $$;
CREATE FUNCTION lib.plus(lib.money_t, lib.money_t) RETURNS lib.money_t LANGUAGE sql IMMUTABLE AS $$ SELECT lib.mk(($1).amount + ($2).amount, ($1).cur) $$;
CREATE OPERATOR lib.+ (LEFTARG = lib.money_t, RIGHTARG = lib.money_t, FUNCTION = lib.plus, COMMUTATOR = OPERATOR(lib.+));
CREATE AGGREGATE lib.sum(lib.money_t) (SFUNC = lib.plus, STYPE = lib.money_t);
CREATE TABLE costs (id int PRIMARY KEY, grp text, cost lib.money_t DEFAULT lib.mk(0, 'EUR'));
CREATE VIEW cost_sums AS SELECT grp, lib.sum(cost) AS total, (lib.sum(cost)).amount AS amount FROM costs GROUP BY grp;
CREATE INDEX costs_amount ON costs (((cost).amount));
