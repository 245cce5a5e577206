-- Rewrite rules, read by introspection; locks nothing.
-- The rule that makes a view has no definition here: the view has its query.
SELECT r.oid, r.ev_class AS relation, r.rulename AS name, r.ev_enabled::text AS state,
       r.ev_type = '1' AS is_view,
       CASE WHEN r.ev_type <> '1' THEN pg_catalog.pg_get_ruledef(r.oid) END AS definition
  FROM pg_catalog.pg_rewrite AS r
 WHERE r.oid >= 16384
 ORDER BY r.ev_class, r.rulename
