//! A plan in a file: what was shown, to be executed later, as long as everything is as it was. Additive changes only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::wire::FrozenStep;
use crate::catalog::Catalog;
use crate::snapshot;

/// Version of this shape.
const VERSION: u32 = 1;

/// A plan that was saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedPlan {
    /// Version of this shape.
    pub windlass_plan: u32,
    /// The version of the program that wrote it.
    pub written_by: String,
    /// The target as it was typed.
    pub target: String,
    /// The fingerprint of each object of the schema that it was made for.
    pub schema: BTreeMap<String, String>,
    /// What the journal said.
    pub journal: Vec<SavedRow>,
    /// The revisions, in order.
    pub revisions: Vec<SavedRevision>,
}

/// A revision that the journal knew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedRow {
    /// Its id.
    pub revision: String,
    /// Where it stood.
    pub state: String,
    /// Checksum of its up script.
    pub checksum: String,
}

/// A revision that the plan applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedRevision {
    /// Its id.
    pub revision: String,
    /// Its parents.
    pub parents: Vec<String>,
    /// Checksum of its up script.
    pub checksum: String,
    /// Checksum of its directives.
    pub directives: String,
    /// The steps that it needed still.
    pub steps: Vec<FrozenStep>,
}

/// An object that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The object.
    pub object: String,
    /// `new`, `gone` or `changed`.
    pub what: &'static str,
}

impl SavedPlan {
    /// Brings together what a plan was made of.
    pub fn new(
        target: &str,
        catalog: &Catalog,
        journal: Vec<SavedRow>,
        revisions: Vec<SavedRevision>,
    ) -> Self {
        Self {
            windlass_plan: VERSION,
            written_by: env!("CARGO_PKG_VERSION").to_owned(),
            target: target.to_owned(),
            schema: fingerprints(catalog),
            journal,
            revisions,
        }
    }

    /// Reads what [`SavedPlan::text`] wrote.
    ///
    /// # Errors
    /// Text that is no saved plan, or one of a newer version: a sentence about it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plan: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if plan.windlass_plan > VERSION {
            return Err(format!("a newer windlass wrote it ({})", plan.written_by));
        }
        Ok(plan)
    }

    /// The plan as a file holds it.
    pub fn text(&self) -> String {
        // Maps with keys that are text, and text: nothing that JSON has not.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// By what the journal knows this very plan.
    pub fn fingerprint(&self) -> String {
        hexadecimal(&[&self.text()])
    }

    /// In what a schema differs from the one that the plan was made for.
    pub fn differences(&self, catalog: &Catalog) -> Vec<Difference> {
        let now = fingerprints(catalog);
        let was = &self.schema;
        let gone = was.keys().filter(|object| !now.contains_key(*object));
        let gone = gone.map(|object| (object, "gone"));
        let other = now.iter().filter_map(|(object, hash)| match was.get(object) {
            None => Some((object, "new")),
            Some(known) if known != hash => Some((object, "changed")),
            Some(_) => None,
        });
        let mut all: Vec<Difference> = gone
            .chain(other)
            .map(|(object, what)| Difference {
                object: object.clone(),
                what,
            })
            .collect();
        all.sort();
        all
    }
}

/// The fingerprint of each object, by its definition as PostgreSQL would take it. Roles, owners, privileges and sizes
/// are not in it.
fn fingerprints(catalog: &Catalog) -> BTreeMap<String, String> {
    let mut options = snapshot::options(false);
    options.extension_versions = true;
    let mut definitions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for written in catalog.statements(&options) {
        let object = catalog.whole(&written.object).to_string();
        definitions.entry(object).or_default().push(written.sql);
    }
    for what in snapshot::left_out(catalog) {
        definitions.entry(what).or_default();
    }
    let hashed = definitions.into_iter().map(|(object, parts)| {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let mut hash = hexadecimal(&parts);
        hash.truncate(16);
        (object, hash)
    });
    hashed.collect()
}

fn hexadecimal(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
        hasher.update([0]);
    }
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Simulation;

    fn catalog(sql: &[&str]) -> Catalog {
        let mut simulation = Simulation::new(Catalog::empty(150_000), &["public"]);
        for sql in sql {
            simulation.apply(sql).unwrap();
        }
        simulation.catalog().clone()
    }

    #[test]
    fn what_differs_is_named() {
        let was = catalog(&["CREATE TABLE a (b int)", "CREATE TABLE c (d int)"]);
        let now = catalog(&["CREATE TABLE a (b bigint)", "CREATE TABLE e (d int)"]);
        let plan = SavedPlan::new("head", &was, Vec::new(), Vec::new());
        assert_eq!(plan.differences(&was), []);
        let differences = plan.differences(&now);
        let shown: Vec<String> = differences
            .iter()
            .map(|of| format!("{} {}", of.what, of.object))
            .collect();
        assert_eq!(
            shown,
            [
                "changed relation public.a",
                "gone relation public.c",
                "new relation public.e"
            ]
        );
    }

    #[test]
    fn a_plan_is_read_back_and_is_the_same() {
        let plan = SavedPlan::new(
            "head",
            &catalog(&["CREATE TABLE a (b int)"]),
            Vec::new(),
            Vec::new(),
        );
        let again = SavedPlan::parse(&plan.text()).unwrap();
        assert_eq!(again, plan);
        assert_eq!(again.fingerprint(), plan.fingerprint());
        assert!(SavedPlan::parse("{}").is_err());
        let newer = plan
            .text()
            .replace("\"windlass_plan\": 1", "\"windlass_plan\": 2");
        assert!(SavedPlan::parse(&newer).unwrap_err().contains("newer"));
    }
}
