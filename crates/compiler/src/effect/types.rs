//! Changes of a column's type: which ones leave the rows as they are, and which ones leave its indexes.

use super::Answer;
use crate::catalog::QualifiedName;
use crate::sql::{NewType, TypeName};

/// What a change of type does to the rows and to plain indexes on the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// Whether the table is written anew.
    pub(super) rewrites: Answer,
    /// Whether an index on the column is built anew even where the table is not.
    pub(super) reorders: Answer,
}

/// What is known about the types of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// One of PostgreSQL's own types, perhaps below a domain.
    Own(TypeName),
    /// A domain with a constraint, over some type.
    Constrained,
    /// An enum or a composite type: only conversions lead from or to it, never a relabelling.
    Distinct(QualifiedName),
    /// Another type that is not PostgreSQL's own.
    Other,
}

/// Whether a column of PostgreSQL's own types is written anew, where no catalog tells of it.
pub(crate) fn rewrites_rows(from: &TypeName, new: &NewType) -> Answer {
    let known = |of: &TypeName| match of.own() {
        Some(_) => Known::Own(of.clone()),
        None => Known::Other,
    };
    change(&known(from), &known(&new.data_type), new).rewrites
}

/// From one type to another. Measured on 15 and 18.
pub(super) fn change(from: &Known, to: &Known, new: &NewType) -> Change {
    let rewrite = Change {
        rewrites: Answer::Yes,
        reorders: Answer::Yes,
    };
    let unknown = Change {
        rewrites: Answer::Unknown,
        reorders: Answer::Unknown,
    };
    if new.computes {
        return rewrite;
    }
    let (from, to) = match (from, to) {
        (_, Known::Constrained) => return rewrite,
        (Known::Distinct(from), Known::Distinct(to)) if from == to => {
            return Change {
                rewrites: Answer::No,
                reorders: if new.collation.is_some() {
                    Answer::Yes
                } else {
                    Answer::No
                },
            };
        }
        (Known::Distinct(_), _) | (_, Known::Distinct(_)) => return rewrite,
        (Known::Constrained | Known::Other, _) | (_, Known::Other) => return unknown,
        (Known::Own(from), Known::Own(to)) => (from, to),
    };
    let rewrites = rewrites(from, to);
    let sorts_alike = from.words == to.words || (is_text(from) && is_text(to)) || is_network(from, to);
    let reorders = match (new.collation.is_some(), sorts_alike) {
        (false, true) => rewrites,
        _ => Answer::Yes,
    };
    Change { rewrites, reorders }
}

fn is_text(of: &TypeName) -> bool {
    !of.is_array && matches!(of.own(), Some("text" | "varchar"))
}

fn is_network(from: &TypeName, to: &TypeName) -> bool {
    from.own() == Some("cidr") && to.own() == Some("inet")
}

/// Whether the rows are written anew.
fn rewrites(from: &TypeName, to: &TypeName) -> Answer {
    if from == to {
        return Answer::No;
    }
    if from.is_array || to.is_array {
        return Answer::Yes;
    }
    let (Some(old), Some(new)) = (from.own(), to.own()) else {
        return Answer::Unknown;
    };
    let free = match (old, new) {
        ("varchar", "text") | ("text", "text") | ("cidr", "inet") => true,
        ("text" | "varchar", "varchar") => match (old, from.modifiers.first(), to.modifiers.first()) {
            (_, _, None) => true,
            ("varchar", Some(before), Some(after)) => after >= before,
            _ => false,
        },
        ("int4", "oid") | ("oid", "int4") => true,
        ("numeric", "numeric") => match (from.modifiers.as_slice(), to.modifiers.as_slice()) {
            (_, []) => true,
            ([precision, scale @ ..], [wider, new_scale @ ..]) => {
                wider >= precision && scale.first().unwrap_or(&0) == new_scale.first().unwrap_or(&0)
            }
            ([], _) => false,
        },
        ("varbit", "varbit") => widens(from, to, i64::MAX),
        ("timestamp" | "timestamptz" | "time" | "timetz" | "interval", _) if old == new => {
            // An interval's modifiers begin with its fields.
            widens(from, to, 6)
        }
        // Measured: free where the session's time zone is UTC.
        ("timestamp", "timestamptz") | ("timestamptz", "timestamp") => {
            return if widens(from, to, 6) {
                Answer::Unknown
            } else {
                Answer::Yes
            };
        }
        _ => false,
    };
    if free { Answer::No } else { Answer::Yes }
}

/// Whether the last modifier does not shrink; without one it is `most`.
fn widens(from: &TypeName, to: &TypeName, most: i64) -> bool {
    let of = |name: &TypeName| name.modifiers.last().copied().unwrap_or(most);
    of(to) >= of(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(from: &str, to: &str) -> Answer {
        let parse = |text| TypeName::parse(text).expect("it is a type");
        rewrites(&parse(from), &parse(to))
    }

    #[test]
    fn widening_leaves_the_rows_and_narrowing_does_not() {
        for (from, to, expected) in [
            ("varchar(10)", "varchar(20)", Answer::No),
            ("varchar(10)", "text", Answer::No),
            ("varchar(20)", "varchar(10)", Answer::Yes),
            ("text", "varchar", Answer::No),
            ("text", "varchar(10)", Answer::Yes),
            ("numeric(10,2)", "numeric(12,2)", Answer::No),
            ("numeric(10,2)", "numeric(12,3)", Answer::Yes),
            ("numeric(10,2)", "numeric", Answer::No),
            ("numeric", "numeric(10,2)", Answer::Yes),
            ("timestamp(3)", "timestamp(6)", Answer::No),
            ("timestamp(3)", "timestamp", Answer::No),
            ("timestamp", "timestamp(3)", Answer::Yes),
            ("interval(3)", "interval", Answer::No),
            ("interval(3)", "interval(1)", Answer::Yes),
            ("timestamp", "timestamptz", Answer::Unknown),
            ("int", "bigint", Answer::Yes),
            ("int", "oid", Answer::No),
            ("char(4)", "char(8)", Answer::Yes),
            ("varbit(8)", "varbit(16)", Answer::No),
            ("varbit(8)", "varbit", Answer::No),
            ("cidr", "inet", Answer::No),
            ("inet", "cidr", Answer::Yes),
        ] {
            assert_eq!(rows(from, to), expected, "{from} to {to}");
        }
    }
}
