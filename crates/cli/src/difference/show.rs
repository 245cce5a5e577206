//! A comparison as SQL, as JSON and as a tree of objects.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde_json::{Value, json};
use windlass::compiler::catalog::Address;
use windlass::compiler::diff::{Action, Rename};
use windlass::compiler::plan::Shape;

use super::plan::{Part, shape};
use super::{Compared, owner_of, renames};
use crate::ui::count;

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A script
    Sql,
    /// Changes, steps and what is in the way
    Json,
    /// What changes, by object
    Tree,
}

/// The script with a header that says what it does.
pub(crate) fn sql(compared: &Compared) -> String {
    if compared.plan.is_empty() {
        return String::new();
    }
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!(
        "-- From {} to {}: {} in {}.\n\n{}",
        one_line(&compared.old.name),
        one_line(&compared.new.name),
        count(compared.plan.parts.len(), "change"),
        count(compared.plan.steps.len(), "step"),
        compared.plan.script(true)
    )
}

/// Everything that is known. `refused`: no SQL.
pub(crate) fn as_json(compared: &Compared, refused: bool) -> Value {
    let plan = &compared.plan;
    let rename = |rename: &Rename| {
        json!({
            "from": renames::spelled(&rename.from),
            "to": renames::spelled(&rename.to),
            "class": rename.from.class(),
            "evidence": rename.evidence,
        })
    };
    let mut statements = plan
        .settings
        .iter()
        .chain(plan.parts.iter().flat_map(|part| &part.statements));
    let steps: Vec<Value> = plan
        .steps
        .iter()
        .map(|step| {
            let own: Vec<&String> = statements.by_ref().take(step.statements).collect();
            json!({
                "in_transaction": step.shape != Shape::Alone,
                "batches": step.shape == Shape::Backfill,
                "cut": step.why,
                "statements": if refused { Value::Null } else { json!(own) },
            })
        })
        .collect();
    let change = |part: &Part| {
        let change = &part.change;
        json!({
            "object": change.object.to_string(),
            "class": change.object.class(),
            "action": change.action.to_string(),
            "sql": if refused { Value::Null } else { json!(part.statements) },
            "rule": part.rule,
            "loses": change.loses,
            "because": change.because.as_ref().map(ToString::to_string),
            "remark": change.remark,
        })
    };
    json!({
        "from": compared.old.name,
        "to": compared.new.name,
        "differs": !compared.difference.is_empty(),
        "refused": refused,
        "compared": {
            "owners": compared.options.write.owners,
            "privileges": compared.options.write.privileges,
            "extension_versions": compared.options.write.extension_versions,
            "all": !compared.is_partial,
        },
        "destructive": plan.losses().map(|(change, loses)| json!({
            "object": change.object.to_string(), "action": change.action.to_string(), "loses": loses,
        })).collect::<Vec<_>>(),
        "cannot": compared.difference.cannot.iter().map(|cannot| json!({
            "object": cannot.object.as_ref().map(ToString::to_string), "why": cannot.why,
        })).collect::<Vec<_>>(),
        "renames": compared.options.renames.iter().map(rename).collect::<Vec<_>>(),
        "rename_candidates": compared.difference.rename_candidates.iter().map(rename).collect::<Vec<_>>(),
        "hazards": plan.hazards.iter().map(|hazard| json!({
            "rule": hazard.rule, "message": hazard.message, "help": hazard.help,
        })).collect::<Vec<_>>(),
        "changes": plan.parts.iter().map(change).collect::<Vec<_>>(),
        "steps": steps,
    })
}

/// What happens to one object.
#[derive(Default)]
struct Node<'c> {
    parts: Vec<&'c Part>,
    below: BTreeMap<&'c Address, Vec<&'c Part>>,
}

/// Objects, each with its parts and what becomes of them. Coloured; a terminal that shows none takes that away.
pub(crate) fn tree(compared: &Compared) -> String {
    let (old, new) = (&compared.old.catalog, &compared.new.catalog);
    let owners: Vec<Option<Address>> = compared
        .plan
        .parts
        .iter()
        .map(|part| owner_of(&part.change.object, old, new))
        .collect();
    let mut nodes: BTreeMap<&Address, Node> = BTreeMap::new();
    for (part, owner) in compared.plan.parts.iter().zip(&owners) {
        match owner {
            Some(owner) => {
                let below = &mut nodes.entry(owner).or_default().below;
                below.entry(&part.change.object).or_default().push(part);
            }
            None => nodes.entry(&part.change.object).or_default().parts.push(part),
        }
    }
    let mut text = String::new();
    for (address, node) in &nodes {
        line(&mut text, "", &address.to_string(), &node.parts);
        let last = node.below.len().saturating_sub(1);
        for (at, (part, parts)) in node.below.iter().enumerate() {
            let branch = if at == last { "└─ " } else { "├─ " };
            line(&mut text, branch, &short(part), parts);
        }
    }
    for cannot in &compared.difference.cannot {
        let object = cannot
            .object
            .as_ref()
            .map_or(String::new(), |object| format!("{object}: "));
        let red = Style::new().fg_color(Some(AnsiColor::Red.into()));
        let _ = writeln!(text, "{red}!{red:#} {object}{}", cannot.why);
    }
    let plan = &compared.plan;
    if !plan.is_empty() {
        let _ = writeln!(
            text,
            "\n{} in {}",
            count(plan.parts.len(), "change"),
            count(plan.steps.len(), "step")
        );
        for (number, step) in plan.steps.iter().enumerate() {
            let _ = writeln!(
                text,
                "  step {}: {}, {}",
                number + 1,
                count(step.statements, "statement"),
                shape(step.shape)
            );
        }
    }
    text
}

/// A part without the name of its relation.
fn short(address: &Address) -> String {
    let name = match address {
        Address::Column(_, part)
        | Address::Default(_, part)
        | Address::Constraint(_, part)
        | Address::DomainConstraint(_, part)
        | Address::Trigger(_, part)
        | Address::Rule(_, part)
        | Address::Policy(_, part) => part,
        Address::Index(name) => &name.name,
        other => return other.to_string(),
    };
    format!("{} {name}", address.class())
}

fn line(text: &mut String, branch: &str, name: &str, parts: &[&Part]) {
    let actions = || parts.iter().map(|part| part.change.action);
    let all = |action: Action| !parts.is_empty() && actions().all(|it| it == action);
    let (sign, color) = if parts.is_empty() {
        (" ", None)
    } else if actions().any(|action| action == Action::Replace) {
        ("±", Some(AnsiColor::Yellow))
    } else if actions().any(|action| action == Action::Drop) {
        ("-", Some(AnsiColor::Red))
    } else if actions().any(|action| action == Action::Create) {
        ("+", Some(AnsiColor::Green))
    } else if all(Action::Rename) {
        ("→", Some(AnsiColor::Cyan))
    } else {
        ("~", Some(AnsiColor::Yellow))
    };
    let style = Style::new().fg_color(color.map(Into::into));
    let _ = write!(text, "{branch}{style}{sign}{style:#} {name}");
    if let Some(because) = parts.iter().find_map(|part| part.change.because.as_ref()) {
        let _ = write!(text, ", because of {because}");
    }
    if let Some(loses) = parts.iter().find_map(|part| part.change.loses.as_ref()) {
        let red = Style::new().fg_color(Some(AnsiColor::Red.into()));
        let _ = write!(text, "  {red}loses data: {loses}{red:#}");
    }
    if let Some(rule) = parts.iter().find_map(|part| part.rule) {
        let _ = write!(text, "  (safe form: {rule})");
    }
    text.push('\n');
}
