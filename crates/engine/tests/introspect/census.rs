//! Nothing is dropped: a row of any system catalog that a user can own is modelled or named.

use windlass::compiler::catalog::{Address, Catalog, QualifiedName};
use windlass_testkit::shared;

use super::{database, introspect};

/// What becomes of the rows of a system catalog.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// Objects of the model, or named as unknown. The planted database has some.
    Objects,
    /// Parts of objects.
    Parts,
    /// No schema: statistics, dependencies, contents.
    NoSchema,
    /// The cluster's, not a database's.
    Cluster,
}
use Fate::{Cluster, NoSchema, Objects, Parts};

const FATES: &[(&str, Fate)] = &[
    ("pg_aggregate", Parts),
    ("pg_am", Objects),
    ("pg_amop", Objects),
    ("pg_amproc", Objects),
    ("pg_attrdef", Objects),
    ("pg_attribute", Parts),
    ("pg_auth_members", Cluster),
    ("pg_authid", Cluster),
    ("pg_cast", Objects),
    ("pg_class", Objects),
    ("pg_collation", Objects),
    ("pg_constraint", Objects),
    ("pg_conversion", Objects),
    ("pg_database", Cluster),
    ("pg_db_role_setting", Cluster),
    ("pg_default_acl", Objects),
    ("pg_depend", NoSchema),
    ("pg_description", Parts),
    ("pg_enum", Parts),
    ("pg_event_trigger", Objects),
    ("pg_extension", Objects),
    ("pg_foreign_data_wrapper", Objects),
    ("pg_foreign_server", Objects),
    ("pg_foreign_table", Parts),
    ("pg_index", Parts),
    ("pg_inherits", Parts),
    ("pg_init_privs", NoSchema),
    ("pg_language", Objects),
    ("pg_largeobject", NoSchema),
    ("pg_largeobject_metadata", Objects),
    ("pg_namespace", Objects),
    ("pg_opclass", Objects),
    ("pg_operator", Objects),
    ("pg_opfamily", Objects),
    ("pg_parameter_acl", Cluster),
    ("pg_partitioned_table", Parts),
    ("pg_policy", Objects),
    ("pg_proc", Objects),
    ("pg_publication", Objects),
    ("pg_publication_namespace", Objects),
    ("pg_publication_rel", Objects),
    ("pg_range", Parts),
    ("pg_replication_origin", Cluster),
    ("pg_rewrite", Objects),
    ("pg_seclabel", Parts),
    ("pg_sequence", Parts),
    ("pg_shdepend", NoSchema),
    ("pg_shdescription", Cluster),
    ("pg_shseclabel", Cluster),
    ("pg_statistic", NoSchema),
    ("pg_statistic_ext", Objects),
    ("pg_statistic_ext_data", NoSchema),
    ("pg_subscription", Objects),
    ("pg_subscription_rel", NoSchema),
    ("pg_tablespace", Cluster),
    ("pg_transform", Objects),
    ("pg_trigger", Objects),
    ("pg_ts_config", Objects),
    ("pg_ts_config_map", Parts),
    ("pg_ts_dict", Objects),
    ("pg_ts_parser", Objects),
    ("pg_ts_template", Objects),
    ("pg_type", Objects),
    ("pg_user_mapping", Objects),
];

