//! Safe forms: the statements that get to the same schema as an unsafe one, names included, without the stall.
//! They keep the author's own text wherever they can. None where there is none, or where too little is known.

use super::Safe;
use super::case::Case;
use crate::catalog::{
    ColumnValue, IndexKey, Persistence, QualifiedName, RelationKind, not_null_name, object_name,
};
use crate::sql::{
    self, AlterKind, ColumnDetails, Constrains, ConstraintDetails, RelationName, Statement,
    quote_identifier as quote,
};

/// CREATE INDEX → CREATE INDEX CONCURRENTLY, under the name that PostgreSQL would choose.
pub(super) fn index_concurrently(case: &Case) -> Option<Vec<Safe>> {
    let Statement::CreateIndex { index, relation, .. } = &*case.statement else {
        return None;
    };
    let insert = match index {
        Some(_) => "CONCURRENTLY".to_owned(),
        None => format!("CONCURRENTLY {}", quote(&index_name(case, relation)?)),
    };
    Some(vec![Safe::new(sql::inserted_behind(
        case.text,
        &["index"],
        &insert,
    )?)])
}

/// The name that PostgreSQL gives to an index over columns.
fn index_name(case: &Case, relation: &RelationName) -> Option<String> {
    let details = case.details.index.as_ref()?;
    let keys: Option<Vec<&str>> = details.keys.iter().map(Option::as_deref).collect();
    let mut columns = keys?;
    columns.extend(details.included.iter().map(String::as_str));
    let columns = columns.join("_");
    Some(case.free_name(relation, |number| {
        object_name(&relation.name, &columns, &format!("idx{number}"))
    }))
}

/// DROP INDEX → one DROP INDEX CONCURRENTLY each.
pub(super) fn drop_concurrently(case: &Case) -> Option<Vec<Safe>> {
    let Statement::Drop {
        relations, if_exists, ..
    } = &*case.statement
    else {
        return None;
    };
    if let [_] = relations.as_slice() {
        return Some(vec![Safe::new(sql::inserted_behind(
            case.text,
            &["index"],
            "CONCURRENTLY",
        )?)]);
    }
    let if_exists = if *if_exists { "IF EXISTS " } else { "" };
    let each = relations
        .iter()
        .map(|index| Safe::new(format!("DROP INDEX CONCURRENTLY {if_exists}{index}")));
    Some(each.collect())
}

/// REINDEX → REINDEX … CONCURRENTLY.
pub(super) fn reindex_concurrently(case: &Case) -> Option<Vec<Safe>> {
    let words = ["index", "table", "schema", "database"];
    Some(vec![Safe::new(sql::inserted_behind(
        case.text,
        &words,
        "CONCURRENTLY",
    )?)])
}

/// REFRESH MATERIALIZED VIEW → CONCURRENTLY, where it has a unique index that PostgreSQL accepts.
pub(super) fn refresh_concurrently(case: &Case) -> Option<Vec<Safe>> {
    let Statement::Refresh { relation, .. } = &*case.statement else {
        return None;
    };
    let by_catalog = case.relation(relation).is_some_and(|found| {
        let populated = matches!(&found.kind, RelationKind::MaterializedView(view) if view.is_populated);
        populated
            && found.indexes.iter().any(|index| {
                let plain = index.keys.iter().all(|key| matches!(key, IndexKey::Column(_)));
                index.is_unique && index.is_valid && index.predicate.is_none() && plain
            })
    });
    if !by_catalog || sql::has_words(case.text, &["no", "data"]) {
        return None;
    }
    Some(vec![Safe::new(sql::inserted_behind(
        case.text,
        &["view"],
        "CONCURRENTLY",
    )?)])
}

/// DETACH PARTITION → CONCURRENTLY. The check that it leaves behind (measured) goes again.
pub(super) fn detach_concurrently(case: &Case) -> Option<Vec<Safe>> {
    let (relation, command, _) = case.alter()?;
    let part = command.other.as_ref()?;
    let mut safe = vec![Safe::new(format!(
        "{} {} CONCURRENTLY",
        case.head()?,
        case.command_text()?
    ))];
    if let Some(found) = case.relation(relation) {
        let RelationKind::PartitionedTable(key) = &found.kind else {
            return None;
        };
        // PostgreSQL names it as it names any check.
        let columns = if let [column] = key.columns.as_slice() {
            column.as_str()
        } else {
            ""
        };
        let name = case.free_name(part, |number| {
            object_name(&part.name, columns, &format!("check{number}"))
        });
        safe.push(Safe::new(format!(
            "ALTER TABLE {part} DROP CONSTRAINT {}",
            quote(&name)
        )));
    }
    Some(safe)
}

