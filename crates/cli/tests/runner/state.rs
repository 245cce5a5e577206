//! What a database holds, to compare an interrupted run with an undisturbed one.

use windlass_testkit::Database;

/// Everything that must be as after an undisturbed run: schema, data, journal.
pub(crate) async fn state(database: &Database) -> Vec<String> {
    const FACTS: &[&str] = &[
        "SELECT attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull \
           FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid \
          WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped ORDER BY 1",
        "SELECT pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indrelid \
          WHERE relnamespace = 'public'::regnamespace OR NOT indisvalid ORDER BY 1",
        "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated FROM pg_constraint \
          WHERE connamespace = 'public'::regnamespace ORDER BY 1",
        "SELECT inhrelid::regclass || ' of ' || inhparent::regclass || ' ' || inhdetachpending FROM pg_inherits ORDER BY 1",
        "SELECT enumlabel FROM pg_enum ORDER BY 1",
        "SELECT concat_ws(' ', revision_id, state, direction, checksum, directives_checksum, down_checksum, parents, plan) \
           FROM windlass.revision ORDER BY position",
        "SELECT concat_ws(' ', revision_id, direction, number, state, lane, title, warning, session, error) \
           FROM windlass.step ORDER BY revision_id, direction, number",
        "SELECT concat_ws(' ', name, revision_id, step, state, definition, strategy - 'tables', pass, error) \
           FROM windlass.backfill ORDER BY name",
        "SELECT concat_ws(' ', name, pass, partition, tenant, upper_bound, cursor, state, rows_done, rows_seen, worker) \
           FROM windlass.backfill_range ORDER BY name, number",
        "SELECT name FROM windlass.backfill_worker",
        "SELECT concat_ws(' ', revision_id, action, checksum, detail) FROM windlass.history ORDER BY entry",
        "SELECT journal_version::text FROM windlass.leader",
    ];
    let mut state = Vec::new();
    for facts in FACTS {
        state.extend(database.query_column(facts).await);
    }
    let tables = "SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1";
    for table in database.query_column(tables).await {
        let rows =
            format!("SELECT coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM {table} AS t");
        state.push(format!("{table}: {}", database.query_one_text(&rows).await));
    }
    state
}
