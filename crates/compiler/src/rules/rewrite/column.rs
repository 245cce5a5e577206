//! New columns: plain first; what reads or fills rows comes in statements of its own.

use super::constraint::{constraint_name, set_not_null, unique};
use super::parts::Parts;
use crate::catalog::object_name;
use crate::rules::Safe;
use crate::rules::case::Case;
use crate::rules::fill::{Filling, filling};
use crate::sql::{self, ColumnDetails, Constrains, RelationName, quote_identifier as quote, quote_literal};

/// ADD COLUMN with whatever of it would read or write rows in statements of its own.
pub(in crate::rules) fn column(case: &Case) -> Option<Vec<Safe>> {
    let (relation, command, written) = case.alter()?;
    let column = written.column.as_ref()?;
    if command.conditional || column.is_stored || case.is_partitioned(relation) == Some(true) {
        return None;
    }
    let is_volatile = column.has_default && !command.added.as_ref()?.computes.is_no();
    let is_filled_later = is_volatile || column.is_serial || column.is_identity;
    // Without a key a backfill has nothing to walk along.
    if is_filled_later && case.around.catalog.is_some() && case.primary_key(relation).is_none() {
        return None;
    }
    // Only rows that are filled later are asked about: that walks the table's tree.
    let is_past_triggers = is_filled_later
        && match filling(case, relation, &column.name) {
            Filling::Noticed(_) => return None,
            filling => filling == Filling::PastTriggers,
        };
    let head = case.head()?;
    let name = quote(&column.name);
    let mut parts = Parts::of(case, column)?;
    let wants_not_null = column.is_not_null || column.is_serial || column.is_identity;
    let needs_proof = wants_not_null && (is_filled_later || column.is_virtual);
    parts.drop_where(|part| match part.kind {
        Constrains::Check => !part.is_not_enforced,
        Constrains::Unique | Constrains::PrimaryKey | Constrains::ForeignKey => true,
        Constrains::NotNull => needs_proof,
        Constrains::Nothing => (is_volatile && part.is_default) || part.is_identity,
        _ => false,
    });
    let mut safe = Vec::new();
    let numbers = match column.is_identity {
        true => Some(Numbers::of(case, relation, column, &parts)?),
        false => None,
    };
    if column.is_serial {
        serial(case, relation, column, &mut parts, &mut safe)?;
    } else if let Some(numbers) = &numbers {
        safe.push(Safe::new(numbers.create()));
        safe.push(Safe::new(format!("{head} {}", parts.kept())));
        safe.push(Safe::new(format!(
            "{head} ALTER COLUMN {name} SET DEFAULT nextval({})",
            numbers.literal()
        )));
    } else {
        safe.push(Safe::new(format!("{head} {}", parts.kept())));
    }
    if is_volatile {
        let default = parts.text_of(|part| part.is_default)?;
        safe.push(Safe::new(format!("{head} ALTER COLUMN {name} SET {default}")));
    }
    if is_filled_later {
        let backfill = format!("{}_{}", relation.name, column.name);
        let change = format!("UPDATE {relation} SET {name} = DEFAULT WHERE {name} IS NULL");
        safe.push(Safe::backfill(backfill, change).past_triggers(is_past_triggers));
    }
    let has_key = column.constraint(Constrains::PrimaryKey).is_some();
    if needs_proof && !has_key {
        set_not_null(case, relation, &column.name, &mut safe)?;
    }
    if let Some(numbers) = &numbers {
        // In one transaction, under the lock of its first statement: no number is given twice.
        safe.push(Safe::new(format!("{head} ALTER COLUMN {name} DROP DEFAULT")));
        safe.push(Safe::new(format!(
            "{head} ALTER COLUMN {name} ADD {}",
            numbers.identity
        )));
        safe.push(Safe::new(format!(
            "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({}, {}), nextval({}), false)",
            quote_literal(&relation.to_string()),
            quote_literal(&column.name),
            numbers.literal()
        )));
        safe.push(Safe::new(format!("DROP SEQUENCE {}", numbers.sequence)));
    }
    for (at, constraint) in column.constraints.iter().enumerate() {
        let constraint = &constraint.with_attributes(&column.constraints[at + 1..]);
        match constraint.kind {
            Constrains::Check if !constraint.is_not_enforced => {
                let called = quote(&constraint_name(case, relation, constraint, Some(&column.name)));
                let text = sql::behind_name(parts.text_at(at)?, constraint.name.is_some())?;
                safe.push(Safe::new(format!(
                    "{head} ADD CONSTRAINT {called} {text} NOT VALID"
                )));
                safe.push(Safe::new(format!("{head} VALIDATE CONSTRAINT {called}")));
            }
            Constrains::ForeignKey => {
                let called = quote(&constraint_name(case, relation, constraint, Some(&column.name)));
                let text = sql::behind_name(parts.text_at(at)?, constraint.name.is_some())?;
                safe.push(Safe::new(format!(
                    "{head} ADD CONSTRAINT {called} FOREIGN KEY ({name}) {text} NOT VALID"
                )));
                safe.push(Safe::new(format!("{head} VALIDATE CONSTRAINT {called}")));
            }
            Constrains::Unique | Constrains::PrimaryKey => {
                safe.extend(unique(
                    case,
                    relation,
                    constraint,
                    std::slice::from_ref(&column.name),
                )?);
            }
            _ => {}
        }
    }
    Some(safe)
}

