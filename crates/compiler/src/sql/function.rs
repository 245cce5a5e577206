//! PostgreSQL's own functions: which of them a statement may call without doing something unseen,
//! and which give another value for each row.

/// What is known of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// The same value within a statement.
    Stable,
    /// Perhaps another value for each row; touches nothing that its arguments do not show.
    Volatile,
    /// Not PostgreSQL's own, or it runs SQL that is given as text.
    Opaque,
}

/// Names in `pg_catalog` of PostgreSQL 15.18 and 18.4, those with a volatile overload marked:
/// `SELECT proname, bool_or(provolatile = 'v') FROM pg_proc … GROUP BY proname`, sorted.
static FUNCTIONS: &str = include_str!("functions.txt");

/// PostgreSQL's own functions that execute SQL from their arguments, or delete what has no table.
const RUNS_SQL: [&str; 9] = [
    "cursor_to_xml",
    "database_to_xml",
    "lo_unlink",
    "query_to_xml",
    "query_to_xml_and_xmlschema",
    "query_to_xmlschema",
    "schema_to_xml",
    "ts_rewrite",
    "ts_stat",
];

/// What is known of the function that these words name. A name without a schema is taken for
/// PostgreSQL's own, which is found first unless search_path says otherwise.
pub(super) fn known(words: &[&str]) -> Function {
    let name = match words {
        [name] | ["pg_catalog", name] => *name,
        _ => return Function::Opaque,
    };
    if RUNS_SQL.contains(&name) {
        return Function::Opaque;
    }
    let line = FUNCTIONS.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with(' ')).then_some(rest)
    });
    match line {
        Some("") => Function::Stable,
        Some(_) => Function::Volatile,
        None => Function::Opaque,
    }
}

/// Types in `pg_catalog` that a column can have, as SQL and PostgreSQL name them. A domain, an enum or
/// an extension's type is none of them.
const TYPES: [&str; 66] = [
    "aclitem",
    "bit",
    "bool",
    "box",
    "bpchar",
    "bytea",
    "char",
    "cid",
    "cidr",
    "circle",
    "date",
    "datemultirange",
    "daterange",
    "float4",
    "float8",
    "inet",
    "int2",
    "int2vector",
    "int4",
    "int4multirange",
    "int4range",
    "int8",
    "int8multirange",
    "int8range",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_lsn",
    "pg_snapshot",
    "point",
    "polygon",
    "refcursor",
    "regclass",
    "regtype",
    "text",
    "tid",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "uuid",
    "varbit",
    "varchar",
    "xid",
    "xid8",
    "xml",
];

/// Whether these words name one of PostgreSQL's own column types.
pub(super) fn is_own_type(words: &[&str]) -> bool {
    match words {
        [name] | ["pg_catalog", name] => TYPES.contains(name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgresqls_own_functions_are_known_and_others_are_not() {
        assert_eq!(known(&["now"]), Function::Stable);
        assert_eq!(known(&["pg_catalog", "lower"]), Function::Stable);
        assert_eq!(known(&["clock_timestamp"]), Function::Volatile);
        assert_eq!(known(&["uuidv7"]), Function::Volatile);
        assert_eq!(known(&["app", "now"]), Function::Opaque);
        assert_eq!(known(&["no"]), Function::Opaque);
        assert_eq!(known(&["query_to_xml"]), Function::Opaque);
    }
}
