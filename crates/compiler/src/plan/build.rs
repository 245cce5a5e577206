//! From a script to steps.

use std::collections::HashMap;
use std::sync::Arc;

use super::batched::{self, batches};
use super::crossing::crossings;
use super::cut::{Created, Gathering, Traits};
use super::own;
use super::scrutiny::{FrozenForms, Scrutiny, Told, Verdict};
use super::step::{Assertion, Overrides, PlannedStatement, Probe, Rewrite, Shape, StatementHash, Step};
use super::text::StatementText;
use crate::diagnostic::{Diagnostic, Place, Span};
use crate::directive::{Backfill, BackfillOptions, Protect, StatementDirectives, TransactionMode, Triggers};
use crate::effect::{self, Context, Effect, InTransaction};
use crate::format::Source;
use crate::lane::{Lane, lane_of};
use crate::rules::{Safe, unknown_rule};
use crate::script::{Script, ScriptStatement};
use crate::sql::{self, IndexStatement, ObjectKind, RelationName, Statement, SyntaxError};

/// The statements of a script as they will be sent, with what each of them does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prepared {
    /// In file order.
    pub statements: Vec<PreparedStatement>,
    /// `atomic`, `no-transaction` or neither.
    pub mode: TransactionMode,
    /// What the script protects, and what it may take from there.
    pub protects: Vec<Protect>,
    /// What the author should know; nothing here refuses the script.
    pub warnings: Vec<Diagnostic>,
    /// Directives that name what is not there, so that they do nothing.
    pub idle: Vec<Diagnostic>,
    /// Why a rule refuses to run it.
    pub refused: Vec<Diagnostic>,
    /// Something is, or is to be, run otherwise than it is written, or refused.
    pub is_hazardous: bool,
}

impl Prepared {
    /// All that its author is told.
    pub fn told(self) -> Vec<Diagnostic> {
        let told = self.warnings.into_iter().chain(self.idle);
        told.chain(self.refused).collect()
    }

    /// The relations of which the text does not say whether their REINDEX or CLUSTER may run in a transaction:
    /// it may not where they are partitioned. Whoever has a server asks it and calls [`Prepared::partitioned`].
    pub fn perhaps_partitioned(&self) -> Vec<RelationName> {
        self.by_partition().map(|(_, relation)| relation).collect()
    }

    /// Lets the REINDEX and CLUSTER of partitioned relations run alone: those that `is_partitioned` knows, and
    /// those that the script creates.
    pub fn partitioned(&mut self, is_partitioned: impl Fn(&RelationName) -> bool) {
        let created = |relation: &RelationName| {
            let mut statements = self.statements.iter();
            statements.any(|statement| {
                statement.planned.kind == "create_table"
                    && sql::creates_partitioned(&statement.planned.sql).as_ref() == Some(relation)
            })
        };
        let found: Vec<usize> = self
            .by_partition()
            .filter(|(_, relation)| is_partitioned(relation) || created(relation))
            .map(|(index, _)| index)
            .collect();
        for index in found {
            let statement = &mut self.statements[index];
            statement.shape = Shape::Alone;
            Arc::make_mut(&mut statement.planned).probe = Some(Box::new(Probe::Repeatable));
        }
    }

    fn by_partition(&self) -> impl Iterator<Item = (usize, RelationName)> {
        let in_transaction = self.statements.iter().enumerate().filter(|(_, statement)| {
            statement.shape == Shape::Transaction && matches!(statement.planned.kind, "reindex" | "cluster")
        });
        in_transaction
            .filter_map(|(index, statement)| Some((index, sql::works_by_partition(&statement.planned.sql)?)))
    }
}

/// A statement and what decides about its step.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparedStatement {
    /// What is sent.
    pub planned: Arc<PlannedStatement>,
    /// How the server gets it.
    pub shape: Shape,
    /// `best-effort` stands at it.
    pub best_effort: bool,
    /// What its directives ask for.
    pub overrides: Overrides,
}

/// Parses a script and works out what each statement does.
///
/// # Errors
/// What cannot be planned: a syntax error, transaction control, a directive that does not fit its
/// statement, state that would have to survive the end of a step.
pub fn prepare(source: &Source) -> Result<Prepared, Vec<Diagnostic>> {
    sql::deep(|| prepare_here(source, None))
}

