//! What speaks against a backfill before its first batch: triggers that nobody thought of, a table that
//! replication refuses to change, a plan that reads another table in full for each batch.

use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use windlass_compiler::directive::Triggers;
use windlass_compiler::sql::{self, Change, ChangeKind, Mirror};

use super::facts::Facts;
use super::strategy::Access;
use super::task::Task;
use crate::error::{Error, ErrorKind, Result};
use crate::session;

/// Refuses what the catalog alone speaks against.
pub(super) fn preflight(task: &Task, facts: &Facts) -> Result<()> {
    let table = &task.change.changed;
    match task.options.triggers {
        Triggers::Fire => {}
        Triggers::Skip => passable(task, facts)?,
        Triggers::Refuse if facts.triggers.is_empty() => {}
        Triggers::Refuse => {
            let error = Error::new(
                ErrorKind::Refused,
                format!(
                    "backfill {} would fire triggers of {table}: {}",
                    task.name,
                    facts.triggers.join(", ")
                ),
            );
            if task.is_of_form {
                return Err(error
                    .hint("they came since its safe form was made, which does not fire triggers for what it fills")
                    .hint(disabling(task)));
            }
            return Err(error
                .hint("if that is meant, add triggers=fire to the backfill's directive")
                .hint("if the rows are to change past them, as ALTER TABLE writes rows, add triggers=skip"));
        }
    }
    if let Some(publication) = facts.publications.first() {
        let verb = if task.change.kind == ChangeKind::Delete {
            "DELETE"
        } else {
            "UPDATE"
        };
        return Err(Error::new(
            ErrorKind::Refused,
            format!("{table} is in publication {publication} and has no replica identity, so PostgreSQL refuses {verb} (55000)"),
        )
        .hint(format!("add a primary key, or ALTER TABLE {table} REPLICA IDENTITY FULL")));
    }
    Ok(())
}

/// Refuses to pass over triggers where others fire then, or where constraints rest on triggers.
fn passable(task: &Task, facts: &Facts) -> Result<()> {
    let (name, table) = (&task.name, &task.change.changed);
    if !facts.unpassable.is_empty() {
        let error = Error::new(
            ErrorKind::Refused,
            format!(
                "backfill {name} skips triggers, but these of {table} fire all the same (ENABLE ALWAYS or REPLICA): {}",
                facts.unpassable.join(", ")
            ),
        );
        return Err(match task.is_of_form {
            true => error.hint(format!(
                "change them to ordinary ones (ALTER TABLE {table} ENABLE TRIGGER name), run the same command again, and change \
                 them back behind it"
            )),
            false => error
                .hint("if that is meant, write triggers=fire in the backfill's directive: then the others fire, too")
                .hint(format!(
                    "or change them to ordinary ones first, in a statement before: ALTER TABLE {table} ENABLE TRIGGER name"
                )),
        });
    }
    if !facts.unchecked.is_empty() {
        return Err(Error::new(
            ErrorKind::Refused,
            format!(
                "backfill {name} skips triggers, and with them the check of these constraints: {}",
                facts.unchecked.join(", ")
            ),
        )
        .hint("PostgreSQL checks foreign keys, and keys that are DEFERRABLE, by triggers")
        .hint(match task.is_of_form {
            true => "drop them, run the same command again, and add them behind it: a foreign key NOT VALID, then VALIDATE CONSTRAINT",
            false => "write triggers=fire in the backfill's directive, or change other columns",
        }));
    }
    Ok(())
}

/// What helps a safe form where triggers are in its way.
fn disabling(task: &Task) -> String {
    let table = &task.change.changed;
    format!(
        "ALTER TABLE {table} DISABLE TRIGGER name, run the same command again, and ENABLE it behind: nor does it fire for what the \
         application writes meanwhile"
    )
}

