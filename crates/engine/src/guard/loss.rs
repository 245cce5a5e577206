//! What a step takes away, and how it is told.

use std::fmt;

use serde::Deserialize;
use windlass_compiler::directive::Allowance;

use crate::error::{Error, ErrorKind};

/// What kind of thing went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LossKind {
    /// Rows were deleted.
    Rows,
    /// A column was dropped.
    Column,
    /// A constraint was dropped.
    Constraint,
    /// A partition was dropped or detached.
    Partition,
    /// The table was truncated, or written anew by something unforeseen.
    Contents,
    /// The table was dropped.
    Table,
}

impl LossKind {
    /// The word for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::Partition => "partition",
            Self::Contents => "contents",
            Self::Table => "table",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [
            Self::Rows,
            Self::Column,
            Self::Constraint,
            Self::Partition,
            Self::Contents,
            Self::Table,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }
}

/// Something that a run took away, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lost {
    /// The revision and step that took it.
    pub revision: String,
    /// The step's number.
    pub step: u32,
    /// The table, with its schema.
    pub relation: String,
    /// What kind of thing.
    pub kind: LossKind,
    /// Its name; the table's own for rows.
    pub what: String,
    /// Rows that went with it: exact for [`LossKind::Rows`], the server's estimate for others.
    pub rows: Option<i64>,
    /// The table is protected, so that the revision allowed it in words.
    pub is_protected: bool,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let relation = short(&self.relation);
        let about = |f: &mut fmt::Formatter<'_>| match self.rows {
            Some(rows) if rows > 0 => write!(f, ", with about {}", rows_in_words(rows)),
            _ => Ok(()),
        };
        match self.kind {
            LossKind::Rows => write!(
                f,
                "{relation} lost {}",
                rows_in_words(self.rows.unwrap_or_default())
            ),
            LossKind::Column => write!(f, "{relation} lost its column {}", self.what),
            LossKind::Constraint => write!(f, "{relation} lost its constraint {}", self.what),
            LossKind::Partition => write!(f, "{relation} left its partitioned table").and_then(|()| about(f)),
            LossKind::Contents => write!(f, "{relation} was emptied").and_then(|()| about(f)),
            LossKind::Table => write!(f, "{relation} was dropped").and_then(|()| about(f)),
        }
    }
}

/// Something that a step would take away, as after.sql says it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Loss {
    /// The table that is named or protected.
    #[serde(deserialize_with = "number")]
    pub(crate) tree: u32,
    /// That table or its partition.
    #[serde(deserialize_with = "number")]
    pub(crate) oid: u32,
    /// Its name before the step, with its schema, as SQL writes it.
    pub(crate) name: String,
    pub(crate) kind: LossKind,
    pub(crate) what: String,
    pub(crate) rows: Option<i64>,
    /// Rows that the revision took before.
    #[serde(default)]
    taken: i64,
    allowed: Option<i64>,
    is_beyond: bool,
}

/// Oids come as text in JSON.
fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

impl Loss {
    /// Rows of a table that the server does not count.
    pub(crate) fn uncounted(oid: u32, name: &str, allows: Option<Allowance>) -> Self {
        let allowed = match allows {
            Some(Allowance::Delete(rows)) => i64::try_from(rows).unwrap_or(i64::MAX),
            Some(Allowance::Drop) => i64::MAX,
            None => 0,
        };
        Self {
            tree: oid,
            oid,
            name: name.to_owned(),
            kind: LossKind::Rows,
            what: name.to_owned(),
            rows: None,
            taken: 0,
            allowed: Some(allowed),
            is_beyond: true,
        }
    }

    /// A partition that leaves the protected table `of`.
    pub(crate) fn partition(oid: u32, name: &str, of: &str) -> Self {
        Self {
            kind: LossKind::Partition,
            name: of.to_owned(),
            what: name.to_owned(),
            ..Self::uncounted(oid, name, None)
        }
    }

    /// What goes beyond what is allowed, in the detail of a [`super::LOSS`].
    pub(crate) fn read(detail: Option<&str>) -> Vec<Self> {
        let losses: Vec<Self> = detail
            .and_then(|detail| serde_json::from_str(detail).ok())
            .unwrap_or_default();
        losses.into_iter().filter(|loss| loss.is_beyond).collect()
    }

