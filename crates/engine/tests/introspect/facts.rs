//! What lock facts, diffs and simulation decide by is there, by name and with its type.

use windlass::compiler::catalog::{
    Address, Bytes, Catalog, ColumnValue, ConstraintKind, DependencyKind, FiringState, IndexKey, Persistence,
    QualifiedName, ReferentialAction, RelationKind, ReplicaIdentity, RoutineKind, RowSecurity, Rows,
    SequenceOwner, Type, Volatility,
};

use super::{database, introspect, introspect_clean};

fn name(name: &str) -> QualifiedName {
    QualifiedName::new("public", name)
}

async fn catalog(sql: &str) -> Catalog {
    introspect_clean(&database(sql).await).await
}

#[tokio::test]
async fn an_empty_database_has_its_public_schema_and_nothing_else() {
    let catalog = catalog("SELECT").await;
    assert!(catalog.major() >= 14);
    assert_eq!(catalog.schemas.keys().collect::<Vec<_>>(), ["public"]);
    let objects = (&catalog.extensions, &catalog.types, &catalog.relations);
    assert_eq!(
        objects,
        (&Default::default(), &Default::default(), &Default::default())
    );
    assert!(catalog.dependencies.is_empty());
}

#[tokio::test]
async fn plpgsql_is_the_servers_also_where_pg_upgrade_made_it() {
    let catalog =
        catalog("DROP EXTENSION plpgsql; CREATE EXTENSION plpgsql; COMMENT ON EXTENSION plpgsql IS 'PL'")
            .await;
    assert!(catalog.extensions.is_empty() && catalog.comments.is_empty());
}

#[tokio::test]
async fn columns_have_types_values_and_storage() {
    let catalog = catalog(
        "CREATE TABLE t (
            id bigint GENERATED ALWAYS AS IDENTITY,
            n numeric(10, 2) NOT NULL DEFAULT 1.50,
            s serial,
            tags text[] COLLATE \"C\",
            twice integer GENERATED ALWAYS AS (s * 2) STORED
         );
         ALTER TABLE t ALTER tags SET STORAGE EXTERNAL, ALTER n SET STATISTICS 50, ALTER tags SET COMPRESSION pglz;
         ALTER TABLE t ADD gone int; ALTER TABLE t DROP gone; ALTER TABLE t ADD after text;",
    )
    .await;
    let t = catalog.relation(&name("t")).unwrap();
    let types: Vec<_> = t
        .columns
        .iter()
        .map(|column| (&*column.name, &*column.data_type))
        .collect();
    assert_eq!(
        types,
        [
            ("id", "bigint"),
            ("n", "numeric(10,2)"),
            ("s", "integer"),
            ("tags", "text[]"),
            ("twice", "integer"),
            ("after", "text")
        ]
    );
    let ColumnValue::Identity(identity) = &t.columns[0].value else {
        panic!("{t:?}")
    };
    assert_eq!(
        (identity.is_always, identity.sequence.as_ref()),
        (true, Some(&name("t_id_seq")))
    );
    assert_eq!(t.columns[1].value, ColumnValue::Default("1.50".to_owned()));
    assert_eq!(
        t.columns[2].value,
        ColumnValue::Default("nextval('public.t_s_seq'::regclass)".to_owned())
    );
    assert_eq!(t.columns[4].value, ColumnValue::Stored("(s * 2)".to_owned()));
    assert_eq!(
        t.columns[3].collation,
        Some(QualifiedName::new("pg_catalog", "C"))
    );
    assert_eq!(t.columns[1].statistics, Some(50));
    assert!(t.columns[3].storage.is_some() && t.columns[3].compression.is_some());
    assert!(t.columns[1].is_not_null && !t.columns[3].is_not_null);
    let owner = |sequence: &str| match &catalog.relation(&name(sequence)).unwrap().kind {
        RelationKind::Sequence(sequence) => sequence.owner.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        owner("t_id_seq"),
        SequenceOwner::Identity(name("t"), "id".to_owned())
    );
    assert_eq!(owner("t_s_seq"), SequenceOwner::Column(name("t"), "s".to_owned()));
}