/// ADD CONSTRAINT of any kind.
pub(super) fn constraint(case: &Case) -> Option<Vec<Safe>> {
    let (relation, _, written) = case.alter()?;
    let constraint = written.constraint.as_ref()?;
    let own = case.command_text()?;
    match constraint.kind {
        Constrains::Check | Constrains::ForeignKey => {
            let name = constraint_name(case, relation, constraint, None);
            let own = match &constraint.name {
                Some(_) => own.to_owned(),
                None => sql::inserted_behind(own, &["add"], &format!("CONSTRAINT {}", quote(&name)))?,
            };
            let head = case.head()?;
            Some(vec![
                Safe::new(format!("{head} {own} NOT VALID")),
                Safe::new(format!("{head} VALIDATE CONSTRAINT {}", quote(&name))),
            ])
        }
        Constrains::Unique | Constrains::PrimaryKey => {
            unique(case, relation, constraint, &constraint.columns)
        }
        _ => None,
    }
}

/// The name that a constraint has, or that PostgreSQL would give to it.
fn constraint_name(
    case: &Case,
    relation: &RelationName,
    constraint: &ConstraintDetails,
    column: Option<&str>,
) -> String {
    if let Some(name) = &constraint.name {
        return name.clone();
    }
    let own = || match column {
        Some(column) => column.to_owned(),
        None => constraint.columns.join("_"),
    };
    let (columns, label) = match constraint.kind {
        // PostgreSQL names a check by its column where it reads only one.
        Constrains::Check => match constraint.reads.as_slice() {
            [one] => (one.clone(), "check"),
            _ => (String::new(), "check"),
        },
        Constrains::ForeignKey => (own(), "fkey"),
        Constrains::PrimaryKey => (String::new(), "pkey"),
        _ => {
            let carried = constraint.included.iter();
            let parts: Vec<String> = std::iter::once(own()).chain(carried.cloned()).collect();
            (parts.join("_"), "key")
        }
    };
    case.free_name(relation, |number| {
        object_name(&relation.name, &columns, &format!("{label}{number}"))
    })
}

