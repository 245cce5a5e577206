//! What a cast from one of PostgreSQL's own types to another may do: fail for a value, and follow the session's settings.

use crate::sql::TypeName;

/// Whether each value has one of the new type.
pub(super) fn always_fits(old: &TypeName, new: &TypeName) -> bool {
    let (Some(old_name), Some(new_name)) = (old.own(), new.own()) else {
        return false;
    };
    if !new.modifiers.is_empty() || old.is_array != new.is_array {
        return false;
    }
    match new_name {
        "text" | "varchar" => true,
        "int4" => old_name == "int2",
        "int8" => matches!(old_name, "int2" | "int4"),
        "numeric" | "float8" => matches!(old_name, "int2" | "int4" | "int8" | "float4"),
        "timestamp" | "timestamptz" => matches!(old_name, "timestamp" | "timestamptz" | "date"),
        "json" => old_name == "jsonb",
        _ => false,
    }
}

/// The settings under which the function that keeps two columns in step casts: those of the session that makes it and fills
/// the rows, not those of whoever writes a row.
pub(super) fn settings(old: &TypeName, new: &TypeName) -> String {
    const FOLLOWED: [(&[&str], &[&str]); 4] = [
        (
            &["timestamp", "timestamptz", "date", "time", "timetz", "interval"],
            &["TimeZone", "DateStyle", "IntervalStyle"],
        ),
        (&["float4", "float8"], &["extra_float_digits"]),
        (&["bytea"], &["bytea_output"]),
        (&["money"], &["lc_monetary"]),
    ];
    if old.own() == new.own() {
        return String::new();
    }
    let has = |names: &[&str]| {
        [old, new]
            .iter()
            .any(|of| of.own().is_some_and(|own| names.contains(&own)))
    };
    let names = FOLLOWED
        .iter()
        .filter(|(types, _)| has(types))
        .flat_map(|(_, names)| *names);
    names.map(|name| format!(" SET {name} FROM CURRENT")).collect()
}
