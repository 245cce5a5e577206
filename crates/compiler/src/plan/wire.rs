//! The frozen plan as the journal keeps it. Additive changes only: plans of older versions are read
//! back when a started revision is taken up again.

use serde::{Deserialize, Serialize, Serializer};

use super::step::{Assertion, PlannedStatement, Probe, Shape, StatementHash, Step};
use crate::directive::Triggers;
use crate::sql;

/// A statement's text is kept up to this many bytes, to show what an edit changed: fewer where a step has very many
/// statements, since all their texts together are kept up to [`KEPT_OF_STEP`] bytes, as long as that leaves
/// [`KEPT_AT_LEAST`] of each.
const KEPT_TEXT: usize = 2_000;
/// See [`KEPT_TEXT`].
const KEPT_OF_STEP: usize = 4 << 20;
/// See [`KEPT_TEXT`].
const KEPT_AT_LEAST: usize = 40;

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
    #[serde(with = "hexadecimal")]
    pub hash: StatementHash,
    /// Its text, shortened.
    pub sql: String,
    /// The rule that rewrote it; none for what the author wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<String>,
    /// Which part of that rewrite it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// The hash of the author's statement that it stands for.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "hexadecimal::optional"
    )]
    pub of: Option<StatementHash>,
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

/// What is to be frozen, and written from the steps themselves: a frozen plan of very many statements is several times as
/// large as they are, and is wanted only on its way to the journal.
#[derive(Debug, Clone, Default)]
pub struct Freezing {
    /// Steps that are done already, as they were frozen.
    pub done: Vec<FrozenStep>,
    /// The steps behind them.
    pub steps: Vec<Step>,
    /// See [`FrozenPlan::fingerprint`].
    pub fingerprint: Option<String>,
    /// See [`FrozenPlan::protected`].
    pub protected: Vec<ProtectedTable>,
}

impl Freezing {
    /// About how long its text is.
    pub fn about_bytes(&self) -> usize {
        const OF_STATEMENT: usize = 100;
        let fresh = self.steps.iter().map(|step| {
            let kept = kept(step);
            let texts = step
                .statements
                .iter()
                .map(|statement| statement.sql.len().min(kept));
            texts.sum::<usize>() + step.statements.len() * OF_STATEMENT
        });
        let done = self.done.iter().flat_map(|step| &step.statements);
        fresh.sum::<usize>()
            + done
                .map(|statement| statement.sql.len() + OF_STATEMENT)
                .sum::<usize>()
    }

    /// Whether PostgreSQL takes it: an array in a jsonb has at most 256 MB, and says so only behind the last statement.
    pub fn fits(&self) -> bool {
        const MOST: usize = 0x0fff_ffff;
        self.about_bytes() <= MOST
    }

    /// The plan that it writes.
    pub fn frozen(&self) -> FrozenPlan {
        let fresh = self.steps.iter().map(FrozenStep::freeze);
        FrozenPlan {
            version: VERSION,
            fingerprint: self.fingerprint.clone(),
            steps: self.done.iter().cloned().chain(fresh).collect(),
            protected: self.protected.clone(),
        }
    }
}

/// Of the shape of [`FrozenPlan`].
const VERSION: u32 = 1;

/// Writes the very text that [`Freezing::frozen`] does, a statement at a time.
impl Serialize for Freezing {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Plan<'a> {
            version: u32,
            fingerprint: &'a Option<String>,
            steps: Steps<'a>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            protected: &'a [ProtectedTable],
        }
        Plan {
            version: VERSION,
            fingerprint: &self.fingerprint,
            steps: Steps(self),
            protected: &self.protected,
        }
        .serialize(to)
    }
}

struct Steps<'a>(&'a Freezing);

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum One<'a> {
            Done(&'a FrozenStep),
            Fresh(FreshStep<'a>),
        }
        let done = self.0.done.iter().map(One::Done);
        let fresh = self.0.steps.iter().map(|step| One::Fresh(FreshStep::of(step)));
        to.collect_seq(done.chain(fresh))
    }
}

/// A [`FrozenStep`] whose statements are frozen as they are written.
#[derive(Serialize)]
struct FreshStep<'a> {
    number: u32,
    shape: &'static str,
    lane: &'static str,
    statements: FreshStatements<'a>,
}

struct FreshStatements<'a>(&'a Step);

impl<'a> FreshStep<'a> {
    fn of(step: &'a Step) -> Self {
        Self {
            number: step.number,
            shape: match step.shape {
                Shape::Transaction => "transaction",
                Shape::Alone => "alone",
                Shape::Backfill => "backfill",
            },
            lane: step.lane.name(),
            statements: FreshStatements(step),
        }
    }
}

impl FreshStatements<'_> {
    fn each(&self) -> impl Iterator<Item = FrozenStatement> {
        let kept = kept(self.0);
        let statements = self.0.statements.iter();
        statements.map(move |statement| FrozenStatement::freeze(statement, kept))
    }
}

impl Serialize for FreshStatements<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.each())
    }
}

impl FrozenStep {
    /// Freezes a step.
    pub fn freeze(step: &Step) -> Self {
        let fresh = FreshStep::of(step);
        Self {
            number: fresh.number,
            shape: fresh.shape.to_owned(),
            lane: fresh.lane.to_owned(),
            statements: fresh.statements.each().collect(),
        }
    }
}