/// Makes sure that the session may pass over triggers. To try it is the only answer that holds everywhere: providers
/// let roles do it that are no superusers.
pub(crate) async fn may_skip_triggers(client: &Client, names: &[&str]) -> Result<()> {
    let tried = client
        .query_typed_one(
            "SELECT pg_catalog.set_config('session_replication_role', 'replica', true)",
            &[],
        )
        .await;
    match tried {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            let role = client
                .query_typed_one("SELECT pg_catalog.quote_ident(CURRENT_USER)", &[])
                .await
                .map_err(session::lost)?;
            let role: String = role.get(0);
            Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "{role} may not pass over triggers, as {} {} to (triggers=skip)",
                    if names.len() == 1 { "backfill" } else { "backfills" },
                    match names {
                        [name] => format!("{name} is"),
                        names => format!("{} are", names.join(", ")),
                    }
                ),
            )
            .with_sqlstate("42501")
            .hint(format!(
                "PostgreSQL 15 and later, as a superuser: GRANT SET ON PARAMETER session_replication_role TO {role}"
            ))
            .hint("before 15 only a superuser may: run it as one")
            .hint("or write the change as a backfill of your own with triggers=fire: then the table's triggers fire for each row"))
        }
        Err(error) => Err(session::lost(error)),
    }
}

/// The mirrors that are certainly the same: of a type whose order and equality are the key's.
pub(super) async fn accepted_mirrors(client: &Client, task: &Task, access: &Access) -> Result<Vec<Mirror>> {
    let Access::Key(columns) = access else {
        return Ok(Vec::new());
    };
    let [key] = columns.as_slice() else {
        return Ok(Vec::new());
    };
    let found = sql::mirrors(&task.statement, &task.change.target, &key.name).unwrap_or_default();
    let mut accepted = Vec::new();
    for mirror in found {
        // A probe that does not stand alone (a lateral one) is no mirror.
        let Ok(probe) = client.prepare(&mirror.probe).await else {
            continue;
        };
        let kind = probe
            .columns()
            .first()
            .map(|column| column.type_().name().to_owned());
        if kind.is_some_and(|kind| same_order(&key.base, &kind)) {
            accepted.push(mirror);
        }
    }
    Ok(accepted)
}

/// Whether a range of one type is the same range of the other.
fn same_order(key: &str, other: &str) -> bool {
    const INTEGERS: [&str; 3] = ["int2", "int4", "int8"];
    const PLAIN: [&str; 5] = ["uuid", "date", "timestamp", "timestamptz", "oid"];
    (INTEGERS.contains(&key) && INTEGERS.contains(&other)) || (key == other && PLAIN.contains(&key))
}

/// A table that a plan reads in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FullScan {
    /// As SQL names it.
    pub(super) relation: String,
    /// It is read for each row, not once for each batch.
    pub(super) each_row: bool,
}

/// The full scans of other tables in a plan (EXPLAIN's JSON, VERBOSE).
pub(super) fn full_scans(plan: &Value, change: &Change, partitions: &[String]) -> Vec<FullScan> {
    let mut found = Vec::new();
    let mut own: Vec<&str> = partitions.iter().map(String::as_str).collect();
    own.push(&change.target.relation.name);
    own.push(&change.changed.name);
    if let Some(root) = plan.get(0).and_then(|first| first.get("Plan")) {
        walk(root, false, &own, &mut found);
    }
    found
}