#[tokio::test]
async fn constraints_have_kinds_states_and_partners() {
    let catalog = catalog(
        "CREATE TABLE parent (a int, b int, PRIMARY KEY (b, a));
         CREATE TABLE child (x int, y int, z int CHECK (z > 0));
         ALTER TABLE child ADD CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES parent (b, a)
             ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID;
         ALTER TABLE child ADD CONSTRAINT u UNIQUE (x) INCLUDE (z);
         ALTER TABLE child ADD CONSTRAINT later CHECK (x > 1) NO INHERIT NOT VALID;",
    )
    .await;
    let child = catalog.relation(&name("child")).unwrap();
    let (fk, key) = child.foreign_keys().next().unwrap();
    assert_eq!(
        (&key.references, &*key.referenced_columns),
        (&name("parent"), &["b".to_owned(), "a".to_owned()][..])
    );
    assert_eq!(
        (key.on_delete, key.on_update),
        (ReferentialAction::Cascade, ReferentialAction::NoAction)
    );
    assert_eq!(fk.columns, ["x", "y"]);
    assert_eq!(
        (fk.is_valid, fk.is_deferrable, fk.is_deferred),
        (false, true, true)
    );
    assert_eq!(fk.index, Some(name("parent_pkey")));
    let unique = child.constraint("u").unwrap();
    assert_eq!(
        (&unique.kind, &unique.index),
        (&ConstraintKind::Unique, &Some(name("u")))
    );
    let index = child.index("u").unwrap();
    assert_eq!(
        (index.constraint.as_deref(), &*index.included),
        (Some("u"), &["z".to_owned()][..])
    );
    let later = child.constraint("later").unwrap();
    assert_eq!((later.is_valid, later.is_no_inherit), (false, true));
    assert_eq!(
        child.constraint("child_z_check").unwrap().definition,
        "CHECK ((z > 0))"
    );
    assert_eq!(
        catalog
            .relation(&name("parent"))
            .unwrap()
            .primary_key()
            .unwrap()
            .columns,
        ["b", "a"]
    );
    let (referencing, constraint, _) = catalog.referencing(&key.references).next().unwrap();
    assert_eq!((referencing, &*constraint.name), (&name("child"), "fk"));
}

#[tokio::test]
async fn indexes_have_keys_predicates_and_states() {
    let database = database(
        "CREATE TABLE t (a int, b text, c int);
         CREATE INDEX expressions ON t (a, lower(b), c DESC) INCLUDE (b) WHERE c > 0;
         CREATE INDEX sorted ON t USING hash (b); CREATE UNIQUE INDEX identity ON t (a);
         ALTER TABLE t ALTER a SET NOT NULL, REPLICA IDENTITY USING INDEX identity;
         CLUSTER t USING identity; ALTER INDEX expressions ALTER COLUMN 2 SET STATISTICS 7;
         INSERT INTO t VALUES (1, 'x', 1), (2, 'x', 1);",
    )
    .await;
    let failed = database
        .try_execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON t (b)")
        .await;
    assert!(failed.is_err());
    let catalog = introspect(&database).await.catalog;
    let t = catalog.relation(&name("t")).unwrap();
    let index = t.index("expressions").unwrap();
    assert_eq!(
        index.keys,
        [
            IndexKey::Column("a".to_owned()),
            IndexKey::Expression("lower(b)".to_owned()),
            IndexKey::Column("c".to_owned())
        ]
    );
    assert_eq!(
        (index.predicate.as_deref(), &*index.included),
        (Some("(c > 0)"), &["b".to_owned()][..])
    );
    assert_eq!(index.statistics.iter().collect::<Vec<_>>(), [(&2, &7)]);
    assert_eq!(t.index("sorted").unwrap().method, "hash");
    let identity = t.index("identity").unwrap();
    assert!(identity.is_clustered && identity.is_unique && identity.is_valid);
    assert_eq!(t.replica_identity, ReplicaIdentity::Index("identity".to_owned()));
    let broken = t.index("broken").unwrap();
    assert!(!broken.is_valid && broken.is_unique);
    assert_eq!(catalog.index(&name("broken")).unwrap().0, &name("t"));
    assert_eq!(catalog.resolve(None, "broken", &["public"]), Some(name("broken")));
}