impl FrozenStatement {
    fn freeze(statement: &PlannedStatement, kept: usize) -> Self {
        let of = stands_for(statement);
        Self {
            hash: statement.hash,
            // A safe form is taken up again as it was; what the author wrote stands in the file.
            sql: match of {
                Some(_) => statement.sql.to_string(),
                None => shorten(&statement.sql, kept),
            },
            rewrite: statement.rewrite.as_ref().map(|rewrite| rewrite.rule.clone()),
            part: statement.rewrite.as_ref().map(|rewrite| rewrite.part),
            of,
            backfill: of.and_then(|_| Some(statement.backfill.as_ref()?.name.clone())),
            skips_triggers: of
                .and(statement.backfill.as_ref())
                .is_some_and(|batches| batches.options.triggers == Triggers::Skip),
            is_joined: statement
                .rewrite
                .as_ref()
                .is_some_and(|rewrite| rewrite.is_joined),
            verify: of.and_then(|_| match statement.assertion.as_ref()? {
                Assertion::Verify(text) => Some(text.clone()),
                Assertion::Require(_) => None,
            }),
        }
    }

    /// How to find out whether it happened, if it ran outside any transaction. A text that was shortened says nothing.
    pub fn probe(&self) -> Probe {
        sql::parse(&self.sql).map_or(Probe::Nothing, |statement| super::build::probe(&statement))
    }

    /// Whether `hash` is this statement's.
    pub fn is(&self, hash: StatementHash) -> bool {
        self.hash == hash
    }
}

/// A statement's hash as text.
mod hexadecimal {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::StatementHash;

    pub(super) fn serialize<S: Serializer>(hash: &StatementHash, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(hash)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<StatementHash, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        StatementHash::parse(&text).ok_or_else(|| D::Error::custom("it holds a hash that is none"))
    }

    pub(super) mod optional {
        use super::{Deserializer, Serializer, StatementHash};

        pub(in super::super) fn serialize<S: Serializer>(
            hash: &Option<StatementHash>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            match hash {
                Some(hash) => super::serialize(hash, to),
                None => to.serialize_none(),
            }
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<StatementHash>, D::Error> {
            super::deserialize(from).map(Some)
        }
    }
}

/// How much of the text of each of its statements is kept.
fn kept(step: &Step) -> usize {
    (KEPT_OF_STEP / step.statements.len().max(1)).clamp(KEPT_AT_LEAST, KEPT_TEXT)
}

fn stands_for(statement: &PlannedStatement) -> Option<StatementHash> {
    statement.rewrite.as_ref()?.of
}

fn shorten(sql: &str, kept: usize) -> String {
    if sql.len() <= kept {
        return sql.to_owned();
    }
    let mut end = kept;
    while !sql.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &sql[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Source;
    use crate::plan::{prepare, steps};

    fn planned(sql: &str) -> Vec<Step> {
        let source = Source {
            path: "1_a.sql".into(),
            text: sql.into(),
        };
        let prepared = prepare(&source).expect("the script is fine");
        steps(&prepared.statements, prepared.mode, 1)
    }

    #[test]
    fn what_is_written_is_the_frozen_plan() {
        let all = planned("CREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY i ON u (a);\nSELECT 1;");
        let freezing = Freezing {
            done: vec![FrozenStep::freeze(&all[0])],
            steps: all[1..].to_vec(),
            fingerprint: Some("f".to_owned()),
            protected: vec![ProtectedTable {
                pattern: "t".to_owned(),
                oid: 1,
                columns: vec![1],
                constraints: Vec::new(),
            }],
        };
        let text = serde_json::to_string(&freezing).expect("it is written");
        assert_eq!(
            text,
            serde_json::to_string(&freezing.frozen()).expect("it is written")
        );
        let read: FrozenPlan = serde_json::from_str(&text).expect("it is read back");
        assert_eq!(read, freezing.frozen());
        assert!(read.steps[1].statements[0].is(all[1].statements[0].hash));
    }

    #[test]
    fn a_plan_that_no_jsonb_holds_is_known_beforehand() {
        // Measured: the server refuses one of 2,600,000 such statements, "total size of jsonb array elements exceeds the
        // maximum of 268435455 bytes".
        let mut step = planned("INSERT INTO b VALUES (1)").remove(0);
        let statement = step.statements.remove(0);
        let of = |count| Freezing {
            steps: vec![Step {
                statements: vec![std::sync::Arc::clone(&statement); count],
                ..step.clone()
            }],
            ..Freezing::default()
        };
        assert!(of(2_000_000).fits());
        assert!(!of(2_600_000).fits());
    }

    #[test]
    fn of_very_many_statements_less_text_is_kept() {
        let long = format!("SELECT '{}'", "x".repeat(3_000));
        let kept = |sql: &str| FrozenStep::freeze(&planned(sql)[0]).statements[0].sql.len();
        assert_eq!(kept(&long), KEPT_TEXT + '…'.len_utf8());
        let many = format!("{long};\n").repeat(4_000);
        assert_eq!(kept(&many), KEPT_OF_STEP / 4_000 + '…'.len_utf8());
    }
}
