//! ADD COLUMN of a domain with a constraint.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Declared;

pub(super) static RULE: Rule = Rule {
    id: "constrained-domain-column",
    severity: Severity::Error,
    section: Section::Columns,
    why: "A column of a domain with a constraint makes PostgreSQL write the whole table anew while nobody can read it, even \
          without a default. Neither its documentation nor its messages say so.",
    unsafe_sql: "ALTER TABLE orders ADD COLUMN quantity positive;",
    safe_sql: "ALTER TABLE orders ADD COLUMN quantity integer;
ALTER TABLE orders ADD CONSTRAINT orders_quantity_check CHECK (quantity > 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_quantity_check;",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

/// Types of widespread extensions, none of which is a domain.
const EXTENSIONS: [&str; 12] = [
    "citext",
    "cube",
    "geography",
    "geometry",
    "halfvec",
    "hstore",
    "lquery",
    "ltree",
    "raster",
    "seg",
    "sparsevec",
    "vector",
];

fn check(case: &Case) -> Option<Finding> {
    let (relation, _, written) = case.alter()?;
    let column = written.column.as_ref()?;
    let of = &column.data_type;
    if of.is_own()
        || column.is_virtual
        || of
            .words
            .last()
            .is_some_and(|last| EXTENSIONS.contains(&last.as_str()))
    {
        return None;
    }
    case.live(relation)?;
    let name = of.words.join(".");
    let size = case.size(relation);
    match case.declared(of) {
        Some(Declared::Domain(true)) => {
            let message = format!(
                "{} is of the domain {name}, whose constraint makes PostgreSQL write {relation}{size} anew, which blocks reads and writes",
                column.name
            );
            let finding = case.about(&RULE, relation, message);
            Some(finding.help(format!(
                "use the type below {name}, with a CHECK that is added NOT VALID and validated afterwards"
            )))
        }
        None if case.around.catalog.is_none() => {
            let message = format!(
                "if {name} is a domain with a constraint, PostgreSQL writes {relation}{size} anew, which blocks reads and writes"
            );
            let finding = case.finding(&RULE, message).severity(Severity::Warning);
            Some(finding.assuming(format!(
                "{name} is such a domain (no database was asked, and no file declares it)"
            )))
        }
        _ => None,
    }
}