    /// The same loss of rows, counted exactly.
    pub(crate) fn counted(&self, rows: i64) -> Self {
        Self {
            kind: LossKind::Rows,
            rows: Some(rows),
            is_beyond: rows + self.taken > self.allowed.unwrap_or_default(),
            ..self.clone()
        }
    }

    /// The same loss, of a table of this name.
    pub(crate) fn of(self, name: String) -> Self {
        Self {
            what: name.clone(),
            name,
            ..self
        }
    }

    /// The rows that the whole revision would take.
    fn total(&self) -> i64 {
        self.rows.unwrap_or_default() + self.taken
    }

    /// Whether it was suspected before.
    pub(crate) fn is_among(&self, suspected: &[Self]) -> bool {
        suspected
            .iter()
            .any(|known| known.oid == self.oid && known.kind == self.kind)
    }

    /// As after.sql writes it, of a protected table.
    pub(crate) fn as_lost(&self) -> serde_json::Value {
        serde_json::json!({ "tree": self.tree.to_string(), "name": self.name, "kind": self.kind.name(),
                            "what": self.what, "rows": self.rows, "protected": true })
    }

    /// Whether it goes beyond what is allowed.
    pub(crate) fn is_beyond(&self) -> bool {
        self.is_beyond
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = short(&self.name);
        match self.kind {
            LossKind::Rows => {
                write!(f, "{name} would lose {}", rows_in_words(self.total()))?;
                match self.allowed {
                    Some(allowed) if allowed > 0 => write!(f, " ({allowed} allowed)"),
                    _ => Ok(()),
                }
            }
            LossKind::Column => write!(f, "{name} would lose its column {}", self.what),
            LossKind::Constraint => write!(f, "{name} would lose its constraint {}", self.what),
            LossKind::Partition if self.what != self.name => {
                write!(f, "{name} would lose its partition {}, with its rows", self.what)
            }
            LossKind::Partition => write!(f, "{name} would leave its partitioned table, with its rows"),
            LossKind::Contents => write!(f, "{name} would be emptied"),
            LossKind::Table => write!(f, "{name} would be dropped"),
        }
    }
}

/// A name without the schema that most names are in.
fn short(name: &str) -> &str {
    name.strip_prefix("public.").unwrap_or(name)
}

fn rows_in_words(rows: i64) -> String {
    format!("{rows} {}", if rows == 1 { "row" } else { "rows" })
}

/// The refusal that a person reads.
pub(crate) fn refusal(losses: &[Loss]) -> Error {
    refusal_of(losses, "the step was rolled back; nothing of it is lost")
}

/// The refusal of one batch of a data change.
pub(crate) fn refused_batch(losses: &[Loss]) -> Error {
    refusal_of(
        losses,
        "the batch was rolled back; what the batches before it took is within what is allowed",
    )
}

fn refusal_of(losses: &[Loss], left: &str) -> Error {
    let words: Vec<String> = losses.iter().map(ToString::to_string).collect();
    let error = Error::new(
        ErrorKind::Refused,
        format!("protected data would be lost: {}", words.join("; ")),
    );
    let mut error = error.hint(left.to_owned());
    let mut said: Vec<String> = Vec::new();
    for loss in losses {
        let allow = match loss.kind {
            LossKind::Rows => format!("delete {}", loss.total()),
            _ => "drop".to_owned(),
        };
        let line = format!(
            "if that is meant, say so before the file's first statement: \
             -- windlass: protect {} allow {allow} because …",
            short(&loss.name)
        );
        if !said.contains(&line) {
            said.push(line.clone());
            error = error.hint(line);
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_told_in_words() {
        let detail = r#"[{"tree":"7","oid":"7","name":"public.leads","kind":"rows","what":"leads","rows":12,"allowed":10,"is_beyond":true},
             {"tree":"7","oid":"7","name":"public.leads","kind":"column","what":"phone","rows":null,"allowed":null,"is_beyond":true},
             {"tree":"8","oid":"8","name":"public.notes","kind":"rows","what":"notes","rows":1,"allowed":null,"is_beyond":false}]"#;
        let losses = Loss::read(Some(detail));
        assert_eq!(
            refusal(&losses).to_string(),
            "protected data would be lost: leads would lose 12 rows (10 allowed); leads would lose its column phone"
        );
        assert!(losses[0].counted(11).is_beyond());
        assert!(!losses[0].counted(10).is_beyond());
    }
}
