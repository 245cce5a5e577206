//! The statements of corpus.sql, with what their `--:` lines say.

use windlass_compiler::sql;

/// A statement to measure.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) line: usize,
    pub(crate) sql: String,
    from: Option<u32>,
    to: Option<u32>,
    /// Committed before it.
    pub(crate) setup: Option<String>,
    /// Executed before it in its session.
    pub(crate) first: Option<String>,
    /// What rivals hold while it runs.
    pub(crate) against: Vec<String>,
    /// Why a claim without a catalog is stronger than what happens.
    pub(crate) blind: Option<String>,
    /// Why any claim is.
    pub(crate) stronger: Option<String>,
    /// What a catalog does not tell, where a claim is the worst case with one too.
    pub(crate) unsure: Option<String>,
}

impl Row {
    pub(crate) fn is_for(&self, version: u32) -> bool {
        self.from.is_none_or(|from| from <= version) && self.to.is_none_or(|to| version <= to)
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let text = include_str!("corpus.sql");
    let mut end_of_last = 0;
    let mut rows = Vec::new();
    for span in sql::split(text).expect("the corpus is SQL") {
        let mut row = Row {
            line: text[..span.start].lines().count() + 1,
            sql: text[span.range()].to_owned(),
            ..Row::default()
        };
        for line in text[end_of_last..span.start].lines() {
            let Some(said) = line.strip_prefix("--:") else {
                continue;
            };
            let (word, rest) = said.trim().split_once(' ').expect("a word and what it says");
            let rest = rest.trim().to_owned();
            match word {
                "from" => row.from = Some(rest.parse().expect("a version")),
                "to" => row.to = Some(rest.parse().expect("a version")),
                "first" => row.first = Some(rest),
                "setup" => row.setup = Some(rest),
                "against" => row.against.push(rest),
                "blind" => row.blind = Some(rest),
                "stronger" => row.stronger = Some(rest),
                "unsure" => row.unsure = Some(rest),
                other => panic!("line {}: `{other}` is not known", row.line),
            }
        }
        end_of_last = span.end;
        rows.push(row);
    }
    rows
}