/// The same with the rules asked about each statement: where one finds an error, its safe form is planned in the
/// statement's place, or the script is refused.
///
/// # Errors
/// As [`prepare`]; what rules refuse is in [`Prepared::refused`].
pub fn prepare_under(source: &Source, scrutiny: Scrutiny) -> Result<Prepared, Vec<Diagnostic>> {
    sql::deep(|| prepare_here(source, Some(scrutiny)))
}

fn prepare_here(source: &Source, mut scrutiny: Option<Scrutiny>) -> Result<Prepared, Vec<Diagnostic>> {
    let script = Script::read(source, sql::split)?;
    if let Some(scrutiny) = &mut scrutiny {
        scrutiny.checker.begin(script.header.transaction);
    }
    let mut told = Told::default();
    // What is made IF NOT EXISTS may have been there for long: only a database tells.
    let mut may_be_there = false;
    let mut forms: HashMap<(usize, usize), Vec<PreparedStatement>> = HashMap::new();
    let mut created = Created::default();
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let mut idle = Vec::new();
    let mut statements = Vec::with_capacity(script.statements.len());
    let is_asked = scrutiny.is_some();
    let frozen = scrutiny
        .as_ref()
        .and_then(|scrutiny| scrutiny.frozen)
        .map(FrozenForms::of);
    let parse = |text: &str| match is_asked {
        true => sql::parse_with_details(text).map(|(statement, details)| (statement, Some(details))),
        false => sql::parse(text).map(|statement| (statement, None)),
    };
    script.each_parsed(&source.text, parse, |written, parsed| {
        let place = || Place::locate(&source.path, &source.text, written.span);
        let text = &source.text[written.span.range()];
        let (statement, details) = match parsed {
            Ok(parsed) => parsed,
            Err(error) => {
                problems.push(Diagnostic::error(error.message).at(place()));
                return;
            }
        };
        let effect = blind_effect(&statement);
        let refusals = refusals(&statement, &effect, text, &written.directives);
        problems.extend(refusals.map(|refusal| refusal.at(place())));
        let unknown = written
            .directives
            .allows
            .iter()
            .filter_map(|(rule, _)| unknown_rule(rule));
        idle.extend(unknown.map(|unknown| unknown.at(first_line(source, written))));
        warnings.extend(remarks(&statement).map(|remark| remark.at(place())));
        if let Some(relation) = statement.creates() {
            created.add(relation);
        }
        let copy_data = written.copy_data.map(|span| source.text[span.range()].to_owned());
        let written_at = (written.line, written.column);
        may_be_there |= matches!(
            &statement,
            Statement::CreateTable {
                if_not_exists: true,
                temporary: false,
                ..
            }
        );
        if let Some((scrutiny, details)) = scrutiny.as_mut().zip(details.as_ref()) {
            let mode = script.header.transaction;
            let verdict = scrutiny.judge(
                source,
                mode,
                written,
                (&statement, details),
                frozen.as_ref(),
                &mut told,
            );
            if let Verdict::Instead(form, rule) = verdict {
                let of = StatementHash::of(text, copy_data.as_deref());
                match instead(&form, &rule, of, written, &mut created) {
                    Ok(form) => drop(forms.insert(written_at, form)),
                    Err(error) => problems.push(
                        Diagnostic::error(format!("the safe form by {rule} is not understood: {error}"))
                            .at(place())
                            .help(format!(
                                "-- windlass: allow {rule} because … runs it as it is written"
                            )),
                    ),
                }
            }
        }
        statements.push(prepared(
            StatementText::part(&source.text, written.span.range()),
            copy_data,
            written_at,
            &written.directives,
            (&statement, effect),
            &mut created,
        ));
    });
    problems.extend(atomic_refusal(&script, &statements, source));
    problems.extend(batched::arrange(&script, source, &mut statements));
    let is_hazardous = may_be_there
        || told.undecided
        || !forms.is_empty()
        || !told.refused.is_empty()
        || !told.warnings.is_empty();
    warnings.append(&mut told.warnings);
    if !forms.is_empty() {
        let written = std::mem::take(&mut statements);
        for statement in written {
            let place = (statement.planned.line, statement.planned.column);
            match forms
                .remove(&place)
                .filter(|_| statement.planned.rewrite.is_none())
            {
                Some(form) => statements.extend(form),
                None => statements.push(statement),
            }
        }
    }
    // Preconditions come before the revision's first step, wherever they stand.
    statements.sort_by_key(|statement| !matches!(statement.planned.assertion, Some(Assertion::Require(_))));
    for (at, crossing) in crossings(&statements, script.header.transaction) {
        let written = script.statements.iter().find(|it| (it.line, it.column) == at);
        let place = written.map(|it| Place::locate(&source.path, &source.text, it.span));
        problems.push(place.into_iter().fold(crossing, Diagnostic::at));
    }
    if problems.is_empty() {
        Ok(Prepared {
            statements,
            mode: script.header.transaction,
            protects: script.header.protects,
            warnings,
            idle,
            refused: told.refused,
            is_hazardous,
        })
    } else {
        Err(problems)
    }
}

