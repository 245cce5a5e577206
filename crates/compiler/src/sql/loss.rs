//! What a statement takes away, as queries that count it.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::{DeleteStmt, SelectStmt};

use super::{AlterKind, ObjectKind, RelationName, Statement, parse, quote_identifier, with_tree};

/// Something that goes away, and how to count it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// Rows of a table.
    Rows {
        /// The table.
        relation: RelationName,
        /// A query for their number.
        query: String,
    },
    /// The values of a column, NULL not counted.
    Column {
        /// The table.
        relation: RelationName,
        /// The column.
        column: String,
        /// A query for their number.
        query: String,
    },
    /// Every table of a schema.
    Schema(String),
}

/// What `sql` takes away. Empty when it takes nothing away, and when it does not say what.
pub fn losses(sql: &str) -> Vec<Loss> {
    let Ok(statement) = parse(sql) else {
        return Vec::new();
    };
    let all = |relation: RelationName| Loss::Rows {
        query: format!("SELECT count(*) FROM {relation}"),
        relation,
    };
    match statement {
        Statement::Drop {
            object: ObjectKind::Table,
            relations,
            ..
        }
        | Statement::Truncate { relations, .. } => relations.into_iter().map(all).collect(),
        Statement::Drop {
            object: ObjectKind::Schema,
            names,
            ..
        } => names.into_iter().map(|name| Loss::Schema(name.name)).collect(),
        Statement::Alter {
            object: ObjectKind::Table,
            relation,
            commands,
            ..
        } => commands
            .into_iter()
            .filter(|command| command.kind == AlterKind::DropColumn)
            .filter_map(|command| command.name)
            .map(|column| Loss::Column {
                query: format!("SELECT count({}) FROM {relation}", quote_identifier(&column)),
                relation: relation.clone(),
                column,
            })
            .collect(),
        Statement::Change { kind: "delete", .. } => deleted(sql).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// A DELETE that keeps the rows that it takes, as they were, in the table `into`; none where it cannot be one: it
/// returns rows itself, or other changes are in its WITH.
pub fn keeping(sql: &str, into: &str) -> Option<String> {
    let delete: DeleteStmt = with_tree(sql, |tree| match tree {
        Node::DeleteStmt(delete) => Some(*delete),
        _ => None,
    })
    .ok()??;
    let target = delete.relation?;
    let row = quote_identifier(
        target
            .alias
            .as_ref()
            .map_or(&target.relname, |alias| &alias.aliasname),
    );
    let changes = |node: &pg_query::protobuf::Node| match &node.node {
        Some(Node::CommonTableExpr(query)) => {
            let query = query.ctequery.as_ref().and_then(|query| query.node.as_ref());
            !matches!(query, Some(Node::SelectStmt(_)))
        }
        _ => true,
    };
    let with = delete.with_clause.iter().flat_map(|with| &with.ctes);
    if delete.returning_clause.is_some() || with.into_iter().any(changes) {
        return None;
    }
    // A bare name would be the column of that name, where there is one. The statement may end in a comment.
    Some(format!(
        "WITH windlass_gone AS (\n{}\nRETURNING coalesce({row}.*) AS windlass_row\n)\n\
         INSERT INTO {into} SELECT (windlass_gone.windlass_row).* FROM windlass_gone",
        sql.trim_end().trim_end_matches(';')
    ))
}

/// The rows of a DELETE: those that its own conditions find.
fn deleted(sql: &str) -> Option<Loss> {
    let delete: DeleteStmt = with_tree(sql, |tree| match tree {
        Node::DeleteStmt(delete) => Some(*delete),
        _ => None,
    })
    .ok()??;
    let target = delete.relation?;
    let qualifier = target
        .alias
        .as_ref()
        .map_or(&target.relname, |alias| &alias.aliasname);
    // A join may find a row more than once, and a ctid says which row only within its partition.
    let count = if delete.using_clause.is_empty() {
        "SELECT count(*)".to_owned()
    } else {
        let row = quote_identifier(qualifier);
        format!("SELECT count(DISTINCT ({row}.tableoid, {row}.ctid))")
    };
    // Parsed, not made: a deparser in C ends the process over a field that was left out.
    let mut select: SelectStmt = with_tree(&count, |tree| match tree {
        Node::SelectStmt(select) => Some(*select),
        _ => None,
    })
    .ok()??;
    let schema = (!target.schemaname.is_empty()).then_some(target.schemaname.as_str());
    let relation = RelationName::new(schema, &target.relname);
    let own = pg_query::protobuf::Node {
        node: Some(Node::RangeVar(target)),
    };
    select.from_clause = [own].into_iter().chain(delete.using_clause).collect();
    select.where_clause = delete.where_clause;
    select.with_clause = delete.with_clause;
    let query = Node::SelectStmt(Box::new(select))
        .deparse(Default::default())
        .ok()?;
    Some(Loss::Rows { relation, query })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delete_can_keep_what_it_takes() {
        let kept = keeping("DELETE FROM leads AS l WHERE l.id = 1 -- old", "kept").expect("it can");
        assert_eq!(
            kept,
            "WITH windlass_gone AS (\nDELETE FROM leads AS l WHERE l.id = 1 -- old\nRETURNING coalesce(l.*) AS windlass_row\n)\n\
             INSERT INTO kept SELECT (windlass_gone.windlass_row).* FROM windlass_gone"
        );
        assert!(keeping("WITH a AS (SELECT 1) DELETE FROM leads", "kept").is_some());
        for sql in [
            "DELETE FROM leads RETURNING id",
            "WITH a AS (DELETE FROM calls RETURNING id) DELETE FROM leads USING a WHERE a.id = leads.id",
            "UPDATE leads SET id = 1",
        ] {
            assert_eq!(keeping(sql, "kept"), None, "{sql}");
        }
    }

    fn queries(sql: &str) -> Vec<String> {
        let query = |loss| match loss {
            Loss::Rows { query, .. } | Loss::Column { query, .. } => query,
            Loss::Schema(name) => format!("all of {name}"),
        };
        losses(sql).into_iter().map(query).collect()
    }

    #[test]
    fn what_goes_away_is_counted_by_a_query() {
        for (sql, counts) in [
            (
                "DROP TABLE a.t, \"T\" CASCADE",
                &["SELECT count(*) FROM a.t", "SELECT count(*) FROM \"T\""][..],
            ),
            ("TRUNCATE t", &["SELECT count(*) FROM t"]),
            (
                "ALTER TABLE t DROP COLUMN \"C d\", ADD e int, DROP f",
                &["SELECT count(\"C d\") FROM t", "SELECT count(f) FROM t"],
            ),
            ("DROP SCHEMA s CASCADE", &["all of s"]),
            (
                "DELETE FROM t AS x WHERE x.a = 1",
                &["SELECT count(*) FROM t x WHERE x.a = 1"],
            ),
            (
                "DELETE FROM t USING u WHERE t.a = u.a",
                &["SELECT count(DISTINCT (t.tableoid, t.ctid)) FROM t, u WHERE t.a = u.a"],
            ),
            ("ALTER TABLE t ADD c int", &[]),
            ("DROP INDEX i", &[]),
            ("SELECT purge()", &[]),
        ] {
            assert_eq!(queries(sql), counts, "{sql}");
        }
    }
}
