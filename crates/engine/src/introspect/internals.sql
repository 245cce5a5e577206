-- Objects that are the inside of another, read by introspection; locks nothing.
-- They are a range type's constructors and cast, and the members of operator classes and families.
SELECT DISTINCT ON (d.classid, d.objid)
       d.classid AS class, d.objid AS object, d.refclassid AS ref_class, d.refobjid AS ref_object
  FROM pg_catalog.pg_depend AS d
 WHERE d.objid >= 16384
   AND (d.classid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_cast'::pg_catalog.regclass)
        AND d.deptype = 'i'
        OR d.classid IN ('pg_catalog.pg_amop'::pg_catalog.regclass, 'pg_catalog.pg_amproc'::pg_catalog.regclass)
        AND d.refclassid IN ('pg_catalog.pg_opclass'::pg_catalog.regclass,
                             'pg_catalog.pg_opfamily'::pg_catalog.regclass))
 ORDER BY d.classid, d.objid, d.deptype DESC, d.refclassid, d.refobjid
