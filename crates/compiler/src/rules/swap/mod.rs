//! A change of type that would write the table anew, by a new column: kept in step by a trigger, filled in batches, given the
//! old one's indexes and constraints, and put in its place in one short transaction. The column is the table's last then.
//!
//! Here are the order of it all and the column itself; `twin` has what belongs to it within the table, `number` where its
//! values come from, `around` what hangs on it from outside, `published` who gets it elsewhere, `unfit` what is not swapped at all.

mod around;
mod cast;
mod number;
mod published;
mod twin;
mod unfit;

use std::collections::BTreeSet;

use super::Safe;
use super::case::Case;
use super::fill::{self, Filling};
use crate::catalog::{Address, Catalog, Column, ColumnValue, QualifiedName, Relation, object_name};
use crate::sql::{self, RelationName, TypeName, quote_identifier as quote, quote_literal};

/// Under what the columns' order may change: `SELECT *`, INSERT without a list of columns and COPY notice.
pub(super) const PERMISSION: &str = "reorder-columns";

/// Under what a new column may go out to subscribers: where they lack it, they stop.
pub(super) const PUBLISHED: &str = "published-columns";

/// How a column is swapped.
pub(super) struct Form {
    pub(super) statements: Vec<Safe>,
    /// What the subscribers of a published table need first.
    pub(super) at_subscribers: Option<String>,
}

/// The statements, or why there are none: a clause that continues "it is not done here, since ".
pub(super) fn form(case: &Case) -> Result<Form, String> {
    let Some(mut swap) = Swap::of(case)? else {
        return Err("too little is known".to_owned());
    };
    let readers = swap.readers()?;
    swap.reads_expressions = readers
        .iter()
        .any(|reader| matches!(reader, Address::Statistics(_)));
    swap.twins()?;
    swap.numbers()?;
    swap.references()?;
    swap.remake(&readers)?;
    Ok(Form {
        at_subscribers: swap.at_subscribers(),
        statements: swap.statements(),
    })
}

struct Swap<'a> {
    catalog: &'a Catalog,
    /// The table as its author writes it.
    head: &'a str,
    relation: &'a RelationName,
    name: QualifiedName,
    table: &'a Relation,
    column: &'a Column,
    /// The new type, as it is written.
    new_type: &'a str,
    /// USING casts the column, rather than an assignment.
    casts: bool,
    /// The new column until it has the old one's name.
    new: String,
    new_type_name: &'a TypeName,
    /// The table's own triggers do not fire for the rows that are filled.
    is_past_triggers: bool,
    needs_proof: bool,
    /// What is made while everybody works.
    made: Vec<Safe>,
    /// The short transaction: what goes first, where the new column's values come from, what takes over a name of the old
    /// one's, and what is back at the end.
    before: Vec<String>,
    given: Vec<String>,
    taken_over: Vec<String>,
    after: Vec<String>,
    /// What is left to do behind it.
    later: Vec<Safe>,
    /// What is made anew under its old name, and has lost its notes by that.
    renewed: BTreeSet<Address>,
    /// The statistics to renew are not of columns only.
    reads_expressions: bool,
}

/// What names of the swap's own end in: the second and later ones where one is taken.
fn labels() -> impl Iterator<Item = String> {
    (0..).map(|number: u32| match number {
        0 => "windlass".to_owned(),
        _ => format!("windlass{number}"),
    })
}

/// The name of the trigger that keeps the new column in step: triggers fire in the order of their names.
fn trigger(new: &str) -> String {
    format!("~{new}")
}

impl<'a> Swap<'a> {
    fn of(case: &'a Case) -> Result<Option<Self>, String> {
        let Some((relation, command, _)) = case.alter() else {
            return Ok(None);
        };
        let (Some(catalog), Some(name), Some(of), Some(new), Some(head), Some(own)) = (
            case.around.catalog,
            case.find(relation),
            command.name.as_deref(),
            command.new_type.as_ref(),
            case.head(),
            case.command_text(),
        ) else {
            return Ok(None);
        };
        let Some(table) = catalog.relation(&name) else {
            return Ok(None);
        };
        let (Some(column), Some(new_type)) = (table.column(of), sql::written_between(own, "type", "using"))
        else {
            return Ok(None);
        };
        if let Some(why) = unfit::table(catalog, &name, table).or_else(|| unfit::column(column, new, own)) {
            return Err(why);
        }
        let name_of_table = name.clone();
        let mut free = labels().map(|label| {
            // A byte shorter than a name can be: its trigger's has one more.
            let room = object_name("", "", &label).len();
            let of = &of[..of.floor_char_boundary(62 - room)];
            object_name(of, "", &label)
        });
        let called = free.find(|name| table.column(name).is_none());
        let called = called.unwrap_or_default();
        if let Some(why) = unfit::fires_behind(table, &trigger(&called)) {
            return Err(why);
        }
        let is_past_triggers = match fill::filling_of(catalog, &name, &called) {
            Filling::Noticed(why) => return Err(why),
            filling => filling == Filling::PastTriggers,
        };
        Ok(Some(Self {
            catalog,
            head,
            relation,
            name,
            table,
            column,
            new_type,
            casts: sql::has_words(own, &["using"]),
            new: called,
            is_past_triggers,
            new_type_name: &new.data_type,
            needs_proof: column.is_not_null,
            made: Vec::new(),
            before: Vec::new(),
            given: Vec::new(),
            taken_over: Vec::new(),
            after: Vec::new(),
            later: Vec::new(),
            renewed: BTreeSet::from([Address::Column(name_of_table, of.to_owned())]),
            reads_expressions: false,
        }))
    }

