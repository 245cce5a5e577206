//! The frozen plan as the journal keeps it. Additive changes only: plans of older versions are read
//! back when a started revision is taken up again.

use serde::{Deserialize, Serialize};

use super::step::{Assertion, PlannedStatement, Shape, StatementHash, Step};
use crate::directive::Triggers;

/// A statement's text is kept up to this many bytes, to show what an edit changed.
const KEPT_TEXT: usize = 2_000;

/// The plan of a started revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrozenPlan {
    /// Version of this shape.
    pub version: u32,
    /// Fingerprint of the schema that the plan was made for; none where no catalog was read.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// The steps, done ones included.
    pub steps: Vec<FrozenStep>,
    /// The protected tables as they were when the revision began: they stay protected under any name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protected: Vec<ProtectedTable>,
}

/// A protected table as it was when its revision began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectedTable {
    /// What named it, as `protect` says it.
    pub pattern: String,
    /// Its oid, by which it is known under any name.
    pub oid: u32,
    /// Numbers (`attnum`) of its columns.
    pub columns: Vec<i16>,
    /// Names of its constraints.
    pub constraints: Vec<String>,
}

/// A step of a frozen plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrozenStep {
    /// Its number in the journal.
    pub number: u32,
    /// `transaction`, `alone` or `backfill`.
    pub shape: String,
    /// Its lane.
    pub lane: String,
    /// Its statements.
    pub statements: Vec<FrozenStatement>,
}

/// A statement of a frozen plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrozenStatement {
    /// Its hash, in hexadecimal.
    pub hash: String,
    /// Its text, shortened.
    pub sql: String,
    /// The rule that rewrote it; none for what the author wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<String>,
    /// Which part of that rewrite it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// The hash of the author's statement that it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The name under which a rewrite's data change is executed in batches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill: Option<String>,
    /// Those batches change rows past the table's own triggers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skips_triggers: bool,
    /// It shares the transaction of the part before it, whatever stands in them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_joined: bool,
    /// What a rewrite's query must answer true about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
}

impl FrozenPlan {
    /// Freezes steps, after those that are already done.
    pub fn freeze(done: &[FrozenStep], steps: &[Step]) -> Self {
        let fresh = steps.iter().map(FrozenStep::freeze);
        Self {
            version: 1,
            fingerprint: None,
            protected: Vec::new(),
            steps: done.iter().cloned().chain(fresh).collect(),
        }
    }
}

impl FrozenStep {
    fn freeze(step: &Step) -> Self {
        Self {
            number: step.number,
            shape: match step.shape {
                Shape::Transaction => "transaction".to_owned(),
                Shape::Alone => "alone".to_owned(),
                Shape::Backfill => "backfill".to_owned(),
            },
            lane: step.lane.name().to_owned(),
            statements: step
                .statements
                .iter()
                .map(|statement| FrozenStatement {
                    hash: statement.hash.to_string(),
                    // A safe form is taken up again as it was; what the author wrote stands in the file.
                    sql: match stands_for(statement) {
                        Some(_) => statement.sql.clone(),
                        None => shorten(&statement.sql),
                    },
                    rewrite: statement.rewrite.as_ref().map(|rewrite| rewrite.rule.clone()),
                    part: statement.rewrite.as_ref().map(|rewrite| rewrite.part),
                    of: stands_for(statement).map(|hash| hash.to_string()),
                    backfill: stands_for(statement)
                        .and_then(|_| Some(statement.backfill.as_ref()?.name.clone())),
                    skips_triggers: stands_for(statement)
                        .and(statement.backfill.as_ref())
                        .is_some_and(|batches| batches.options.triggers == Triggers::Skip),
                    is_joined: statement
                        .rewrite
                        .as_ref()
                        .is_some_and(|rewrite| rewrite.is_joined),
                    verify: stands_for(statement).and_then(|_| match statement.assertion.as_ref()? {
                        Assertion::Verify(text) => Some(text.clone()),
                        Assertion::Require(_) => None,
                    }),
                })
                .collect(),
        }
    }
}

impl FrozenStatement {
    /// Whether `hash` is this statement's.
    pub fn is(&self, hash: StatementHash) -> bool {
        StatementHash::parse(&self.hash) == Some(hash)
    }
}

fn stands_for(statement: &PlannedStatement) -> Option<StatementHash> {
    statement.rewrite.as_ref()?.of
}

fn shorten(sql: &str) -> String {
    if sql.len() <= KEPT_TEXT {
        return sql.to_owned();
    }
    let mut end = KEPT_TEXT;
    while !sql.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &sql[..end])
}
