//! From changes to a script: each in its safe form, cut into the steps that a run of it has.

use std::fmt::Write as _;
use std::sync::Arc;

use windlass::compiler::catalog::{Address, Catalog};
use windlass::compiler::diagnostic::Severity;
use windlass::compiler::diff::{Change, Difference};
use windlass::compiler::directive::TransactionMode;
use windlass::compiler::format::Source;
use windlass::compiler::plan::{self, Shape};
use windlass::compiler::rules::{Checker, Surroundings, check_file, fixes};
use windlass::compiler::sql;

use crate::failure::Failure;

/// What is run before the first change, where routines are made: a body may name what comes later.
const BODIES: &str = "SET check_function_bodies = off";

/// The way from the old schema to the new one, as a script.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    /// What is set before.
    pub(crate) settings: Vec<String>,
    /// Each change with what is to be executed for it.
    pub(crate) parts: Vec<Part>,
    /// How the statements are executed, in order.
    pub(crate) steps: Vec<Step>,
    /// What hurts a live database and has no other form.
    pub(crate) hazards: Vec<Hazard>,
}

/// A change, and what is executed for it.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// The change.
    pub(crate) change: Change,
    /// Statements without semicolons, each behind its directives.
    pub(crate) statements: Vec<String>,
    /// The rule that asked for another form than the change has.
    pub(crate) rule: Option<&'static str>,
}

/// Statements that are executed together.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// How.
    pub(crate) shape: Shape,
    /// How many statements of the script.
    pub(crate) statements: usize,
    /// Why it begins where it does.
    pub(crate) why: &'static str,
}

/// Something that a rule finds in the finished script.
#[derive(Debug, Clone)]
pub(crate) struct Hazard {
    /// The rule's name.
    pub(crate) rule: &'static str,
    /// What happens.
    pub(crate) message: String,
    /// What to do, where the rule knows.
    pub(crate) help: Option<String>,
}