/// One of each.
const PLANTED: &str = r#"
CREATE SCHEMA planted;
SET search_path = planted;
CREATE EXTENSION citext;
CREATE TABLE a (id int PRIMARY KEY DEFAULT 1 CHECK (id > 0), b text);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER trg AFTER INSERT ON a EXECUTE FUNCTION f();
CREATE RULE r AS ON DELETE TO a DO INSTEAD NOTHING;
CREATE POLICY p ON a;
CREATE VIEW v AS SELECT 1 AS one;
CREATE TYPE e AS ENUM ('x');
CREATE DOMAIN d AS int CHECK (VALUE > 0);
CREATE ACCESS METHOD am TYPE TABLE HANDLER heap_tableam_handler;
CREATE LANGUAGE l HANDLER plpgsql_call_handler;
CREATE FUNCTION there(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'prsd_start';
CREATE TRANSFORM FOR int LANGUAGE l (FROM SQL WITH FUNCTION there(internal));
CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE COLLATION c (LOCALE = 'C');
CREATE FUNCTION less(a, a) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION compare(a, a) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE OPERATOR <<< (FUNCTION = less, LEFTARG = a, RIGHTARG = a);
CREATE OPERATOR FAMILY fam USING btree;
CREATE OPERATOR CLASS cls FOR TYPE a USING btree FAMILY fam AS OPERATOR 1 <<<, FUNCTION 1 compare(a, a);
CREATE CAST (e AS bytea) WITH INOUT;
CREATE TEXT SEARCH PARSER prs (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE tmpl (LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION cfg (PARSER = prs);
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'secret');
CREATE STATISTICS st ON id, b FROM a;
CREATE FUNCTION on_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER et ON sql_drop EXECUTE FUNCTION on_event();
CREATE PUBLICATION pub FOR TABLE a;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
SELECT lo_create(0);
GRANT EXECUTE ON FUNCTION pg_read_file(text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION citextin(cstring) TO pg_monitor;
"#;

fn planted(name: &str) -> QualifiedName {
    QualifiedName::new("planted", name)
}

/// What must be in the model.
fn addresses() -> Vec<Address> {
    let text = |text: &str| text.to_owned();
    vec![
        Address::Extension(text("citext")),
        Address::AccessMethod(text("am")),
        Address::Language(text("l")),
        Address::Transform(text("integer"), text("l")),
        Address::Conversion(planted("c")),
        Address::Collation(planted("c")),
        Address::Operator(planted("<<<"), text("planted.a"), text("planted.a")),
        Address::OperatorFamily(planted("fam"), text("btree")),
        Address::OperatorClass(planted("cls"), text("btree")),
        Address::Cast(text("planted.e"), text("bytea")),
        Address::TextSearchParser(planted("prs")),
        Address::TextSearchTemplate(planted("tmpl")),
        Address::TextSearchDictionary(planted("dict")),
        Address::TextSearchConfiguration(planted("cfg")),
        Address::ForeignDataWrapper(text("w")),
        Address::Server(text("s")),
        Address::UserMapping(text("s"), text("PUBLIC")),
        Address::Statistics(planted("st")),
        Address::EventTrigger(text("et")),
        Address::Publication(text("pub")),
        Address::Relation(planted("a")),
        Address::Trigger(planted("a"), text("trg")),
        Address::Rule(planted("a"), text("r")),
        Address::Policy(planted("a"), text("p")),
        Address::Constraint(planted("a"), text("a_id_check")),
        Address::Default(planted("a"), text("id")),
        Address::Type(planted("e")),
        Address::DomainConstraint(planted("d"), text("d_check")),
    ]
}

/// Whether the catalog has a statement that makes the object.
fn is_written(catalog: &Catalog, address: &Address) -> bool {
    let inside = match address {
        // Its statement has it.
        Address::Default(of, _) | Address::Constraint(of, _) => Some(Address::Relation(of.clone())),
        Address::DomainConstraint(of, _) => Some(Address::Type(of.clone())),
        _ => None,
    };
    let options = windlass::compiler::catalog::WriteOptions::default();
    catalog.statements(&options).iter().any(|written| {
        written.object == *address || inside.as_ref().is_some_and(|whole| written.object == *whole)
    })
}

#[tokio::test]
async fn every_system_catalog_of_this_server_has_a_fate() {
    let database = shared().await.database().await;
    let catalogs = database
        .query_column(
            "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' ORDER BY 1",
        )
        .await;
    let unknown: Vec<_> = catalogs
        .iter()
        .filter(|name| FATES.iter().all(|(known, _)| known != name))
        .collect();
    assert!(unknown.is_empty(), "decide what becomes of {unknown:?}");
}

#[tokio::test]
async fn one_row_of_every_kind_is_in_the_model_or_named() {
    let database = database(PLANTED).await;
    let version = shared().await.version().await;
    if version >= 15 {
        database
            .execute("CREATE PUBLICATION whole FOR TABLES IN SCHEMA planted")
            .await;
    }
    let subscription = database.create_role("").await;
    database
        .execute(&format!(
            "CREATE SUBSCRIPTION {subscription} CONNECTION 'dbname=x' PUBLICATION y WITH (connect = false, slot_name = NONE)"
        ))
        .await;
    for (name, fate) in FATES {
        let is_there = format!("SELECT count(*) FROM pg_class WHERE oid = to_regclass('pg_catalog.{name}')");
        if *fate != Objects || database.query_one_text(&is_there).await == "0" {
            continue;
        }
        let rows = format!("SELECT count(*) FROM pg_catalog.{name} WHERE oid >= 16384");
        let rows = database.query_one_text(&rows).await;
        assert_ne!(rows, "0", "nothing of {name} is planted");
    }
    let catalog = introspect(&database).await.catalog;
    let mut addresses = addresses();
    addresses.push(Address::Subscription(subscription));
    for address in &addresses {
        assert!(is_written(&catalog, address), "{address} is not written");
    }
    let named: Vec<_> = catalog
        .unmodelled
        .iter()
        .map(|unknown| unknown.description.as_str())
        .collect();
    assert_eq!(
        named,
        ["1 large object", "privileges of function pg_read_file(text)"]
    );
    let members: Vec<&str> = catalog
        .member_privileges
        .keys()
        .map(|member| member.object.as_str())
        .collect();
    assert_eq!(members, ["ROUTINE planted.citextin(cstring)"]);
    let default_privileges = catalog
        .objects
        .keys()
        .filter(|address| matches!(address, Address::DefaultPrivileges(..)));
    assert_eq!(default_privileges.count(), 1);
}

#[tokio::test]
async fn a_role_without_rights_sees_all_but_secrets_and_says_which() {
    let database = database(PLANTED).await;
    let subscription = database.create_role("").await;
    database
        .execute(&format!(
            "CREATE SUBSCRIPTION {subscription} CONNECTION 'dbname=x password=secret' PUBLICATION y WITH (connect = false, slot_name = NONE)"
        ))
        .await;
    let mut whole = introspect(&database).await.catalog;
    let nobody = database.create_role("").await;
    let client = database.connect_as(&nobody).await;
    let read = windlass::introspect::read(&client).await.unwrap();
    let unseen: Vec<_> = read.unseen.iter().map(|unseen| unseen.what.clone()).collect();
    assert_eq!(
        unseen,
        [
            "the options of the user mapping of PUBLIC on server s".to_owned(),
            format!("the connection of subscription {subscription}")
        ]
    );
    let secret = |catalog: &Catalog| format!("{:?}", catalog.objects).contains("secret");
    assert!(secret(&whole) && !secret(&read.catalog));
    for address in [
        Address::UserMapping("s".to_owned(), "PUBLIC".to_owned()),
        Address::Subscription(subscription),
    ] {
        let seen = read.catalog.objects[&address].clone();
        whole.objects.insert(address, seen);
    }
    assert_eq!(whole, read.catalog);
}