/// Where a statement begins, with its first line only.
fn first_line(source: &Source, written: &ScriptStatement) -> Place {
    let line = source.text[written.span.range()].lines().next();
    let end = written.span.start + line.unwrap_or_default().len();
    Place::locate(&source.path, &source.text, Span::new(written.span.start, end))
}

/// A statement that the author did not write, made by `rule`.
pub(super) fn generated(
    sql: &str,
    line: usize,
    column: usize,
    rule: &str,
) -> Result<PreparedStatement, SyntaxError> {
    let statement = sql::parse(sql)?;
    let directives = StatementDirectives::default();
    let mut made = prepared(
        sql.into(),
        None,
        (line, column),
        &directives,
        (&statement, blind_effect(&statement)),
        &mut Created::default(),
    );
    Arc::make_mut(&mut made.planned).rewrite = Some(Box::new(Rewrite {
        rule: rule.to_owned(),
        part: 1,
        of: None,
        is_joined: false,
    }));
    Ok(made)
}

/// The statements of a safe form, under the limits of the one that they stand for.
fn instead(
    form: &[Safe],
    rule: &str,
    of: StatementHash,
    written: &ScriptStatement,
    created: &mut Created,
) -> Result<Vec<PreparedStatement>, SyntaxError> {
    let carried = carried(form)?;
    let parts = form.iter().zip(1..).map(|(safe, part)| {
        let statement = sql::parse(&safe.sql)?;
        let directives = StatementDirectives {
            best_effort: written.directives.best_effort,
            stall_budget: written.directives.stall_budget,
            lock_timeout: written.directives.lock_timeout,
            statement_timeout: written.directives.statement_timeout,
            verify: safe.verify.clone(),
            backfill: safe.backfill.as_ref().map(|name| {
                Box::new(Backfill {
                    name: name.clone(),
                    options: BackfillOptions {
                        triggers: match safe.skips_triggers {
                            true => Triggers::Skip,
                            false => Triggers::default(),
                        },
                        ..BackfillOptions::default()
                    },
                    ..Backfill::default()
                })
            }),
            ..StatementDirectives::default()
        };
        if let Some(name) = &directives.backfill
            && let Err(why) = batches(name, &safe.sql)
        {
            let message = format!("its data change {why}");
            return Err(SyntaxError { message, offset: 0 });
        }
        let place = (written.line, written.column);
        let mut made = prepared(
            safe.sql.as_str().into(),
            None,
            place,
            &directives,
            (&statement, blind_effect(&statement)),
            created,
        );
        let drops = statement.drops_column();
        let planned = Arc::make_mut(&mut made.planned);
        planned.loses_data &= !drops.is_some_and(|drops| carried.contains(&drops));
        planned.rewrite = Some(Box::new(Rewrite {
            rule: rule.to_owned(),
            part,
            of: Some(of),
            is_joined: safe.is_joined,
        }));
        Ok(made)
    });
    parts.collect()
}

