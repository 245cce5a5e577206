//! What sets a trigger or a rule off, as its definition says it.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::CmdType;

use super::with_tree;

/// `TRIGGER_TYPE_UPDATE` of PostgreSQL's pg_trigger.h.
const UPDATE: i32 = 1 << 4;

/// Whether an UPDATE that sets these columns sets the trigger or rule off, its own condition aside; none where the
/// definition is not understood.
pub fn is_set_off_by_update(definition: &str, columns: &[&str]) -> Option<bool> {
    let found = with_tree(definition, |tree| match tree {
        Node::CreateTrigStmt(trigger) => {
            let named = |column: &pg_query::protobuf::Node| match &column.node {
                Some(Node::String(name)) => columns.contains(&name.sval.as_str()),
                _ => true,
            };
            let is_about = trigger.columns.is_empty() || trigger.columns.iter().any(named);
            Some(trigger.events & UPDATE != 0 && is_about)
        }
        Node::RuleStmt(rule) => Some(rule.event == CmdType::CmdUpdate as i32),
        _ => None,
    });
    found.ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_is_set_off_by_its_event_and_its_columns() {
        for (definition, expected) in [
            (
                "CREATE TRIGGER a AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
                Some(true),
            ),
            (
                "CREATE TRIGGER a AFTER INSERT OR UPDATE ON t EXECUTE FUNCTION f()",
                Some(true),
            ),
            (
                "CREATE TRIGGER a AFTER INSERT OR DELETE ON t EXECUTE FUNCTION f()",
                Some(false),
            ),
            (
                "CREATE TRIGGER a BEFORE UPDATE OF n, m ON t FOR EACH ROW EXECUTE FUNCTION f()",
                Some(true),
            ),
            (
                "CREATE TRIGGER a BEFORE UPDATE OF m ON t FOR EACH ROW EXECUTE FUNCTION f()",
                Some(false),
            ),
            ("CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING", Some(true)),
            ("CREATE RULE r AS ON INSERT TO t DO ALSO NOTIFY x", Some(false)),
            ("CREATE TABLE t ()", None),
            ("no SQL", None),
        ] {
            assert_eq!(is_set_off_by_update(definition, &["n"]), expected, "{definition}");
        }
    }
}
