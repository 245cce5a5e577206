//! Names that changed: declared, asked for, or proposed. Nothing is taken for renamed because it looks like it.

use std::io::IsTerminal;

use clap::ValueEnum;
use windlass::compiler::catalog::{Address, Catalog, QualifiedName, RoutineName};
use windlass::compiler::diff::Rename;

use crate::context::Context;
use crate::failure::Failure;

/// What becomes of pairs that look like a rename.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Renames {
    /// Asks on a terminal; elsewhere proposes them and makes no plan
    Ask,
    /// Takes each for a rename
    Auto,
    /// Drops the one and makes the other
    Never,
}

/// Reads `old=new` with both schemas in sight.
pub(crate) fn declared(text: &str, old: &Catalog, new: &Catalog, path: &[String]) -> Result<Rename, Failure> {
    let refuse = |message: String| {
        Failure::usage(
            message,
            "write --rename table=table, table.column=table.column or column by its last name alone, with schemas where they are not on the search path",
        )
    };
    let Some((from, to)) = text.split_once('=') else {
        return Err(refuse(format!("`{text}` does not say what is renamed to what")));
    };
    let (from, to) = (from.trim(), to.trim());
    let Some(renamed) = find(old, from, path, None) else {
        return Err(refuse(format!("the old schema has nothing called `{from}`")));
    };
    // The last name alone stands for a name beside it.
    let beside = || {
        let spelled = spelled(&renamed);
        let (parent, _) = spelled.rsplit_once('.')?;
        find(new, &format!("{parent}.{to}"), path, Some(&renamed))
    };
    let found = if to.contains('.') { None } else { beside() };
    let Some(target) = found.or_else(|| find(new, to, path, Some(&renamed))) else {
        return Err(refuse(format!(
            "the new schema has no {} called `{to}`",
            renamed.class()
        )));
    };
    Ok(Rename::new(renamed, target))
}

/// Renames in the order in which they are made: tables first, and parts of a renamed table as parts of what it is
/// called then.
pub(crate) fn in_order(renames: &[Rename]) -> Vec<Rename> {
    let tables = tables(renames);
    let is_table = |rename: &&Rename| matches!(rename.from, Address::Relation(_));
    let parts = renames.iter().filter(|rename| !is_table(rename)).map(|rename| {
        let mut rename = rename.clone();
        rename.from = moved(&rename.from, &tables);
        rename
    });
    renames.iter().filter(is_table).cloned().chain(parts).collect()
}

/// The renames that take these back.
pub(crate) fn back(renames: &[Rename]) -> Vec<Rename> {
    let swapped = |rename: &Rename| Rename::new(rename.to.clone(), rename.from.clone());
    let relations: Vec<Rename> = renames.iter().map(swapped).collect();
    let tables = tables(&relations);
    let taken = relations.iter().map(|rename| match rename.from {
        Address::Relation(_) => rename.clone(),
        _ => Rename::new(rename.from.clone(), moved(&rename.to, &tables)),
    });
    in_order(&taken.collect::<Vec<_>>())
}

fn tables(renames: &[Rename]) -> Vec<(&QualifiedName, &QualifiedName)> {
    let pairs = renames
        .iter()
        .filter_map(|rename| match (&rename.from, &rename.to) {
            (Address::Relation(from), Address::Relation(to)) => Some((from, to)),
            _ => None,
        });
    pairs.collect()
}

/// A part of a renamed table, under the table's new name.
fn moved(part: &Address, tables: &[(&QualifiedName, &QualifiedName)]) -> Address {
    let to = |of: &QualifiedName| {
        let found = tables.iter().find(|(from, _)| *from == of);
        found.map_or_else(|| of.clone(), |(_, to)| (*to).clone())
    };
    match part {
        Address::Column(of, name) => Address::Column(to(of), name.clone()),
        Address::Constraint(of, name) => Address::Constraint(to(of), name.clone()),
        Address::Trigger(of, name) => Address::Trigger(to(of), name.clone()),
        Address::Rule(of, name) => Address::Rule(to(of), name.clone()),
        Address::Policy(of, name) => Address::Policy(to(of), name.clone()),
        other => other.clone(),
    }
}