/// The columns of a form in whose place it puts others: what is dropped under their names lives on.
fn carried(form: &[Safe]) -> Result<Vec<(RelationName, String)>, SyntaxError> {
    let mut carried = Vec::new();
    for safe in form {
        if let Statement::Rename {
            object: ObjectKind::Column,
            relation: Some(relation),
            to,
            ..
        } = sql::parse(&safe.sql)?
        {
            carried.push((relation, to));
        }
    }
    Ok(carried)
}

/// What a statement does as far as its text says.
fn blind_effect(statement: &Statement) -> Effect {
    effect::effect(statement, &Context::default())
}

fn prepared(
    text: StatementText,
    copy_data: Option<String>,
    (line, column): (usize, usize),
    directives: &StatementDirectives,
    (statement, effect): (&Statement, Effect),
    created: &mut Created,
) -> PreparedStatement {
    let lane = directives.lane.unwrap_or_else(|| lane_of(statement, &effect));
    let backfill = directives
        .backfill
        .as_ref()
        .and_then(|said| batches(said, &text).ok().map(Box::new));
    let shape = match (&backfill, effect.in_transaction) {
        (Some(_), _) => Shape::Backfill,
        (None, InTransaction::Refused(_)) => Shape::Alone,
        (None, InTransaction::Allowed) => Shape::Transaction,
    };
    let lane = if backfill.is_some() { Lane::Backfill } else { lane };
    let catalog_only = effect.rewrite.is_no() && effect.scan.is_no();
    let (changes_session, opaque) = (effect.session_state, effect.opaque);
    let loses_data = !effect.data_loss.is_no();
    let (locks, unnamed) = created.others(effect);
    PreparedStatement {
        planned: Arc::new(PlannedStatement {
            hash: StatementHash::of(&text, copy_data.as_deref()),
            sql: text,
            copy_data,
            line,
            column,
            kind: statement.kind(),
            lane,
            locks,
            unnamed,
            opaque,
            catalog_only,
            changes_session,
            loses_data,
            assertion: assertion(directives),
            backfill,
            probe: (shape == Shape::Alone).then(|| Box::new(probe(statement))),
            rewrite: None,
        }),
        shape,
        best_effort: directives.best_effort,
        overrides: Overrides {
            stall_budget: directives.stall_budget,
            lock_timeout: directives.lock_timeout,
            statement_timeout: directives.statement_timeout,
        },
    }
}

fn assertion(directives: &StatementDirectives) -> Option<Assertion> {
    let verify = directives.verify.clone().map(Assertion::Verify);
    verify.or_else(|| directives.require.clone().map(Assertion::Require))
}

/// How to find out whether a statement that refuses a transaction happened.
pub(super) fn probe(statement: &Statement) -> Probe {
    match statement.concurrent_index() {
        Some(IndexStatement::Create {
            index,
            relation,
            if_not_exists,
        }) => index.map_or(Probe::Nothing, |index| Probe::CreateIndex {
            index,
            relation,
            if_not_exists,
        }),
        Some(IndexStatement::Drop { index, if_exists }) => Probe::DropIndex { index, if_exists },
        Some(IndexStatement::Reindex { relation }) => Probe::Reindex { relation },
        Some(IndexStatement::Detach { parent, partition }) => Probe::Detach { parent, partition },
        None if statement.is_repeatable() => Probe::Repeatable,
        None => Probe::Nothing,
    }
}