    fn is_it(&self, column: &String) -> bool {
        *column == self.column.name
    }

    fn statements(self) -> Vec<Safe> {
        let (head, relation) = (self.head, self.relation);
        let (old, new) = (quote(&self.column.name), quote(&self.new));
        let function = self.function();
        let trigger = quote(&trigger(&self.new));
        let value = |from: &str| match self.casts {
            true => format!("({from})::{}", self.new_type),
            false => from.to_owned(),
        };
        let old_type = TypeName::parse(&self.column.data_type).unwrap_or_default();
        let settings = cast::settings(&old_type, self.new_type_name);
        let proofs = [
            self.proof_of_default(&old_type),
            self.proof_of_fit(&old_type, &value(&old)),
        ];
        let mut safe: Vec<Safe> = proofs.into_iter().flatten().collect();
        safe.extend([
            Safe::new(format!("{head} ADD COLUMN {new} {}", self.new_type)),
            Safe::new(format!(
                "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql{settings} AS \
                 $windlass$ BEGIN NEW.{new} := {}; RETURN NEW; END $windlass$",
                value(&format!("NEW.{old}"))
            )),
            Safe::new(format!(
                "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {relation} FOR EACH ROW EXECUTE FUNCTION {function}()"
            )),
            Safe::new(format!("{head} ENABLE ALWAYS TRIGGER {trigger}")),
            Safe::backfill(
                format!("{}_{}", self.name.name, self.new),
                format!(
                    "UPDATE {relation} SET {new} = {} WHERE {new} IS NULL AND {old} IS NOT NULL",
                    value(&old)
                ),
            )
            .past_triggers(self.is_past_triggers),
        ]);
        let settings = self.settings(&new);
        safe.extend(settings.into_iter().map(Safe::new));
        safe.extend(self.made.iter().cloned());
        let mut short = self.before.clone();
        short.push(format!("DROP TRIGGER {trigger} ON {relation}"));
        short.push(format!("DROP FUNCTION {function}()"));
        if self.needs_proof && !self.is_native() {
            short.push(format!("{head} ALTER COLUMN {new} SET NOT NULL"));
            short.push(format!("{head} DROP CONSTRAINT {}", quote(&self.proof())));
        }
        short.extend(self.given.iter().cloned());
        safe.push(self.proof_of_values(&new, &value(&old)));
        let (first, rest) = short.split_at(1);
        safe.extend(first.iter().map(Safe::new));
        safe.extend(rest.iter().map(|sql| Safe::new(sql).joined()));
        safe.push(self.proof_of_nothing_new().joined());
        let last = [
            format!("{head} DROP COLUMN {old}"),
            format!("{head} RENAME COLUMN {new} TO {old}"),
        ];
        let last = last.iter().chain(&self.taken_over).chain(&self.after);
        safe.extend(last.map(|sql| Safe::new(sql).joined()));
        safe.extend(self.later.iter().cloned());
        // A list of columns leaves out what is computed of several, and what indexes compute.
        let columns = match self.reads_expressions {
            true => String::new(),
            false => format!(" ({old})"),
        };
        safe.push(Safe::new(format!("ANALYZE {relation}{columns}")));
        safe
    }

    /// The trigger's function, beside the table wherever search_path leads, by a name that no routine has.
    fn function(&self) -> QualifiedName {
        let (table, column) = (&self.name.name, &self.column.name);
        let is_free = |name: &QualifiedName| !self.catalog.routines.keys().any(|known| known.name == *name);
        let mut names = labels().map(|label| self.name.beside(&object_name(table, column, &label)));
        names.find(is_free).expect("numbers do not end")
    }