#[tokio::test]
async fn partitions_know_their_parent_bound_and_local_parts() {
    let catalog = catalog(
        "CREATE TABLE m (at date, n int, PRIMARY KEY (at, n)) PARTITION BY RANGE (at, (n + 1));
         CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01', 1) TO ('2026-02-01', 5);
         CREATE TABLE m0 PARTITION OF m DEFAULT PARTITION BY HASH (n);
         CREATE TABLE m00 PARTITION OF m0 FOR VALUES WITH (modulus 1, remainder 0);
         CREATE TABLE e (a int, b int, c text) PARTITION BY LIST ((b + length(c)));
         CREATE INDEX by_n ON m (n); CREATE TABLE p (x int); CREATE TABLE c () INHERITS (p);"
            .replace("PRIMARY KEY (at, n)", "UNIQUE (at, n)")
            .replace(", (n + 1))", ", n)")
            .as_str(),
    )
    .await;
    let m1 = catalog.relation(&name("m1")).unwrap();
    let place = m1.partition_of.as_ref().unwrap();
    assert_eq!(place.parent, name("m"));
    assert_eq!(
        place.bound,
        "FOR VALUES FROM ('2026-01-01', 1) TO ('2026-02-01', 5)"
    );
    assert!(
        catalog
            .relation(&name("m0"))
            .unwrap()
            .partition_of
            .as_ref()
            .unwrap()
            .is_default()
    );
    let RelationKind::PartitionedTable(key) = &catalog.relation(&name("m")).unwrap().kind else {
        panic!()
    };
    assert_eq!(
        (&*key.definition, &*key.columns),
        ("RANGE (at, n)", &["at".to_owned(), "n".to_owned()][..])
    );
    let RelationKind::PartitionedTable(key) = &catalog.relation(&name("e")).unwrap().kind else {
        panic!()
    };
    assert_eq!(key.columns, ["b", "c"], "columns that the key's expression reads");
    assert_eq!(m1.index("m1_n_idx").unwrap().parent, Some(name("by_n")));
    let unique = m1.constraint("m1_at_n_key").unwrap();
    assert_eq!(unique.parent, Some((name("m"), "m_at_n_key".to_owned())));
    assert!(unique.is_inherited());
    assert_eq!(catalog.tree(&name("m")), ["m", "m0", "m1", "m00"].map(name));
    assert_eq!(catalog.relation(&name("c")).unwrap().inherits, [name("p")]);
    assert_eq!(catalog.tree(&name("p")), ["p", "c"].map(name));
}

#[tokio::test]
async fn views_triggers_rules_and_policies_belong_to_their_relation() {
    let catalog = catalog(
        "CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
         CREATE POLICY p ON t AS RESTRICTIVE FOR UPDATE USING (a > 0) WITH CHECK (a > 1);
         CREATE VIEW v WITH (security_barrier = true) AS SELECT a FROM t;
         CREATE MATERIALIZED VIEW mv AS SELECT a + 1 AS b FROM v WITH NO DATA; CREATE INDEX ON mv (b);
         CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
         ALTER TABLE t DISABLE TRIGGER g; CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;
         CREATE UNLOGGED TABLE u ();",
    )
    .await;
    let t = catalog.relation(&name("t")).unwrap();
    assert_eq!(t.row_security, RowSecurity::Forced);
    let policy = &t.policies[0];
    assert_eq!(
        (&*policy.command, policy.is_permissive, policy.check.as_deref()),
        ("UPDATE", false, Some("(a > 1)"))
    );
    assert_eq!(
        (t.triggers[0].state, t.triggers[0].is_row),
        (FiringState::Disabled, true)
    );
    assert_eq!(
        t.triggers[0].function.name.name,
        "suppress_redundant_updates_trigger"
    );
    assert!(t.rules[0].definition.contains("DO INSTEAD NOTHING"));
    let v = catalog.relation(&name("v")).unwrap();
    assert_eq!(v.options["security_barrier"], "true");
    assert!(matches!(&v.kind, RelationKind::View(query) if query.contains("FROM public.t")));
    let RelationKind::MaterializedView(mv) = &catalog.relation(&name("mv")).unwrap().kind else {
        panic!()
    };
    assert!(!mv.is_populated);
    assert_eq!(catalog.relation(&name("mv")).unwrap().indexes.len(), 1);
    assert_eq!(
        catalog.relation(&name("u")).unwrap().persistence,
        Persistence::Unlogged
    );
    let column = Address::Column(name("t"), "a".to_owned());
    let readers: Vec<_> = catalog
        .dependencies
        .on(&column)
        .map(|(who, kind)| (who.clone(), kind))
        .collect();
    assert!(
        readers.contains(&(Address::Relation(name("v")), DependencyKind::Normal)),
        "{readers:?}"
    );
}

#[tokio::test]
async fn types_know_who_uses_them() {
    let catalog = catalog(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TYPE mood ADD VALUE 'glum' BEFORE 'ok';
         CREATE DOMAIN moods AS mood[] DEFAULT '{}' NOT NULL CONSTRAINT named CHECK (VALUE <> '{sad}');
         CREATE TYPE pair AS (first moods, second text);
         CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
         CREATE TABLE t (a pair, b int, c mood, d span, e span_multirange);",
    )
    .await;
    let mood = name("mood");
    assert_eq!(
        catalog.types[&mood],
        Type::Enum(["sad", "glum", "ok"].map(str::to_owned).to_vec())
    );
    let Type::Domain(domain) = &catalog.types[&name("moods")] else {
        panic!()
    };
    assert_eq!(
        (&*domain.base, &domain.user_type, domain.is_not_null),
        ("public.mood[]", &Some(mood.clone()), true)
    );
    assert_eq!(domain.constraints[0].name, "named");
    let Type::Range(range) = &catalog.types[&name("span")] else {
        panic!()
    };
    assert_eq!(
        (&*range.subtype, &range.multirange),
        ("double precision", &name("span_multirange"))
    );
    let users: Vec<_> = catalog
        .columns_of_type(&mood)
        .iter()
        .map(|(_, column)| column.name.clone())
        .collect();
    assert_eq!(users, ["a", "c"]);
}

