//! What a script leaves behind in its session: kept for the next step, put back, cleaned up.

use tokio_postgres::Client;
use windlass_compiler::plan::Step;
use windlass_compiler::sql::quote_literal;

use crate::error::Result;
use crate::session;

/// The settings unknown to PostgreSQL that the step makes, and those that it found (`session`).
pub(in crate::run) fn custom_settings(step: &Step, session: Option<&str>) -> Vec<String> {
    let found: serde_json::Map<String, serde_json::Value> = session
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let found = found
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name.contains('.'));
    let made = step
        .statements
        .iter()
        .filter(|statement| statement.changes_session);
    let made = made.flat_map(|statement| windlass_compiler::sql::custom_settings(&statement.sql));
    let mut names: Vec<String> = found.chain(made).collect();
    names.sort();
    names.dedup();
    names
}

/// The SQL that puts back what [`journal::save_session`] collected; none when that is nothing.
/// Names and values are literals, so nothing of it is interpreted.
pub(crate) fn replay(session: &str) -> Option<String> {
    let settings: serde_json::Map<String, serde_json::Value> = serde_json::from_str(session).ok()?;
    // Whose session it is decides what its role can be, and sets it.
    let is_whose = |(name, _): &(&String, &serde_json::Value)| *name == "session_authorization";
    let (whose, rest): (Vec<_>, Vec<_>) = settings.iter().partition(is_whose);
    let calls: Vec<String> = whose
        .into_iter()
        .chain(rest)
        .filter_map(|(name, value)| {
            let value = value.as_str()?;
            Some(format!(
                "pg_catalog.set_config({}, {}, false)",
                quote_literal(name),
                quote_literal(value)
            ))
        })
        .collect();
    (!calls.is_empty()).then(|| format!("SELECT {}", calls.join(", ")))
}

/// Ends what a script may have left behind in the session, but keeps our own locks.
pub(crate) async fn clean(client: &Client) -> Result<()> {
    client.batch_execute(&cleaning()).await.map_err(session::lost)
}

/// What [`clean`] sends.
pub(in crate::run) fn cleaning() -> String {
    let ours = crate::mutex::LOCK_CLASS.to_string();
    format!(
        "RESET SESSION AUTHORIZATION; RESET ALL; DEALLOCATE ALL; CLOSE ALL; UNLISTEN *; {}",
        include_str!("../unlock.sql").replace("$1", &ours)
    )
}

/// SET ROLE to the configured role, or to none.
pub(crate) fn set_role(role: Option<&str>) -> String {
    format!(
        "SET ROLE {}",
        role.map_or_else(|| "NONE".to_owned(), quote_literal)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_set_is_put_back_as_literals() {
        let sql = replay(r#"{"search_path":"a'b, \\c"}"#);
        assert_eq!(
            sql.as_deref(),
            Some(r"SELECT pg_catalog.set_config('search_path', E'a''b, \\c', false)")
        );
        assert_eq!(replay("{}"), None);
    }
}