/// A unique index that is built concurrently, and a constraint that takes it over.
fn unique(
    case: &Case,
    relation: &RelationName,
    constraint: &ConstraintDetails,
    columns: &[String],
) -> Option<Vec<Safe>> {
    if constraint.has_extras
        || case.is_partitioned(relation) == Some(true)
        || sql::has_words(case.head()?, &["if"])
    {
        return None;
    }
    let first = columns
        .first()
        .map(String::as_str)
        .filter(|_| columns.len() == 1 && constraint.columns.is_empty());
    let name = constraint_name(case, relation, constraint, first);
    let list = |columns: &[String]| {
        columns
            .iter()
            .map(|column| quote(column))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut index = format!(
        "CREATE UNIQUE INDEX CONCURRENTLY {} ON {relation} ({})",
        quote(&name),
        list(columns)
    );
    if !constraint.included.is_empty() {
        index.push_str(&format!(" INCLUDE ({})", list(&constraint.included)));
    }
    if constraint.nulls_not_distinct {
        index.push_str(" NULLS NOT DISTINCT");
    }
    let is_key = constraint.kind == Constrains::PrimaryKey;
    let kind = if is_key { "PRIMARY KEY" } else { "UNIQUE" };
    let mut add = format!(
        "{} ADD CONSTRAINT {} {kind} USING INDEX {}",
        case.head()?,
        quote(&name),
        quote(&name)
    );
    if constraint.is_deferrable {
        add.push_str(" DEFERRABLE");
    }
    if constraint.is_deferred {
        add.push_str(" INITIALLY DEFERRED");
    }
    let mut safe = vec![Safe::new(index)];
    let nullable: Vec<String> = match is_key {
        true => columns
            .iter()
            .filter(|column| !case.is_proved_not_null(relation, column))
            .cloned()
            .collect(),
        false => Vec::new(),
    };
    with_proof(case, relation, &nullable, Safe::new(add), &mut safe)?;
    Some(safe)
}

/// `then`, between checks that prove the columns not NULL and the drop of these checks.
fn with_proof(
    case: &Case,
    relation: &RelationName,
    columns: &[String],
    then: Safe,
    safe: &mut Vec<Safe>,
) -> Option<()> {
    let head = case.head()?;
    let names: Vec<String> = columns
        .iter()
        .map(|column| {
            quote(&case.free_name(relation, |number| {
                object_name(&relation.name, column, &format!("windlass{number}"))
            }))
        })
        .collect();
    for (name, column) in names.iter().zip(columns) {
        safe.push(Safe::new(format!(
            "{head} ADD CONSTRAINT {name} CHECK ({} IS NOT NULL) NOT VALID",
            quote(column)
        )));
        safe.push(Safe::new(format!("{head} VALIDATE CONSTRAINT {name}")));
    }
    safe.push(then);
    for name in names {
        safe.push(Safe::new(format!("{head} DROP CONSTRAINT {name}")));
    }
    Some(())
}

/// PRIMARY KEY USING INDEX, behind proofs that its columns are not NULL.
pub(super) fn primary_key_using(case: &Case, columns: Option<Vec<String>>) -> Option<Vec<Safe>> {
    let (relation, ..) = case.alter()?;
    let nullable: Vec<String> = columns?
        .into_iter()
        .filter(|column| !case.is_proved_not_null(relation, column))
        .collect();
    let then = Safe::new(format!("{} {}", case.head()?, case.command_text()?));
    let mut safe = Vec::new();
    with_proof(case, relation, &nullable, then, &mut safe)?;
    Some(safe)
}

/// SET NOT NULL → check, validate, set, drop; the native form on 18 and newer.
pub(super) fn not_null(case: &Case) -> Option<Vec<Safe>> {
    let (relation, command, written) = case.alter()?;
    let head = case.head()?;
    if let AlterKind::AddConstraint(_) = command.kind {
        let constraint = written.constraint.as_ref()?;
        let column = constraint.columns.first()?;
        let name = constraint
            .name
            .clone()
            .unwrap_or_else(|| not_null_name(&relation.name, Some(column)));
        let own = match &constraint.name {
            Some(_) => case.command_text()?.to_owned(),
            None => sql::inserted_behind(
                case.command_text()?,
                &["add"],
                &format!("CONSTRAINT {}", quote(&name)),
            )?,
        };
        return Some(vec![
            Safe::new(format!("{head} {own} NOT VALID")),
            Safe::new(format!("{head} VALIDATE CONSTRAINT {}", quote(&name))),
        ]);
    }
    let column = command.name.as_deref()?;
    let mut safe = Vec::new();
    set_not_null(case, relation, column, &mut safe)?;
    Some(safe)
}

fn set_not_null(case: &Case, relation: &RelationName, column: &str, safe: &mut Vec<Safe>) -> Option<()> {
    let head = case.head()?;
    if case.major().is_some_and(|major| major >= 18) {
        let name = quote(&case.free_name(relation, |number| match number {
            "" => not_null_name(&relation.name, Some(column)),
            number => object_name(&relation.name, column, &format!("not_null{number}")),
        }));
        safe.push(Safe::new(format!(
            "{head} ADD CONSTRAINT {name} NOT NULL {} NOT VALID",
            quote(column)
        )));
        safe.push(Safe::new(format!("{head} VALIDATE CONSTRAINT {name}")));
        return Some(());
    }
    let then = Safe::new(format!("{head} ALTER COLUMN {} SET NOT NULL", quote(column)));
    with_proof(case, relation, &[column.to_owned()], then, safe)
}

/// ADD COLUMN with whatever of it would read or write rows in statements of its own.
pub(super) fn column(case: &Case) -> Option<Vec<Safe>> {
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
        safe.push(Safe::backfill(backfill, change));
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
            "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence('{}', '{}'), nextval({}), false)",
            relation.to_string().replace('\'', "''"),
            column.name.replace('\'', "''"),
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
    let literal = sequence.to_string().replace('\'', "''");
    safe.push(Safe::new(format!(
        "{head} ALTER COLUMN {name} SET DEFAULT nextval('{literal}'::regclass)"
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
        format!("'{}'::regclass", self.sequence.to_string().replace('\'', "''"))
    }
}

/// ADD COLUMN's text, cut at its constraints.
struct Parts<'a> {
    begin: String,
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    kind: Constrains,
    is_default: bool,
    is_identity: bool,
    is_not_enforced: bool,
    text: &'a str,
    is_kept: bool,
}

impl<'a> Parts<'a> {
    fn of(case: &'a Case, column: &ColumnDetails) -> Option<Self> {
        let own = case.command_text()?;
        let base = own.as_ptr() as usize - case.text.as_ptr() as usize;
        let starts: Vec<usize> = column
            .constraints
            .iter()
            .map(|part| part.start.checked_sub(base))
            .collect::<Option<_>>()?;
        let end_of = |at: usize| starts.get(at + 1).copied().unwrap_or(own.len());
        let parts = column
            .constraints
            .iter()
            .zip(&starts)
            .enumerate()
            .map(|(at, (part, start))| {
                let text = own.get(*start..end_of(at))?.trim_end();
                let is_default = part.kind == Constrains::Nothing
                    && text
                        .get(..7)
                        .is_some_and(|word| word.eq_ignore_ascii_case("default"));
                let is_identity =
                    part.kind == Constrains::Nothing && sql::has_words(text, &["as", "identity"]);
                Some(Part {
                    kind: part.kind,
                    is_default,
                    is_identity,
                    is_not_enforced: part.is_not_enforced,
                    text,
                    is_kept: true,
                })
            });
        let begin = own
            .get(..starts.first().copied().unwrap_or(own.len()))?
            .trim_end()
            .to_owned();
        Some(Self {
            begin,
            parts: parts.collect::<Option<_>>()?,
        })
    }

    /// Takes constraints out, with the attributes that belong to them.
    fn drop_where(&mut self, goes: impl Fn(&Part) -> bool) {
        let mut before = true;
        for part in &mut self.parts {
            part.is_kept = if part.kind == Constrains::Attribute {
                before
            } else {
                !goes(part)
            };
            before = part.is_kept;
        }
    }

    fn kept(&self) -> String {
        let kept = self
            .parts
            .iter()
            .filter(|part| part.is_kept)
            .map(|part| part.text);
        std::iter::once(self.begin.as_str())
            .chain(kept)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// A constraint's text with that of its attributes.
    fn text_at(&self, at: usize) -> Option<String> {
        let first = self.parts.get(at)?.text;
        let attributes = self.parts[at + 1..]
            .iter()
            .take_while(|part| part.kind == Constrains::Attribute);
        Some(
            std::iter::once(first)
                .chain(attributes.map(|part| part.text))
                .collect::<Vec<_>>()
                .join(" "),
        )
    }

    fn text_of(&self, is_it: impl Fn(&Part) -> bool) -> Option<&'a str> {
        self.parts.iter().find(|part| is_it(part)).map(|part| part.text)
    }

    /// Puts another type in the place of the last word before the constraints.
    fn replace_type(&mut self, of: &str) -> Option<()> {
        let end = self.begin.rfind(|letter: char| letter.is_whitespace())?;
        self.begin.replace_range(end + 1.., of);
        Some(())
    }
}

/// CREATE INDEX on a partitioned table → ON ONLY the parent, concurrently on each leaf, attached.
pub(super) fn index_on_partitions(case: &Case) -> Option<Vec<Safe>> {
    let Statement::CreateIndex {
        index,
        relation,
        if_not_exists: false,
        ..
    } = &*case.statement
    else {
        return None;
    };
    let (table, catalog) = case.find(relation).zip(case.around.catalog)?;
    let details = case.details.index.as_ref()?;
    let keys: Option<Vec<&str>> = details.keys.iter().map(Option::as_deref).collect();
    let mut columns = keys?;
    columns.extend(details.included.iter().map(String::as_str));
    let columns = columns.join("_");
    let chosen = |of: &QualifiedName| {
        let of: RelationName = of.into();
        case.free_name(&of, |number| {
            object_name(&of.name, &columns, &format!("idx{number}"))
        })
    };
    let own = index.clone().unwrap_or_else(|| chosen(&table));
    let mut safe = vec![Safe::new(sql::index_for(
        case.text,
        &own,
        &(&table).into(),
        true,
    )?)];
    let mut open = vec![(table.clone(), own)];
    while let Some((parent, above)) = open.pop() {
        for (part, found, _) in catalog.partitions(&parent) {
            let name = chosen(part);
            let is_parent = matches!(found.kind, RelationKind::PartitionedTable(_));
            safe.push(Safe::new(sql::index_for(
                case.text,
                &name,
                &part.into(),
                is_parent,
            )?));
            if is_parent {
                open.push((part.clone(), name.clone()));
            }
            safe.push(Safe::new(format!(
                "ALTER INDEX {} ATTACH PARTITION {}",
                parent.beside(&above),
                part.beside(&name)
            )));
        }
    }
    Some(safe)
}

/// A foreign key of a partitioned table before 18 → NOT VALID on each partition, validated, then on the parent.
pub(super) fn foreign_key_on_partitions(case: &Case) -> Option<Vec<Safe>> {
    let (relation, _, written) = case.alter()?;
    let constraint = written.constraint.as_ref()?;
    let (table, catalog) = case.find(relation).zip(case.around.catalog)?;
    let name = constraint_name(case, relation, constraint, None);
    let own = case.command_text()?;
    let own = match &constraint.name {
        Some(_) => own.to_owned(),
        None => sql::inserted_behind(own, &["add"], &format!("CONSTRAINT {}", quote(&name)))?,
    };
    let own = own.trim_end();
    let valid = match own.len().checked_sub(9).and_then(|at| own.get(at..)) {
        Some(last) if last.eq_ignore_ascii_case("not valid") => own[..own.len() - 9].trim_end(),
        _ => own,
    };
    let mut safe = Vec::new();
    for part in catalog
        .tree(&table)
        .iter()
        .filter(|part| catalog.relation(part).is_some_and(|found| found.has_storage()))
    {
        safe.push(Safe::new(format!("ALTER TABLE {part} {valid} NOT VALID")));
        safe.push(Safe::new(format!(
            "ALTER TABLE {part} VALIDATE CONSTRAINT {}",
            quote(&name)
        )));
    }
    safe.push(Safe::new(format!("{} {valid}", case.head()?)));
    Some(safe)
}

/// CREATE TABLE … PARTITION OF → a table like the parent, attached: the parent is not locked against readers.
pub(super) fn partition_of(case: &Case) -> Option<Vec<Safe>> {
    let Statement::CreateTable {
        relation,
        if_not_exists: false,
        temporary: false,
        partition_of: Some(parent),
        ..
    } = &*case.statement
    else {
        return None;
    };
    // Its default partition is read under the strongest lock either way.
    if case.default_partition(parent).is_some() {
        return None;
    }
    let found = case.relation(parent)?;
    let has_more = found
        .columns
        .iter()
        .any(|column| matches!(column.value, ColumnValue::Identity(_)));
    if has_more || found.persistence != Persistence::Permanent {
        return None;
    }
    // CREATE TABLE name PARTITION OF parent FOR VALUES …, and nothing else.
    let bound = sql::only_bound(case.text)?;
    let including = [
        "DEFAULTS",
        "CONSTRAINTS",
        "GENERATED",
        "INDEXES",
        "STORAGE",
        "COMPRESSION",
    ];
    let including = including.map(|what| format!(" INCLUDING {what}")).concat();
    Some(vec![
        Safe::new(format!("CREATE TABLE {relation} (LIKE {parent}{including})")),
        Safe::new(format!(
            "ALTER TABLE {parent} ATTACH PARTITION {relation} {bound}"
        )),
    ])
}

/// ATTACH PARTITION behind a check of the bounds, where they can be written as one.
pub(super) fn attach(case: &Case) -> Option<Vec<Safe>> {
    let (relation, command, _) = case.alter()?;
    let part = command.other.as_ref()?;
    if case.default_partition(relation).is_some() {
        return None;
    }
    let RelationKind::PartitionedTable(key) = &case.relation(relation)?.kind else {
        return None;
    };
    let [column] = key.columns.as_slice() else {
        return None;
    };
    // The key is this column, not an expression over it.
    let plain = format!(" ({})", quote(column));
    if !key.definition.ends_with(&plain) {
        return None;
    }
    let condition = sql::bound_as_condition(case.text, &quote(column))?;
    let (part_head, name) = (
        format!("ALTER TABLE {part}"),
        quote(&case.free_name(part, |number| {
            object_name(&part.name, column, &format!("windlass{number}"))
        })),
    );
    Some(vec![
        Safe::new(format!(
            "{part_head} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID"
        )),
        Safe::new(format!("{part_head} VALIDATE CONSTRAINT {name}")),
        Safe::new(format!("{} {}", case.head()?, case.command_text()?)),
        Safe::new(format!("{part_head} DROP CONSTRAINT {name}")),
    ])
}

/// ALTER TABLE of an index → ALTER INDEX.
pub(super) fn rename_index(case: &Case) -> Option<String> {
    sql::with_word(case.text, "table", "INDEX")
}
