-- Functions, procedures and aggregates, read by introspection; locks nothing.
-- Constructors of range types are internal to their type and left out.
SELECT p.oid, p.pronamespace AS namespace, p.proname AS name,
       pg_catalog.oidvectortypes(p.proargtypes) AS arguments,
       pg_catalog.pg_get_function_identity_arguments(p.oid) AS identity, p.prokind::text AS kind,
       pg_catalog.pg_get_userbyid(p.proowner)::text AS owner,
       l.lanname AS language, p.provolatile::text AS volatility, p.proparallel::text AS parallel,
       p.proisstrict AS is_strict, p.prosecdef AS is_security_definer, p.proretset AS returns_set,
       CASE WHEN p.prokind <> 'p' THEN pg_catalog.format_type(p.prorettype, NULL) END AS returns,
       CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) END AS definition,
       CASE WHEN p.prokind = 'a' THEN pg_catalog.pg_get_function_arguments(p.oid) END AS signature,
       CASE WHEN p.prokind = 'a' THEN pg_catalog.array_remove(ARRAY[
           'SFUNC=' || a.aggtransfn::pg_catalog.regproc::text,
           'STYPE=' || pg_catalog.format_type(a.aggtranstype, NULL),
           CASE WHEN a.aggtransspace <> 0 THEN 'SSPACE=' || a.aggtransspace END,
           CASE WHEN a.aggfinalfn <> 0 THEN 'FINALFUNC=' || a.aggfinalfn::pg_catalog.regproc::text END,
           CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA=' END,
           CASE WHEN a.aggfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END::"char"
                THEN 'FINALFUNC_MODIFY=' || CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE'
                                                 ELSE 'READ_WRITE' END END,
           CASE WHEN a.aggcombinefn <> 0 THEN 'COMBINEFUNC=' || a.aggcombinefn::pg_catalog.regproc::text END,
           CASE WHEN a.aggserialfn <> 0 THEN 'SERIALFUNC=' || a.aggserialfn::pg_catalog.regproc::text END,
           CASE WHEN a.aggdeserialfn <> 0 THEN 'DESERIALFUNC=' || a.aggdeserialfn::pg_catalog.regproc::text END,
           'INITCOND=' || pg_catalog.quote_literal(a.agginitval),
           CASE WHEN a.aggmtransfn <> 0 THEN 'MSFUNC=' || a.aggmtransfn::pg_catalog.regproc::text END,
           CASE WHEN a.aggminvtransfn <> 0 THEN 'MINVFUNC=' || a.aggminvtransfn::pg_catalog.regproc::text END,
           CASE WHEN a.aggmtranstype <> 0 THEN 'MSTYPE=' || pg_catalog.format_type(a.aggmtranstype, NULL) END,
           CASE WHEN a.aggmtransspace <> 0 THEN 'MSSPACE=' || a.aggmtransspace END,
           CASE WHEN a.aggmfinalfn <> 0 THEN 'MFINALFUNC=' || a.aggmfinalfn::pg_catalog.regproc::text END,
           CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA=' END,
           CASE WHEN a.aggmtransfn <> 0
                 AND a.aggmfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END::"char"
                THEN 'MFINALFUNC_MODIFY=' || CASE a.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE'
                                                  ELSE 'READ_WRITE' END END,
           'MINITCOND=' || pg_catalog.quote_literal(a.aggminitval),
           CASE WHEN a.aggsortop <> 0
                THEN 'SORTOP=OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ')' END,
           CASE p.proparallel WHEN 's' THEN 'PARALLEL=SAFE' WHEN 'r' THEN 'PARALLEL=RESTRICTED' END,
           CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL=' END], NULL) END AS parameters
  FROM pg_catalog.pg_proc AS p
  JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
  LEFT JOIN pg_catalog.pg_aggregate AS a ON a.aggfnoid = p.oid
  LEFT JOIN pg_catalog.pg_operator AS o ON o.oid = a.aggsortop
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
 WHERE p.oid >= 16384
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                      AND d.objid = p.oid AND d.deptype = 'i')
 ORDER BY p.oid