impl Plan {
    /// Makes the script. `online`: each statement in the form that lets traffic flow, where it has one; the old schema
    /// says what is there. How large tables are is not asked: the script may run where they are larger.
    pub(crate) fn of(old: &Catalog, difference: &Difference, online: bool) -> Result<Self, Failure> {
        let mut plan = Self::default();
        let makes_routine = |change: &Change| {
            matches!(change.object, Address::Routine(_)) && change.sql.trim_start().starts_with("CREATE")
        };
        if difference.changes.iter().any(makes_routine) {
            plan.settings.push(BODIES.to_owned());
        }
        plan.parts = parts(&difference.changes)?;
        let mut catalog = old.clone();
        catalog.sizes.clear();
        let path = ["public"];
        let around = Surroundings::new(&catalog, &path);
        if online {
            plan.fix(&mut Checker::new(around))?;
        }
        let source = plan.source();
        let report = check_file(&mut Checker::new(around), &source, true)?;
        let errors = report
            .findings
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error);
        if online {
            plan.hazards = errors
                .map(|finding| Hazard {
                    rule: finding.rule.id,
                    message: finding.message,
                    help: finding.help.into_iter().next(),
                })
                .collect();
        }
        let prepared = plan::prepare(&source)?;
        plan.steps = plan::steps(&prepared.statements, TransactionMode::default(), 1)
            .into_iter()
            .map(|step| Step {
                shape: step.shape,
                statements: step.statements.len(),
                why: step.cut.reason(),
            })
            .collect();
        Ok(plan)
    }

    /// Puts safe forms in the place of what has one.
    fn fix(&mut self, checker: &mut Checker) -> Result<(), Failure> {
        let mut starts = Vec::with_capacity(self.parts.len());
        let mut text = String::new();
        for part in &self.parts {
            starts.push(text.len());
            for statement in &part.statements {
                text.push_str(statement);
                text.push_str(";\n");
            }
        }
        let edits = fixes(checker, &source_of(&text))?;
        // From behind, so that what comes before keeps its place.
        for edit in edits.into_iter().rev() {
            let at = starts.partition_point(|start| *start <= edit.span.start) - 1;
            let end = starts.get(at + 1).copied().unwrap_or(text.len());
            let mut own = text[starts[at]..end].to_owned();
            own.replace_range(
                edit.span.start - starts[at]..edit.span.end - starts[at],
                &edit.text,
            );
            text.replace_range(starts[at]..end, &own);
            let before = end - starts[at];
            for start in &mut starts[at + 1..] {
                *start = *start + own.len() - before;
            }
            let part = &mut self.parts[at];
            part.statements = pieces(&own)?;
            part.rule = Some(edit.rule);
        }
        Ok(())
    }

    fn source(&self) -> Source {
        let statements = self.parts.iter().flat_map(|part| &part.statements);
        let text: String = self
            .settings
            .iter()
            .chain(statements)
            .flat_map(|statement| [statement, ";\n"])
            .collect();
        source_of(&text)
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Changes that lose data.
    pub(crate) fn losses(&self) -> impl Iterator<Item = (&Change, &str)> {
        self.parts
            .iter()
            .filter_map(|part| Some((&part.change, part.change.loses.as_deref()?)))
    }

    /// The script. With `steps`, comments say what is executed together.
    pub(crate) fn script(&self, steps: bool) -> String {
        let mut text = String::new();
        let mut left = 0;
        let mut number = 0;
        let mut begin = |text: &mut String| {
            if left == 0
                && let Some(step) = self.steps.get(number)
            {
                left = step.statements;
                number += 1;
                if steps {
                    let _ = writeln!(
                        text,
                        "-- Step {number} of {}: {}",
                        self.steps.len(),
                        shape(step.shape)
                    );
                }
            }
            left = left.saturating_sub(1);
        };
        for setting in &self.settings {
            begin(&mut text);
            let _ = writeln!(text, "{setting};\n");
        }
        for part in &self.parts {
            let mut notes = notes(&part.change);
            for statement in &part.statements {
                begin(&mut text);
                for note in std::mem::take(&mut notes) {
                    let _ = writeln!(text, "-- {note}");
                }
                let _ = writeln!(text, "{statement};");
            }
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }
}

fn source_of(text: &str) -> Source {
    Source {
        path: Arc::from("the plan"),
        text: Arc::from(text),
    }
}

/// How a step is executed, in words.
pub(crate) fn shape(shape: Shape) -> &'static str {
    match shape {
        Shape::Transaction => "one transaction",
        Shape::Alone => "outside a transaction",
        Shape::Backfill => "in batches, a transaction each",
    }
}

/// What a reader of a change should know, a line each.
fn notes(change: &Change) -> Vec<String> {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let loses = change
        .loses
        .as_ref()
        .map(|loses| format!("Loses: {}", one_line(loses)));
    let because = change.because.as_ref().map(|because| {
        format!(
            "Goes and comes back because of {}",
            one_line(&because.to_string())
        )
    });
    let remark = change
        .remark
        .as_ref()
        .map(|remark| format!("Note: {}", one_line(remark)));
    loses.into_iter().chain(because).chain(remark).collect()
}

fn parts(changes: &[Change]) -> Result<Vec<Part>, Failure> {
    let part = |change: &Change| {
        Ok(Part {
            statements: pieces(&change.sql)?,
            change: change.clone(),
            rule: None,
        })
    };
    changes.iter().map(part).collect()
}

/// The statements of a text, each behind the comments before it.
fn pieces(text: &str) -> Result<Vec<String>, Failure> {
    let spans = sql::split(text).map_err(|error| {
        Failure::other(format!("a statement of the plan cannot be read: {error}: {text}"))
    })?;
    let mut from = 0;
    let mut pieces = Vec::with_capacity(spans.len());
    for span in spans {
        pieces.push(
            text[from..span.end]
                .trim_start_matches([';', '\n', ' '])
                .to_owned(),
        );
        from = span.end;
    }
    Ok(pieces)
}
