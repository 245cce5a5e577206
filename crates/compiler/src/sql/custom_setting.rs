//! Settings that PostgreSQL does not know, such as `app.tenant`. `pg_settings` does not list them, so those that a
//! statement makes are found by name.

use pg_query::NodeEnum as Node;
use serde_json::Value;

use super::with_tree;

/// The custom settings that `sql` makes for its session: by SET, or by `set_config` with a literal name. Those that end
/// with the transaction are left out.
pub fn custom_settings(sql: &str) -> Vec<String> {
    let found = with_tree(sql, |tree| match tree {
        Node::VariableSetStmt(set) if set.is_local => Vec::new(),
        Node::VariableSetStmt(set) => vec![set.name],
        other => {
            let mut names = Vec::new();
            calls(&serde_json::to_value(&other).unwrap_or_default(), &mut names);
            names
        }
    });
    let mut names = found.unwrap_or_default();
    names.retain(|name| name.contains('.') && !name.starts_with("windlass."));
    names
}

/// The names in `set_config('name', …, false)`, wherever it is called.
fn calls(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| calls(item, names)),
        Value::Object(fields) => {
            names.extend(fields.get("FuncCall").and_then(name_set));
            fields.values().for_each(|inner| calls(inner, names));
        }
        _ => {}
    }
}

fn name_set(call: &Value) -> Option<String> {
    let function = call.get("funcname")?.as_array()?.last()?;
    if function.pointer("/node/String/sval")?.as_str()? != "set_config" {
        return None;
    }
    let arguments = call.get("args")?.as_array()?;
    let constant = |at: usize| arguments.get(at)?.pointer("/node/AConst/val");
    if constant(2).and_then(|value| value.pointer("/Boolval/boolval")?.as_bool()) == Some(true) {
        return None;
    }
    Some(constant(0)?.pointer("/Sval/sval")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_session_are_found_and_those_of_the_transaction_not() {
        for (sql, names) in [
            ("SET app.tenant = '7'", &["app.tenant"][..]),
            (
                "SELECT set_config('app.a', 'x', false), pg_catalog.set_config('app.b', y, z) FROM t",
                &["app.a", "app.b"],
            ),
            ("INSERT INTO t SELECT set_config('app.a', 'x', false)", &["app.a"]),
            ("SET LOCAL app.tenant = '7'", &[]),
            ("SELECT set_config('app.a', 'x', true)", &[]),
            ("SET search_path = app", &[]),
            ("SELECT set_config(name, 'x', false) FROM settings", &[]),
        ] {
            assert_eq!(custom_settings(sql), names, "{sql}");
        }
    }
}
