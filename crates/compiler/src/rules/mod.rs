//! Hazards: one file each, with its reason, an unsafe and a safe example, and the check. A check is a pure function
//! over a statement, its effect, the catalog where there is one, the server's version, and what the statements
//! before have made. How findings are shown is left to whoever asks; executing a safe form is `plan`'s.

mod case;
mod compose;
mod facts;
mod fill;
mod finding;
mod page;
mod rewrite;
mod script;
mod seen;
mod swap;

mod attach_scan;
mod backfill_predicate_index;
mod blocking_detach;
mod blocking_index_build;
mod blocking_index_drop;
mod blocking_refresh;
mod blocking_reindex;
mod blocking_unique_constraint;
mod change_default;
mod char_type;
mod check_dropped_too_soon;
mod check_in_new_column;
mod checked_virtual_column;
mod column_type_check_scan;
mod column_type_index_rebuild;
mod column_type_rewrite;
mod column_type_used_by_view;
mod composite_type_change;
mod concurrent_index_corruption;
mod concurrent_index_on_partitioned;
mod concurrently_in_transaction;
mod constrained_domain_column;
mod disabled_triggers;
mod domain_constraint;
mod drop_cascade;
mod drop_column;
mod drop_foreign_key;
mod drop_not_null;
mod drop_partition;
mod drop_table;
mod enforce_constraint;
mod enum_value_in_transaction;
mod exclusion_constraint;
mod foreign_key_in_new_column;
mod foreign_key_in_new_table;
mod foreign_key_type_mismatch;
mod foreign_key_without_index;
mod hash_index;
mod index_dropped_before_replacement;
mod index_renamed_as_table;
mod invalid_index_kept;
mod json_column;
mod lost_statistics;
mod many_locks_at_once;
mod missing_lock_timeout;
mod money_type;
mod narrow_sequence;
mod new_serial_column;
mod not_null_over_not_valid;
mod not_valid_on_partitioned;
mod nullable_primary_key;
mod partition_of;
mod redundant_index;
mod rename_column;
mod rename_table;
mod renamed_enum_value;
mod required_column;
mod sequence_lock;
mod serial_type;
mod set_expression;
mod set_not_null;
mod setting_lost_in_pool;
mod several_foreign_keys;
mod small_key_type;
mod stale_prepared_plan;
mod stored_generated_column;
mod table_rewrite;
mod timeout_on_long_work;
mod timestamp_without_time_zone;
mod transaction_timeout;
mod truncate;
mod unbatched_change;
mod unique_in_new_column;
mod validate_in_same_statement;
mod validate_in_same_transaction;
mod validated_check;
mod validated_foreign_key;
mod varchar_length;
mod volatile_default;
mod wide_index;
mod work_under_lock;

pub use case::{Runner, SMALL, Surroundings};
pub use compose::safe_form;
pub use finding::{Finding, Safe, written};
pub use page::page;
pub(crate) use script::unknown_rule;
pub use script::{Checker, Edit, Readable, Report, check_file, check_read, fixes};

use case::Case;

use crate::diagnostic::Severity;

/// A hazard.
#[derive(Debug)]
pub struct Rule {
    /// Its name, which reads well behind `allow`.
    pub id: &'static str,
    /// Error: it hurts, or fails, on a live database. Warning: it may break whoever still uses what changes.
    /// Note: a matter of taste, or of the next deploy.
    pub severity: Severity,
    /// Where the documentation has it.
    pub section: Section,
    /// What PostgreSQL does, and whom it hurts.
    pub why: &'static str,
    /// SQL that the check finds, on the tables of `given.sql`.
    pub unsafe_sql: &'static str,
    /// SQL that gets to the same place, or as near as one can, and that the check does not find.
    pub safe_sql: &'static str,
    /// What the example does to a server that has it, so that tests can see the difference.
    pub harm: Harm,
    /// What squawk calls it, for `-- squawk-ignore`.
    pub squawk: &'static [&'static str],
    check: fn(&Case) -> Option<Finding>,
}

/// Sections of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Columns.
    Columns,
    /// Constraints.
    Constraints,
    /// Indexes, and what maintains tables.
    Indexes,
    /// Tables, partitions and other objects.
    Objects,
    /// Transactions and sessions.
    Sessions,
}

impl Section {
    /// Every section, in order.
    pub const ALL: [Self; 5] = [
        Self::Columns,
        Self::Constraints,
        Self::Indexes,
        Self::Objects,
        Self::Sessions,
    ];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Columns => "Columns",
            Self::Constraints => "Constraints",
            Self::Indexes => "Indexes and maintenance",
            Self::Objects => "Tables, partitions and other objects",
            Self::Sessions => "Transactions and sessions",
        }
    }
}