/// What somebody may have instead of a stored generated column, as SQL with a word on each.
pub(in crate::rules) fn instead_of_stored(case: &Case, column: &ColumnDetails) -> Option<Vec<String>> {
    let (relation, ..) = case.alter()?;
    let head = case.head()?;
    let parts = Parts::of(case, column)?;
    let generated = parts.text_of(|part| sql::has_words(part.text, &["stored"]))?;
    let expression = generated
        .get(generated.find('(')? + 1..generated.rfind(')')?)?
        .trim();
    let (name, called) = (quote(&column.name), format!("{}_{}", relation.name, column.name));
    let function = RelationName {
        schema: relation.schema.clone(),
        name: called.clone(),
    };
    let mut ways = Vec::new();
    if case.major().is_none_or(|major| major >= 18) {
        ways.push(format!(
            "on PostgreSQL 18 and newer, computed when it is read, and free to add:\n\
             {head} {} GENERATED ALWAYS AS ({expression}) VIRTUAL;",
            parts.begin
        ));
    }
    ways.push(format!(
        "a plain column that a trigger keeps and a backfill fills:\n\
         {head} {};\n\
         CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n    \
             NEW.{name} := (SELECT {expression} FROM (SELECT NEW.*) AS {});\n    RETURN NEW;\nEND $$;\n\
         CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON {relation} FOR EACH ROW EXECUTE FUNCTION {function}();\n\
         -- windlass: backfill {called}\n\
         UPDATE {relation} SET {name} = {expression} WHERE {name} IS NULL;",
        parts.begin,
        quote(&relation.name),
        quote(&called)
    ));
    ways.push(format!(
        "where rows are only looked up by it, an index over the expression:\n\
         CREATE INDEX CONCURRENTLY {} ON {relation} (({expression}));",
        quote(&called)
    ));
    Some(ways)
}

/// A serial column as PostgreSQL makes it, but for its values.
fn serial(
    case: &Case,
    relation: &RelationName,
    column: &ColumnDetails,
    parts: &mut Parts,
    safe: &mut Vec<Safe>,
) -> Option<()> {
    let of = match column.data_type.words.last()?.as_str() {
        "smallserial" | "serial2" => "smallint",
        "serial" | "serial4" => "integer",
        _ => "bigint",
    };
    let sequence = RelationName {
        schema: relation.schema.clone(),
        name: case.free_name(relation, |number| {
            object_name(&relation.name, &column.name, &format!("seq{number}"))
        }),
    };
    let (head, name) = (case.head()?, quote(&column.name));
    parts.replace_type(of)?;
    let kind = if of == "bigint" {
        String::new()
    } else {
        format!(" AS {of}")
    };
    safe.push(Safe::new(format!("CREATE SEQUENCE {sequence}{kind}")));
    safe.push(Safe::new(format!("{head} {}", parts.kept())));
    safe.push(Safe::new(format!(
        "ALTER SEQUENCE {sequence} OWNED BY {relation}.{name}"
    )));
    let literal = quote_literal(&sequence.to_string());
    safe.push(Safe::new(format!(
        "{head} ALTER COLUMN {name} SET DEFAULT nextval({literal}::regclass)"
    )));
    Some(())
}

/// The numbers of an identity column until it is one: what fills it counts on in the identity's own sequence.
struct Numbers {
    /// The sequence that counts meanwhile.
    sequence: RelationName,
    data_type: String,
    /// `GENERATED … AS IDENTITY (…)`, as it is written.
    identity: String,
    /// What stands in its parentheses.
    options: String,
}

impl Numbers {
    fn of(case: &Case, relation: &RelationName, column: &ColumnDetails, parts: &Parts) -> Option<Self> {
        // A primary key needs the identity before it is one.
        if column.constraint(Constrains::PrimaryKey).is_some() {
            return None;
        }
        let identity = parts.text_of(|part| part.is_identity)?.to_owned();
        let options = match (identity.find('('), identity.rfind(')')) {
            (Some(open), Some(close)) => identity.get(open + 1..close)?.trim().to_owned(),
            _ => String::new(),
        };
        if sql::has_words(&options, &["sequence", "name"]) {
            return None;
        }
        let name = case.free_name(relation, |number| {
            object_name(&relation.name, &column.name, &format!("windlass{number}"))
        });
        let sequence = RelationName {
            schema: relation.schema.clone(),
            name,
        };
        let data_type = match column.data_type.own()? {
            "int2" => "smallint",
            "int4" => "integer",
            "int8" => "bigint",
            _ => return None,
        };
        Some(Self {
            sequence,
            data_type: data_type.to_owned(),
            identity,
            options,
        })
    }

    fn create(&self) -> String {
        let create = format!("CREATE SEQUENCE {} AS {}", self.sequence, self.data_type);
        format!("{create} {}", self.options).trim_end().to_owned()
    }

    fn literal(&self) -> String {
        format!("{}::regclass", quote_literal(&self.sequence.to_string()))
    }
}