#[tokio::test]
async fn sizes_are_estimates_or_unknown() {
    let database = database(
        "CREATE TABLE read (a int); INSERT INTO read SELECT generate_series(1, 1000); CREATE INDEX i ON read (a);
         CREATE TABLE fresh (a int);",
    )
    .await;
    database.execute("VACUUM ANALYZE read").await;
    let catalog = introspect(&database).await.catalog;
    assert_eq!(catalog.size(&name("read")).rows, Rows::About(1000));
    assert!(matches!(catalog.size(&name("read")).bytes, Bytes::Known(bytes) if bytes >= 32_768));
    assert!(matches!(catalog.size(&name("i")).bytes, Bytes::Known(_)));
    assert_eq!(catalog.size(&name("fresh")).rows, Rows::Unknown);
    assert_eq!(catalog.size(&name("nobody")).rows, Rows::Unknown);
}

#[tokio::test]
async fn extensions_journals_and_temporary_objects_are_left_alone() {
    let database = database(
        "CREATE EXTENSION citext; CREATE TABLE t (a citext); CREATE SCHEMA windlass; CREATE TABLE windlass.journal (a int PRIMARY KEY);",
    )
    .await;
    let client = database.connect().await;
    client
        .batch_execute("CREATE TEMP TABLE mine (a serial PRIMARY KEY, b text DEFAULT 'x' CHECK (b > ''))")
        .await
        .unwrap();
    let read = windlass::introspect::read(&client).await.unwrap();
    assert_eq!(read.catalog.unmodelled, []);
    assert_eq!(read.catalog.extensions.keys().collect::<Vec<_>>(), ["citext"]);
    assert_eq!(read.catalog.relations.keys().collect::<Vec<_>>(), [&name("t")]);
    assert_eq!(read.catalog.types.len(), 0);
    let needed: Vec<_> = read
        .catalog
        .dependencies
        .of(&Address::Column(name("t"), "a".to_owned()))
        .collect();
    assert_eq!(
        needed,
        [(&Address::Extension("citext".to_owned()), DependencyKind::Normal)]
    );
}

#[tokio::test]
async fn comments_are_found_by_address() {
    let catalog = catalog(
        "CREATE TABLE t (a int CONSTRAINT c CHECK (a > 0)); COMMENT ON TABLE t IS 'table'; COMMENT ON COLUMN t.a IS 'column';
         COMMENT ON CONSTRAINT c ON t IS 'constraint'; CREATE INDEX i ON t (a); COMMENT ON INDEX i IS 'index';",
    )
    .await;
    let comments: Vec<_> = catalog.comments.values().map(String::as_str).collect();
    for text in ["table", "column", "constraint", "index"] {
        assert!(comments.contains(&text), "{comments:?}");
    }
    assert_eq!(
        catalog.comments[&Address::Column(name("t"), "a".to_owned())],
        "column"
    );
}

#[tokio::test]
async fn routines_have_kinds_languages_and_volatility() {
    let catalog = catalog(
        "CREATE FUNCTION f(a int, OUT b text, VARIADIC c text[]) LANGUAGE sql IMMUTABLE STRICT AS 'SELECT c[a]';
         CREATE FUNCTION f() RETURNS SETOF int LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEXT 1; END';
         CREATE PROCEDURE p(INOUT x int) LANGUAGE sql BEGIN ATOMIC SELECT x + 1; END;
         CREATE AGGREGATE total(numeric) (SFUNC = numeric_add, STYPE = numeric, INITCOND = '0');",
    )
    .await;
    let names: Vec<String> = catalog.routines.keys().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "public.f()",
            "public.f(integer, text[])",
            "public.p(integer)",
            "public.total(numeric)"
        ]
    );
    let routines: Vec<_> = catalog.routines.values().collect();
    assert!(routines[0].returns_set && routines[0].is_security_definer && !routines[0].is_strict);
    assert_eq!(
        (&*routines[0].language, routines[0].volatility),
        ("plpgsql", Volatility::Volatile)
    );
    assert_eq!(
        (routines[1].is_strict, routines[1].volatility),
        (true, Volatility::Immutable)
    );
    assert!(matches!(&routines[2].kind, RoutineKind::Procedure(text) if text.contains("BEGIN ATOMIC")));
    let RoutineKind::Aggregate(total) = &routines[3].kind else {
        panic!()
    };
    assert_eq!(
        (&*total.signature, &*total.parameters["INITCOND"]),
        ("numeric", "'0'")
    );
}