    /// Asked before anything is done, where a value may not fit: the trigger would refuse such ones to the application from
    /// then on, and the rows that are there would end the filling.
    fn proof_of_fit(&self, old_type: &TypeName, value: &str) -> Option<Safe> {
        let new = self.new_type_name;
        if cast::always_fits(old_type, new) {
            return None;
        }
        let (relation, name, new_type) = (self.relation, quote(&self.column.name), self.new_type);
        // An assignment refuses what is too long, but for blanks at its end; a cast cuts it.
        let is_cut = !self.casts && matches!(new.own(), Some("varchar" | "bpchar"));
        let sql = match is_cut {
            true => format!(
                "SELECT count(*) = 0, count(*) || ' are too long' FROM {relation} \
                  WHERE rtrim(({value})::text) <> rtrim(({value})::{new_type}::text)"
            ),
            false => format!("SELECT count(({value})::{new_type}) >= 0 FROM {relation}"),
        };
        Some(Safe::verified(
            format!("each {name} of {relation} fits the new type"),
            sql,
        ))
    }

    /// Whether the default may be one of the new type: PostgreSQL tells when it is set, so it is set on a table that nobody
    /// sees and that is gone with its transaction. Before anything is journalled, so that the default can still be changed.
    fn proof_of_default(&self, old_type: &TypeName) -> Option<Safe> {
        let ColumnValue::Default(default) = &self.column.value else {
            return None;
        };
        if cast::always_fits(old_type, self.new_type_name) {
            return None;
        }
        Some(Safe::new(format!(
            "CREATE TEMPORARY TABLE windlass_default ({} {} DEFAULT {default}) ON COMMIT DROP",
            quote(&self.column.name),
            self.new_type
        )))
    }

    /// Asked under the lock: what came to hang on the old column since the plan was made would go with it.
    fn proof_of_nothing_new(&self) -> Safe {
        let known = self.renewed.iter().filter_map(|address| match address {
            Address::Index(index) => Some(&index.name),
            Address::Constraint(_, name) => Some(name),
            _ => None,
        });
        let known: Vec<String> = known.map(|name| quote_literal(name)).collect();
        let column = Address::Column(self.name.clone(), self.column.name.clone());
        let has_default = matches!(self.column.value, ColumnValue::Default(_));
        let name = quote(&self.column.name);
        let sql = include_str!("since.sql");
        let sql = sql
            .lines()
            .filter(|line| !line.starts_with("--"))
            .collect::<Vec<_>>();
        let sql = sql
            .join("\n")
            .replace("{relation}", &quote_literal(&self.relation.to_string()))
            .replace("{column}", &quote_literal(&self.column.name))
            .replace("{known}", &known.join(", "))
            .replace("{is_not_null}", &self.column.is_not_null.to_string())
            .replace("{has_default}", &has_default.to_string())
            .replace(
                "{has_privileges}",
                &self.catalog.privileges.contains_key(&column).to_string(),
            );
        Safe::verified(
            format!(
                "nothing came to hang on {name} of {} since the plan was made: it would go with the old column; drop it, run the \
                 same command again, and make it anew behind",
                self.relation
            ),
            sql,
        )
    }

    /// Asked when all is filled and kept in step, before the old column goes.
    fn proof_of_values(&self, new: &str, value: &str) -> Safe {
        let (relation, name, new_type) = (self.relation, quote(&self.column.name), self.new_type);
        // Types without an equality are compared by what is written of them.
        let has_equality = !matches!(
            self.new_type_name.own(),
            Some(
                "json"
                    | "xml"
                    | "point"
                    | "box"
                    | "circle"
                    | "path"
                    | "polygon"
                    | "line"
                    | "lseg"
                    | "txid_snapshot"
                    | "pg_snapshot"
                    | "jsonpath"
                    | "refcursor"
            )
        );
        let text = if has_equality { "" } else { "::text" };
        Safe::verified(
            format!("each {name} of {relation} has its value in the new column"),
            format!(
                "SELECT count(*) = 0, count(*) || ' have not' FROM {relation} WHERE {new}{text} IS DISTINCT FROM ({value})::{new_type}{text}"
            ),
        )
    }

    /// What the planner is told of the column. How it is stored is the new type's business, as with ALTER COLUMN … TYPE.
    fn settings(&self, new: &str) -> Vec<String> {
        let change = format!("{} ALTER COLUMN {new} SET", self.head);
        let target = self.column.statistics;
        let mut settings: Vec<String> = target
            .map(|target| format!("{change} STATISTICS {target}"))
            .into_iter()
            .collect();
        if !self.column.options.is_empty() {
            let options = self.column.options.iter();
            let options: Vec<String> = options
                .map(|(name, value)| format!("{} = {value}", quote(name)))
                .collect();
            settings.push(format!("{change} ({})", options.join(", ")));
        }
        settings
    }
}