/// What the unsafe example does to a server that the safe one does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// Reads or writes wait while rows are read or written, or for stronger or more locks.
    Blocks,
    /// This query, of the application as it was, fails afterwards.
    Breaks(&'static str),
    /// It fails, with this SQLSTATE.
    Fails(&'static str),
    /// Nothing that a server shows at once: the reason in words.
    Later(&'static str),
    /// As `Later`, on this major version and newer only: the others do not take the example.
    LaterFrom(u32, &'static str),
    /// As `Blocks`, on this major version and newer only.
    BlocksFrom(u32),
    /// As `Fails`, on majors before this one only.
    FailsBefore(u32, &'static str),
    /// As `Fails`, on this major and newer only.
    FailsFrom(u32, &'static str),
}

/// What `allow` can name beside rules: what comes with a safe form and an application may notice.
pub const PERMISSIONS: [&str; 3] = [swap::PERMISSION, swap::PUBLISHED, rewrite::EARLY_ROWS];

/// The tables that all examples stand on.
pub const GIVEN: &str = include_str!("given.sql");

/// The rule of that name.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}

/// Every rule, in the order of the documentation.
pub static RULES: &[&Rule] = &[
    &volatile_default::RULE,
    &new_serial_column::RULE,
    &stored_generated_column::RULE,
    &checked_virtual_column::RULE,
    &constrained_domain_column::RULE,
    &check_in_new_column::RULE,
    &unique_in_new_column::RULE,
    &foreign_key_in_new_column::RULE,
    &required_column::RULE,
    &json_column::RULE,
    &drop_column::RULE,
    &rename_column::RULE,
    &set_not_null::RULE,
    &check_dropped_too_soon::RULE,
    &not_null_over_not_valid::RULE,
    &drop_not_null::RULE,
    &change_default::RULE,
    &column_type_rewrite::RULE,
    &column_type_index_rebuild::RULE,
    &column_type_check_scan::RULE,
    &column_type_used_by_view::RULE,
    &lost_statistics::RULE,
    &narrow_sequence::RULE,
    &set_expression::RULE,
    &small_key_type::RULE,
    &serial_type::RULE,
    &char_type::RULE,
    &varchar_length::RULE,
    &timestamp_without_time_zone::RULE,
    &money_type::RULE,
    &validated_check::RULE,
    &validated_foreign_key::RULE,
    &not_valid_on_partitioned::RULE,
    &drop_foreign_key::RULE,
    &validate_in_same_transaction::RULE,
    &validate_in_same_statement::RULE,
    &blocking_unique_constraint::RULE,
    &nullable_primary_key::RULE,
    &exclusion_constraint::RULE,
    &foreign_key_type_mismatch::RULE,
    &foreign_key_without_index::RULE,
    &several_foreign_keys::RULE,
    &enforce_constraint::RULE,
    &disabled_triggers::RULE,
    &blocking_index_build::RULE,
    &concurrently_in_transaction::RULE,
    &invalid_index_kept::RULE,
    &concurrent_index_corruption::RULE,
    &concurrent_index_on_partitioned::RULE,
    &blocking_index_drop::RULE,
    &blocking_reindex::RULE,
    &index_dropped_before_replacement::RULE,
    &index_renamed_as_table::RULE,
    &table_rewrite::RULE,
    &wide_index::RULE,
    &hash_index::RULE,
    &redundant_index::RULE,
    &backfill_predicate_index::RULE,
    &drop_table::RULE,
    &truncate::RULE,
    &rename_table::RULE,
    &foreign_key_in_new_table::RULE,
    &partition_of::RULE,
    &attach_scan::RULE,
    &blocking_detach::RULE,
    &drop_partition::RULE,
    &blocking_refresh::RULE,
    &enum_value_in_transaction::RULE,
    &renamed_enum_value::RULE,
    &domain_constraint::RULE,
    &composite_type_change::RULE,
    &drop_cascade::RULE,
    &sequence_lock::RULE,
    &missing_lock_timeout::RULE,
    &many_locks_at_once::RULE,
    &work_under_lock::RULE,
    &timeout_on_long_work::RULE,
    &stale_prepared_plan::RULE,
    &unbatched_change::RULE,
    &transaction_timeout::RULE,
    &setting_lost_in_pool::RULE,
];

#[cfg(test)]
mod tests;
