//! The file that holds a whole schema: a header that says which revisions are in it, and SQL that recreates it.
//!
//! ```
//! use windlass_compiler::catalog::Catalog;
//! use windlass_compiler::format::RevisionId;
//! use windlass_compiler::snapshot;
//! let head = RevisionId::parse("0036_last_call_direction").map_err(|error| error.to_string())?;
//! let text = snapshot::write(&Catalog::empty(150_018), &[head.clone()], false);
//! assert_eq!(snapshot::contains(&text)?, [head]);
//! # Ok::<(), String>(())
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::catalog::{Address, Catalog, Object, WriteOptions};
use crate::format::RevisionId;

const TITLE: &str = "-- The whole schema, written by `windlass snapshot`. Do not edit it: write a revision.";
const CONTAINS: &str = "-- contains: ";
const NOTHING: &str = "-- contains no revision";
const LEFT_OUT: &str = "-- left out: ";

/// The file of a schema that contains these revisions and all before them.
///
/// Owners and privileges are in it where `roles` says so; passwords never are.
pub fn write(catalog: &Catalog, contains: &[RevisionId], roles: bool) -> String {
    let mut text = format!("{TITLE}\n");
    for id in contains {
        let _ = writeln!(text, "{CONTAINS}{id}");
    }
    if contains.is_empty() {
        let _ = writeln!(text, "{NOTHING}");
    }
    for what in left_out(catalog) {
        let _ = writeln!(text, "{LEFT_OUT}{}", what.replace('\n', " "));
    }
    text.push('\n');
    text + &catalog.to_sql(&options(roles))
}

/// How a snapshot is written.
pub fn options(roles: bool) -> WriteOptions {
    let mut options = if roles {
        WriteOptions::default()
    } else {
        WriteOptions::without_roles()
    };
    options.secrets = false;
    // What a new database gets is what its server has.
    options.extension_versions = false;
    options
}

/// What of the database is not in the file, a noun phrase each.
pub fn left_out(catalog: &Catalog) -> Vec<String> {
    let secrets = catalog
        .objects
        .iter()
        .filter(|(_, object)| matches!(object, Object::UserMapping(_) | Object::Subscription(_)))
        .map(|(address, _)| format!("{address} (it may hold a password)"));
    let unmodelled = catalog
        .unmodelled
        .iter()
        .map(|unknown| unknown.description.clone());
    let invalid = catalog.relations.iter().flat_map(|(name, relation)| {
        let broken = relation.indexes.iter().filter(|index| {
            !index.is_valid && !matches!(relation.kind, crate::catalog::RelationKind::PartitionedTable(_))
        });
        broken.map(move |index| format!("index {} (it is not valid)", name.beside(&index.name)))
    });
    secrets.chain(unmodelled).chain(invalid).collect()
}

/// The newest revisions that a file contains, by its header.
///
/// # Errors
/// A file that `windlass snapshot` did not write: a sentence about what is wrong with it.
pub fn contains(text: &str) -> Result<Vec<RevisionId>, String> {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    if lines.next().map(str::trim_end) != Some(TITLE) {
        return Err("it does not begin as `windlass snapshot` writes it".to_owned());
    }
    let header: Vec<&str> = lines
        .map(str::trim_end)
        .take_while(|line| line.starts_with("--"))
        .collect();
    let named: Vec<&str> = header
        .iter()
        .filter_map(|line| line.strip_prefix(CONTAINS))
        .collect();
    if named.is_empty() && !header.contains(&NOTHING) {
        return Err("its header does not say which revisions it contains".to_owned());
    }
    named
        .into_iter()
        .map(|id| RevisionId::parse(id).map_err(|error| error.to_string()))
        .collect()
}

/// What two texts differ in, stanza by stanza: those of the first alone, then those of the second alone.
pub fn differences<'t>(one: &'t str, other: &'t str) -> (Vec<&'t str>, Vec<&'t str>) {
    let stanzas = |text: &'t str| text.split("\n\n").map(str::trim).collect::<Vec<_>>();
    let (left, right) = (stanzas(one), stanzas(other));
    let known: std::collections::HashSet<&str> = right.iter().copied().collect();
    let lost = left
        .iter()
        .copied()
        .filter(|stanza| !known.contains(stanza))
        .collect();
    let known: std::collections::HashSet<&str> = left.iter().copied().collect();
    let gained = right
        .into_iter()
        .filter(|stanza| !known.contains(stanza))
        .collect();
    (lost, gained)
}

/// An object that two schemas do not have alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The object.
    pub object: Address,
    /// The same for people: `table public.leads`.
    pub name: String,
    /// How the first schema writes it; none where it has no such object.
    pub one: Option<String>,
    /// How the other does.
    pub other: Option<String>,
}

/// What two schemas differ in, object by object; the order that their texts have plays no part.
///
/// ```
/// use windlass_compiler::catalog::{Catalog, Schema};
/// use windlass_compiler::snapshot;
/// let one = Catalog::empty(150_018);
/// let mut other = one.clone();
/// other.schemas.insert("sales".to_owned(), Schema::default());
/// let found = snapshot::compare(&one, &other, true);
/// assert_eq!(found[0].name, "schema sales");
/// assert_eq!(found[0].other.as_deref(), Some("CREATE SCHEMA IF NOT EXISTS sales;"));
/// ```
pub fn compare(first: &Catalog, second: &Catalog, roles: bool) -> Vec<Difference> {
    let (mut left, mut right) = (by_object(first, roles), by_object(second, roles));
    let objects: std::collections::BTreeSet<Address> = left.keys().chain(right.keys()).cloned().collect();
    objects
        .into_iter()
        .filter_map(|object| {
            let (one, other) = (left.remove(&object), right.remove(&object));
            (one != other).then(|| Difference {
                name: named(&object, [first, second]),
                object,
                one,
                other,
            })
        })
        .collect()
}

/// An object for people: a relation by its kind.
fn named(object: &Address, catalogs: [&Catalog; 2]) -> String {
    let Address::Relation(name) = object else {
        return object.to_string();
    };
    let relation = catalogs.iter().find_map(|catalog| catalog.relation(name));
    match relation {
        Some(relation) => format!("{} {name}", relation.kind.keyword().to_ascii_lowercase()),
        None => object.to_string(),
    }
}

/// The statements of each object, with those of its columns.
fn by_object(catalog: &Catalog, roles: bool) -> BTreeMap<Address, String> {
    let mut objects: BTreeMap<Address, String> = BTreeMap::new();
    for statement in catalog.statements(&options(roles)) {
        let text = objects.entry(catalog.whole(&statement.object)).or_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&statement.sql);
        text.push(';');
    }
    objects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_by_another_hand_is_none() {
        assert!(contains("CREATE TABLE t ();\n").is_err());
        assert!(contains(&format!("{TITLE}\n\nCREATE TABLE t ();\n")).is_err());
    }

    #[test]
    fn a_header_survives_windows_and_several_heads() {
        let ids = ["0001_a", "0002_b"].map(|id| RevisionId::parse(id).expect("an id"));
        let text = write(&Catalog::empty(150_000), &ids, false);
        assert_eq!(contains(&text.replace('\n', "\r\n")), Ok(ids.to_vec()));
        let text = write(&Catalog::empty(150_000), &[], false);
        assert_eq!(contains(&text), Ok(Vec::new()));
    }

    #[test]
    fn stanzas_differ_as_wholes() {
        let (lost, gained) = differences("a\nb\n\nc", "c\n\na\nd");
        assert_eq!((lost, gained), (vec!["a\nb"], vec!["a\nd"]));
    }
}
