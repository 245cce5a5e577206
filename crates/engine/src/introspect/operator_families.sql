-- Operator families and classes with their members, read by introspection; locks nothing.
-- A member belongs to the class or family that pg_depend says it goes with.
WITH member AS (
    SELECT d.refclassid AS class, d.refobjid AS object, 1 AS kind, m.amopstrategy AS number,
           'OPERATOR ' || m.amopstrategy || ' ' || m.amopopr::pg_catalog.regoperator::text
           || COALESCE(' FOR ORDER BY ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(f.opfname), '')
           AS text
      FROM pg_catalog.pg_amop AS m
      JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass AND d.objid = m.oid
       AND d.refclassid IN ('pg_catalog.pg_opclass'::pg_catalog.regclass, 'pg_catalog.pg_opfamily'::pg_catalog.regclass)
       AND (d.refclassid <> 'pg_catalog.pg_opfamily'::pg_catalog.regclass OR d.refobjid = m.amopfamily)
      LEFT JOIN pg_catalog.pg_opfamily AS f ON f.oid = m.amopsortfamily
      LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = f.opfnamespace
     WHERE m.oid >= 16384
    UNION ALL
    SELECT d.refclassid, d.refobjid, 2, p.amprocnum,
           'FUNCTION ' || p.amprocnum || ' (' || pg_catalog.format_type(p.amproclefttype, NULL) || ', '
           || pg_catalog.format_type(p.amprocrighttype, NULL) || ') ' || p.amproc::pg_catalog.regprocedure::text
      FROM pg_catalog.pg_amproc AS p
      JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass AND d.objid = p.oid
       AND d.refclassid IN ('pg_catalog.pg_opclass'::pg_catalog.regclass, 'pg_catalog.pg_opfamily'::pg_catalog.regclass)
     WHERE p.oid >= 16384)
SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass::oid AS class, f.oid, f.opfnamespace AS namespace, f.opfname AS name,
       m.amname AS method, pg_catalog.pg_get_userbyid(f.opfowner)::text AS owner,
       NULL::text AS data_type, false AS is_default, NULL::oid AS family_namespace, NULL::text AS family_name,
       NULL::text AS storage,
       ARRAY(SELECT text FROM member WHERE class = 'pg_catalog.pg_opfamily'::pg_catalog.regclass AND object = f.oid
              ORDER BY kind, number, text) AS members
  FROM pg_catalog.pg_opfamily AS f
  JOIN pg_catalog.pg_am AS m ON m.oid = f.opfmethod
 WHERE f.oid >= 16384
UNION ALL
SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, c.oid, c.opcnamespace, c.opcname,
       m.amname, pg_catalog.pg_get_userbyid(c.opcowner)::text,
       pg_catalog.format_type(c.opcintype, NULL), c.opcdefault, f.opfnamespace, f.opfname,
       CASE WHEN c.opckeytype <> 0 THEN pg_catalog.format_type(c.opckeytype, NULL) END,
       ARRAY(SELECT text FROM member WHERE class = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND object = c.oid
              ORDER BY kind, number, text)
  FROM pg_catalog.pg_opclass AS c
  JOIN pg_catalog.pg_opfamily AS f ON f.oid = c.opcfamily
  JOIN pg_catalog.pg_am AS m ON m.oid = c.opcmethod
 WHERE c.oid >= 16384
