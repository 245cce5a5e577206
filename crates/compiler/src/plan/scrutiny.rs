//! What the rules' findings lead to: a statement runs as it is written, or its safe form runs, or nothing does.
//! A revision that was started keeps the form that was frozen then.

use std::collections::{HashMap, HashSet};

use super::step::StatementHash;
use super::wire::{FrozenPlan, FrozenStatement};
use crate::diagnostic::{Diagnostic, Severity};
use crate::directive::TransactionMode;
use crate::format::Source;
use crate::policy::Safety;
use crate::rules::{Checker, Report, Safe, safe_form};
use crate::script::ScriptStatement;
use crate::sql::{Details, Statement};

/// How a script is looked at while it is prepared.
#[derive(Debug)]
pub struct Scrutiny<'s, 'c> {
    /// Who asks the rules.
    pub checker: &'s mut Checker<'c>,
    /// What becomes of a statement that a rule finds hazardous.
    pub safety: Safety,
    /// The plan of the revision, where it was started.
    pub frozen: Option<&'s FrozenPlan>,
}

/// What becomes of a statement.
pub(super) enum Verdict {
    /// It runs as it is written.
    AsWritten,
    /// These run in its place, by this rule.
    Instead(Vec<Safe>, String),
}

/// What scrutiny has to tell.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) refused: Vec<Diagnostic>,
    /// A catalog may have another form for something.
    pub(super) undecided: bool,
}

impl Scrutiny<'_, '_> {
    /// Asks the rules about the next statement of a script.
    pub(super) fn judge(
        &mut self,
        source: &Source,
        mode: TransactionMode,
        written: &ScriptStatement,
        (statement, details): (&Statement, &Details),
        frozen: Option<&FrozenForms<'_>>,
        told: &mut Told,
    ) -> Verdict {
        let mut report = Report::default();
        self.checker
            .check_written(source, written, statement, details, &mut report);
        let text = &source.text[written.span.range()];
        let data = written.copy_data.map(|span| &source.text[span.range()]);
        if let Some(verdict) = frozen.and_then(|frozen| frozen.verdict(StatementHash::of(text, data))) {
            return verdict;
        }
        let errors: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .collect();
        let Some(first) = report.findings.iter().find(|finding| finding.asks_for_form()) else {
            return Verdict::AsWritten;
        };
        // What cuts itself up already, or is asked rather than run, has no other form.
        let directives = &written.directives;
        let is_plain =
            directives.backfill.is_none() && directives.verify.is_none() && directives.require.is_none();
        let form = || match mode {
            TransactionMode::Atomic => None,
            _ => safe_form(statement, text, &report.findings).filter(|_| is_plain),
        };
        let form = if self.safety == Safety::Rewrite {
            form()
        } else {
            None
        };
        match (form, self.safety) {
            (Some(form), _) => Verdict::Instead(form, first.rule.id.to_owned()),
            (None, Safety::Off) => Verdict::AsWritten,
            (None, safety) if errors.is_empty() => {
                told.undecided |= safety == Safety::Rewrite;
                Verdict::AsWritten
            }
            (None, Safety::Warn) => {
                told.warnings.extend(errors.iter().map(|error| {
                    let mut warning = error.diagnostic(source);
                    warning.severity = Severity::Warning;
                    warning
                }));
                Verdict::AsWritten
            }
            (None, Safety::Rewrite | Safety::Refuse) => {
                told.refused.extend(errors.iter().map(|error| {
                    error.diagnostic(source).help(format!(
                        "if that is meant: -- windlass: allow {} because …",
                        error.rule.id
                    ))
                }));
                Verdict::AsWritten
            }
        }
    }
}

/// A frozen plan by its statements: each of a long script is looked for in it.
pub(super) struct FrozenForms<'s> {
    statements: Vec<&'s FrozenStatement>,
    /// Where the form begins that stands for a statement.
    forms: HashMap<StatementHash, usize>,
    as_written: HashSet<StatementHash>,
}

impl<'s> FrozenForms<'s> {
    pub(super) fn of(frozen: &'s FrozenPlan) -> Self {
        let statements: Vec<_> = frozen.steps.iter().flat_map(|step| &step.statements).collect();
        let mut forms = HashMap::new();
        for (at, statement) in statements.iter().enumerate() {
            if let Some(of) = statement.of {
                forms.entry(of).or_insert(at);
            }
        }
        let as_written = statements.iter().map(|statement| statement.hash).collect();
        Self {
            statements,
            forms,
            as_written,
        }
    }

    /// What became of the statement when its revision was started; none where it was not there then.
    fn verdict(&self, hash: StatementHash) -> Option<Verdict> {
        let Some(&first) = self.forms.get(&hash) else {
            return self.as_written.contains(&hash).then_some(Verdict::AsWritten);
        };
        let parts = self.statements[first..]
            .iter()
            .enumerate()
            .take_while(|(at, part)| {
                part.of == Some(hash)
                    && part
                        .part
                        .is_some_and(|part| usize::try_from(part).is_ok_and(|part| part == at + 1))
            });
        let form = parts.map(|(_, part)| Safe {
            sql: part.sql.clone(),
            backfill: part.backfill.clone(),
            skips_triggers: part.skips_triggers,
            is_joined: part.is_joined,
            verify: part.verify.clone(),
        });
        let rule = self.statements[first].rewrite.clone().unwrap_or_default();
        Some(Verdict::Instead(form.collect(), rule))
    }
}