/// How a renamed object is written behind `--rename`.
pub(crate) fn spelled(address: &Address) -> String {
    let whole = |name: &QualifiedName| format!("{}.{}", name.schema, name.name);
    match address {
        Address::Relation(name)
        | Address::Type(name)
        | Address::Index(name)
        | Address::Statistics(name)
        | Address::Collation(name) => whole(name),
        Address::Routine(RoutineName { name, arguments }) => format!("{}({arguments})", whole(name)),
        Address::Column(of, part)
        | Address::Constraint(of, part)
        | Address::DomainConstraint(of, part)
        | Address::Trigger(of, part)
        | Address::Rule(of, part)
        | Address::Policy(of, part) => format!("{}.{part}", whole(of)),
        Address::Schema(name) => name.clone(),
        other => other.to_string(),
    }
}

/// The object of that spelling, with or without a schema of the search path; of the class of `like`.
fn find(catalog: &Catalog, text: &str, path: &[String], like: Option<&Address>) -> Option<Address> {
    let is_like = |address: &Address| like.is_none_or(|like| like.class() == address.class());
    let is_named = |address: &Address| {
        let spelled = spelled(address);
        spelled == text
            || path.iter().any(|schema| {
                spelled
                    .strip_prefix(schema.as_str())
                    .and_then(|rest| rest.strip_prefix('.'))
                    == Some(text)
            })
    };
    // Relations first: who writes a bare name mostly means a table.
    addresses(catalog).find(|address| is_like(address) && is_named(address))
}

/// What can have another name, relations first.
fn addresses(catalog: &Catalog) -> impl Iterator<Item = Address> + '_ {
    let relations = catalog.relations.keys().cloned().map(Address::Relation);
    let parts = catalog.relations.iter().flat_map(|(name, relation)| {
        let columns = relation
            .columns
            .iter()
            .map(|column| Address::Column(name.clone(), column.name.clone()));
        let indexes = relation
            .indexes
            .iter()
            .map(|index| Address::Index(name.beside(&index.name)));
        let constraints = relation
            .constraints
            .iter()
            .map(|constraint| Address::Constraint(name.clone(), constraint.name.clone()));
        let triggers = relation
            .triggers
            .iter()
            .map(|trigger| Address::Trigger(name.clone(), trigger.name.clone()));
        let policies = relation
            .policies
            .iter()
            .map(|policy| Address::Policy(name.clone(), policy.name.clone()));
        columns
            .chain(indexes)
            .chain(constraints)
            .chain(triggers)
            .chain(policies)
            .collect::<Vec<_>>()
    });
    let types = catalog.types.keys().cloned().map(Address::Type);
    let routines = catalog.routines.keys().cloned().map(Address::Routine);
    let schemas = catalog.schemas.keys().cloned().map(Address::Schema);
    relations.chain(parts).chain(types).chain(routines).chain(schemas)
}

/// A candidate in words.
pub(crate) fn in_words(rename: &Rename) -> String {
    let evidence = match rename.evidence.as_str() {
        "" => String::new(),
        evidence => format!(" ({evidence})"),
    };
    format!(
        "{} may be {} under another name{evidence}",
        rename.to, rename.from
    )
}

/// Whether somebody can be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks whether a candidate is a rename.
pub(crate) fn ask(context: &Context, rename: &Rename) -> Result<bool, Failure> {
    context
        .ui
        .agreed(&format!("{}. Is it renamed?", in_words(rename)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_a_renamed_table_is_renamed_after_it_and_back_after_it() {
        let table = |name: &str| Address::Relation(QualifiedName::new("public", name));
        let column =
            |of: &str, name: &str| Address::Column(QualifiedName::new("public", of), name.to_owned());
        let declared = [
            Rename::new(column("leads", "name"), column("prospects", "title")),
            Rename::new(table("leads"), table("prospects")),
        ];
        let up = in_order(&declared);
        assert_eq!(up[0].from, table("leads"));
        assert_eq!(
            (&up[1].from, &up[1].to),
            (&column("prospects", "name"), &column("prospects", "title"))
        );
        assert_eq!(in_order(&up), up);
        let down = back(&up);
        assert_eq!(
            (&down[0].from, &down[0].to),
            (&table("prospects"), &table("leads"))
        );
        assert_eq!(
            (&down[1].from, &down[1].to),
            (&column("leads", "title"), &column("leads", "name"))
        );
        assert_eq!(back(&down), up);
    }
}