/// What keeps a statement from being executed as part of a revision.
fn refusals(
    statement: &Statement,
    effect: &Effect,
    text: &str,
    directives: &StatementDirectives,
) -> impl Iterator<Item = Diagnostic> {
    let mut refused = Vec::from_iter(own::refusal(statement, &effect.locks));
    if matches!(statement, Statement::Query { .. }) && sql::copies_to_client(text) {
        refused.push(
            Diagnostic::error("COPY … TO STDOUT in a revision: nobody reads what it writes")
                .help("remove it, or write to a table; psql's \\copy runs beside a revision, not in it"),
        );
    }
    if let Some(word) = statement.transaction_control() {
        refused.push(
            Diagnostic::error(format!("{word} in a revision: windlass begins and ends the transactions"))
                .label("transaction control")
                .help("remove it; consecutive statements share a transaction, `windlass plan` shows where it is cut")
                .help("`-- windlass: atomic` forbids cuts, `-- windlass: no-transaction` runs each statement alone"),
        );
    }
    let sets = matches!(statement, Statement::Set { name: Some(name), .. } if name == "client_encoding");
    if (sets || sql::is_copy(text))
        && let Some(encoding) = sql::sets_other_encoding(text)
    {
        refused.push(
            Diagnostic::error(format!(
                "encoding {encoding} in a revision, which is read and sent as UTF-8"
            ))
            .help("remove it: letters beyond ASCII would be stored as others"),
        );
    }
    if let Some(IndexStatement::Create { index: None, .. }) = statement.concurrent_index() {
        refused.push(
            Diagnostic::error("CREATE INDEX CONCURRENTLY without a name for the index")
                .help("name the index: after an interruption windlass finds it by its name and repairs it"),
        );
    }
    if directives.verify.is_some() && !statement.is_query() {
        refused.push(
            Diagnostic::error("`verify` stands before a statement that is no query")
                .help("write a SELECT that returns one row with one boolean"),
        );
    }
    if directives.require.is_some() && !statement.is_query() {
        refused.push(
            Diagnostic::error("`require` stands before a statement that is no query")
                .help("write a SELECT that returns one row with one boolean"),
        );
    }
    refused.into_iter()
}

/// What an author should know about a statement that is executed all the same.
fn remarks(statement: &Statement) -> impl Iterator<Item = Diagnostic> {
    statement.sets_timeout().into_iter().map(|name| {
        Diagnostic::warning(format!("SET {name} overrides the lane's own limit"))
            .help("use `-- windlass: lock-timeout` or `statement-timeout` at the statement that needs it")
    })
}

/// `atomic` is refused where one transaction cannot do it, or would break the stall budget.
fn atomic_refusal(script: &Script, statements: &[PreparedStatement], source: &Source) -> Option<Diagnostic> {
    if script.header.transaction != TransactionMode::Atomic {
        return None;
    }
    let mut gathering = Gathering::default();
    for (prepared, written) in statements.iter().zip(&script.statements) {
        let traits = Traits::of(&prepared.planned, prepared.shape);
        let cut = gathering.cut(traits, false, false);
        if let Some(cut) = cut.filter(|cut| *cut != super::step::Cut::Start) {
            return Some(
                Diagnostic::error(format!(
                    "`atomic` forbids a cut that is needed here: {}",
                    cut.reason()
                ))
                .at(Place::locate(&source.path, &source.text, written.span))
                .help("remove `-- windlass: atomic`, or move this statement to a revision of its own"),
            );
        }
        gathering.take(traits, cut.is_some(), false);
    }
    None
}

/// Groups prepared statements into steps, numbered from `first`.
pub fn steps(prepared: &[PreparedStatement], mode: TransactionMode, first: u32) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut gathering = Gathering::default();
    for statement in prepared {
        let traits = Traits::of(&statement.planned, statement.shape);
        let asked = mode == TransactionMode::Never || statement.best_effort;
        let cut = gathering.cut(traits, mode == TransactionMode::Atomic, asked);
        gathering.take(traits, cut.is_some(), asked);
        match (cut, steps.last_mut()) {
            (None, Some(step)) => {
                step.lane = more_demanding(step.lane, statement.planned.lane);
                step.overrides = step.overrides.tightened(statement.overrides);
                step.statements.push(statement.planned.clone());
            }
            (cut, _) => steps.push(Step {
                number: first + u32::try_from(steps.len()).unwrap_or(u32::MAX - first),
                shape: statement.shape,
                lane: statement.planned.lane,
                cut: cut.unwrap_or(super::step::Cut::Start),
                statements: vec![statement.planned.clone()],
                best_effort: statement.best_effort,
                overrides: statement.overrides,
            }),
        }
    }
    steps
}

/// The lane that a transaction of both is governed by: whoever blocks the application decides.
fn more_demanding(a: Lane, b: Lane) -> Lane {
    let rank = |lane| match lane {
        Lane::Ddl => 0,
        Lane::Index => 1,
        Lane::Validate => 2,
        Lane::Dml => 3,
        Lane::Backfill => 4,
        Lane::Utility => 5,
    };
    if rank(a) <= rank(b) { a } else { b }
}