fn walk(node: &Value, each_row: bool, own: &[&str], found: &mut Vec<FullScan>) {
    let text = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
    let is_full = match text("Node Type") {
        "Seq Scan" => true,
        "Index Scan" | "Index Only Scan" => node.get("Index Cond").is_none(),
        _ => false,
    };
    let name = text("Relation Name");
    if is_full && !name.is_empty() && !own.contains(&name) {
        let schema = text("Schema");
        let scan = FullScan {
            relation: sql::RelationName::new((!schema.is_empty()).then_some(schema), name).to_string(),
            each_row,
        };
        if !found.contains(&scan) {
            found.push(scan);
        }
    }
    let is_loop = text("Node Type") == "Nested Loop";
    let filters = node.to_string();
    for child in node.get("Plans").and_then(Value::as_array).into_iter().flatten() {
        let role = child
            .get("Parent Relationship")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let subplan = child
            .get("Subplan Name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let kind = child.get("Node Type").and_then(Value::as_str).unwrap_or_default();
        let repeats = match role {
            "SubPlan" => !filters.contains(&format!("hashed {subplan}")),
            "Inner" => is_loop && kind != "Materialize" && kind != "Memoize",
            "InitPlan" => false,
            _ => each_row,
        };
        walk(child, repeats, own, found);
    }
}

/// Refuses a batch whose plan reads another table in full, unless that one is small.
pub(super) async fn explain(client: &Client, task: &Task, sql: &str, partitions: &[String]) -> Result<()> {
    let failed = |error| session::failed(error, &format!("line {}: failed to plan a batch", task.line));
    let row = client
        .query_typed_one(&format!("EXPLAIN (FORMAT JSON, VERBOSE) {sql}"), &[])
        .await
        .map_err(failed)?;
    let plan: Value = row.get(0);
    for scan in full_scans(&plan, &task.change, partitions) {
        // Eight megabytes are read in some milliseconds; for each row even half of one is too much.
        let most: i64 = if scan.each_row {
            512 * 1024
        } else {
            8 * 1024 * 1024
        };
        let row = client
            .query_typed_one(
                "SELECT coalesce(pg_catalog.pg_relation_size(pg_catalog.to_regclass($1)), 0)",
                &[(&scan.relation, Type::TEXT)],
            )
            .await
            .map_err(session::lost)?;
        let size: i64 = row.get(0);
        if size > most {
            let each = if scan.each_row { "row" } else { "batch" };
            return Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "backfill {} would read all of {} ({:.0} MB) for each {each}",
                    task.name,
                    scan.relation,
                    size as f64 / 1024.0 / 1024.0
                ),
            )
            .hint(format!(
                "CREATE INDEX CONCURRENTLY on the column of {} that is compared, in an earlier statement",
                scan.relation
            ))
            .hint(format!(
                "and compare it with the key: SET … = (SELECT … FROM {} AS other WHERE other.… = {}.…)",
                scan.relation, task.change.target.qualifier
            ))
            .hint(format!(
                "line {}: {}",
                task.line,
                crate::run::one_line(&task.statement)
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scans(plan: &Value) -> Vec<(String, bool)> {
        let change = sql::change("UPDATE leads SET d = 1", None).expect("it can be cut");
        full_scans(&json!([{ "Plan": plan }]), &change, &[])
            .into_iter()
            .map(|scan| (scan.relation, scan.each_row))
            .collect()
    }

    #[test]
    fn another_table_read_in_full_is_found_and_the_own_one_is_not() {
        let plan = json!({ "Node Type": "ModifyTable", "Plans": [
            { "Node Type": "Hash Join", "Parent Relationship": "Outer", "Plans": [
                { "Node Type": "Seq Scan", "Relation Name": "leads", "Parent Relationship": "Outer" },
                { "Node Type": "Hash", "Parent Relationship": "Inner", "Plans": [
                    { "Node Type": "Seq Scan", "Relation Name": "call_log", "Schema": "public",
                      "Parent Relationship": "Outer" }] }] }] });
        assert_eq!(scans(&plan), [("public.call_log".to_owned(), false)]);
    }

    #[test]
    fn a_subplan_is_read_for_each_row_unless_it_is_hashed() {
        let plan = |filter: &str| {
            json!({ "Node Type": "Index Scan", "Relation Name": "leads", "Index Cond": "x", "Filter": filter,
                    "Plans": [{ "Node Type": "Seq Scan", "Relation Name": "call_log",
                                "Parent Relationship": "SubPlan", "Subplan Name": "SubPlan 1" }] })
        };
        assert_eq!(scans(&plan("(SubPlan 1)")), [("call_log".to_owned(), true)]);
        assert_eq!(
            scans(&plan("(hashed SubPlan 1)")),
            [("call_log".to_owned(), false)]
        );
    }

    #[test]
    fn a_look_up_by_index_is_fine_and_an_index_read_from_end_to_end_is_not() {
        let by_key =
            json!({ "Node Type": "Index Scan", "Relation Name": "call_log", "Index Cond": "(lead_id = 1)" });
        assert_eq!(scans(&by_key), []);
        let whole = json!({ "Node Type": "Index Scan", "Relation Name": "call_log" });
        assert_eq!(scans(&whole).len(), 1);
    }
}
