//! Operators, text search, foreign servers, publications and the like.

use std::collections::BTreeSet;

use super::column::alter_foreign_options;
use super::emit::Emit;
use super::fate::{Fate, both};
use crate::catalog::write::notes::target;
use crate::catalog::write::object::{published_table, write_object};
use crate::catalog::write::order::{AsListed, Key, Stage};
use crate::catalog::{Address, FiringState, Object, Privileges, Publication, Published, Subscription};
use crate::sql::{quote_identifier, quote_literal};

/// What becomes of an object that is in both.
pub(super) fn compare(one: &Object, other: &Object) -> Option<Fate> {
    if one == other {
        return None;
    }
    let alter_or = |can_alter: bool| Some(if can_alter { Fate::Alter } else { Fate::Replace });
    match (one, other) {
        (Object::Language(_), Object::Language(_))
        | (Object::Transform(_), Object::Transform(_))
        | (Object::OperatorFamily(_), Object::OperatorFamily(_))
        | (Object::ForeignDataWrapper(_), Object::ForeignDataWrapper(_))
        | (Object::UserMapping(_), Object::UserMapping(_))
        | (Object::Subscription(_), Object::Subscription(_))
        | (Object::DefaultPrivileges(_), Object::DefaultPrivileges(_)) => alter_or(true),
        (Object::TextSearchDictionary(one), Object::TextSearchDictionary(other)) => {
            alter_or(one.template == other.template)
        }
        (Object::TextSearchConfiguration(one), Object::TextSearchConfiguration(other)) => {
            alter_or(one.parser == other.parser)
        }
        (Object::Server(one), Object::Server(other)) => {
            // ALTER SERVER cannot take a version away.
            let keeps_version = one.version == other.version || other.version.is_some();
            alter_or(one.wrapper == other.wrapper && one.kind == other.kind && keeps_version)
        }
        (Object::Statistics(one), Object::Statistics(other)) => {
            let is_same = without_order(&one.definition) == without_order(&other.definition);
            if is_same && one.relation == other.relation && one.target == other.target {
                return None;
            }
            alter_or(is_same && one.relation == other.relation)
        }
        (Object::EventTrigger(one), Object::EventTrigger(other)) => {
            alter_or(one.event == other.event && one.tags == other.tags && one.function == other.function)
        }
        (Object::Publication(one), Object::Publication(other)) => {
            let all = |publication: &Publication| publication.content == Published::AllTables;
            alter_or(all(one) == all(other))
        }
        (Object::Parameters(one), Object::Parameters(other)) => {
            // Only an operator's estimators can be set.
            let differing = both(one, other)
                .into_iter()
                .filter(|(_, one, other)| one != other);
            let are_estimators = one.contains_key("LEFTARG") || one.contains_key("RIGHTARG");
            let mut keys = differing.map(|(key, ..)| key.as_str());
            alter_or(are_estimators && keys.all(|key| matches!(key, "RESTRICT" | "JOIN")))
        }
        _ => Some(Fate::Replace),
    }
}

impl Emit<'_> {
    pub(super) fn create_object(&mut self, address: &Address) {
        let Some(object) = self.new.objects.get(address) else {
            return;
        };
        if let Object::Subscription(Subscription { connection: None, .. }) = object {
            self.cannot(address, "its connection may not be seen, so it cannot be made");
            return;
        }
        write_object(self.new, address, object, &mut self.plan);
        self.after_own_drop(address);
        if let Object::Conversion(conversion) = object
            && conversion.is_default
        {
            // There is one default between two encodings.
            let others: Vec<Key> = self
                .fates
                .iter()
                .filter(|(other, fate)| matches!(other, Address::Conversion(_)) && fate.is_gone())
                .map(|(other, _)| (other.clone(), Stage::Drop))
                .collect();
            self.part((address.clone(), Stage::Create), Vec::new(), others, Vec::new());
        }
    }

    pub(super) fn alter_object(&mut self, address: &Address) {
        let (old, new) = (self.old, self.new);
        let (Some(one), Some(other)) = (old.objects.get(address), new.objects.get(address)) else {
            return;
        };
        let Some(target) = target(new, address) else {
            return;
        };
        let alter = format!("ALTER {target}");
        let sql = match (one, other) {
            (Object::Publication(one), Object::Publication(other)) => {
                return self.alter_publication(address, one, other);
            }
            (Object::Language(_), Object::Language(_)) | (Object::Transform(_), Object::Transform(_)) => {
                let mut plan = crate::catalog::write::order::Plan::default();
                write_object(new, address, other, &mut plan);
                let (statements, _) = plan.ordered(&crate::catalog::Catalog::default(), &AsListed);
                let replace = |(_, sql): (Key, String)| sql.replacen("CREATE ", "CREATE OR REPLACE ", 1);
                statements.into_iter().map(replace).collect()
            }
            (Object::OperatorFamily(one), Object::OperatorFamily(other)) => {
                let (before, after): (BTreeSet<_>, BTreeSet<_>) =
                    (one.iter().collect(), other.iter().collect());
                let mut sql = Vec::new();
                let gone: Vec<String> = before
                    .difference(&after)
                    .map(|member| without_function(member))
                    .collect();
                if !gone.is_empty() {
                    sql.push(format!("{alter} DROP\n    {}", gone.join(",\n    ")));
                }
                let made: Vec<String> = after
                    .difference(&before)
                    .map(|member| (**member).clone())
                    .collect();
                if !made.is_empty() {
                    sql.push(format!("{alter} ADD\n    {}", made.join(",\n    ")));
                }
                sql
            }
            (Object::ForeignDataWrapper(one), Object::ForeignDataWrapper(other)) => {
                let mut text = String::new();
                for (word, before, after) in [
                    ("HANDLER", &one.handler, &other.handler),
                    ("VALIDATOR", &one.validator, &other.validator),
                ] {
                    if before != after {
                        text.push_str(&match after {
                            Some(function) => format!(" {word} {function}"),
                            None => format!(" NO {word}"),
                        });
                    }
                }
                vec![format!(
                    "{alter}{text}{}",
                    alter_foreign_options(&one.options, &other.options)
                )]
            }
            (Object::Server(one), Object::Server(other)) => {
                let version = match &other.version {
                    Some(version) if one.version != other.version => {
                        format!(" VERSION {}", quote_literal(version))
                    }
                    _ => String::new(),
                };
                vec![format!(
                    "{alter}{version}{}",
                    alter_foreign_options(&one.options, &other.options)
                )]
            }
            (Object::UserMapping(one), Object::UserMapping(other)) => {
                vec![format!("{alter}{}", alter_foreign_options(one, other))]
            }
            (Object::Statistics(_), Object::Statistics(other)) => {
                vec![format!("{alter} SET STATISTICS {}", other.target.unwrap_or(-1))]
            }
            (Object::EventTrigger(_), Object::EventTrigger(other)) => {
                vec![format!("{alter} {}", FiringState::keyword(other.state))]
            }
            (Object::TextSearchDictionary(one), Object::TextSearchDictionary(other)) => {
                let options = |text: &Option<String>| {
                    let mut options = crate::catalog::Options::new();
                    for option in split(text.as_deref().unwrap_or_default()) {
                        let (name, value) = option.split_once('=').unwrap_or((&option, ""));
                        options.insert(name.trim().to_owned(), value.trim().to_owned());
                    }
                    options
                };
                let changes: Vec<String> = both(&options(&one.options), &options(&other.options))
                    .into_iter()
                    .filter(|(_, before, after)| before != after)
                    .map(|(name, _, after)| match after {
                        Some(value) => format!("{name} = {value}"),
                        None => name.clone(),
                    })
                    .collect();
                vec![format!("{alter} ({})", changes.join(", "))]
            }
            (Object::TextSearchConfiguration(one), Object::TextSearchConfiguration(other)) => {
                let mut sql = Vec::new();
                for (token, before, after) in both(&one.mappings, &other.mappings) {
                    let token = quote_identifier(token);
                    match after {
                        None => sql.push(format!("{alter} DROP MAPPING FOR {token}")),
                        Some(after) if before != Some(after) => {
                            let verb = if before.is_some() { "ALTER" } else { "ADD" };
                            let names: Vec<String> = after.iter().map(ToString::to_string).collect();
                            sql.push(format!(
                                "{alter} {verb} MAPPING FOR {token} WITH {}",
                                names.join(", ")
                            ));
                        }
                        Some(_) => {}
                    }
                }
                sql
            }
            (Object::Parameters(one), Object::Parameters(other)) => {
                let settings: Vec<String> = both(one, other)
                    .into_iter()
                    .filter(|(_, before, after)| before != after)
                    .map(|(key, _, after)| format!("{key} = {}", after.map_or("NONE", String::as_str)))
                    .collect();
                vec![format!("{alter} SET ({})", settings.join(", "))]
            }
            (Object::Subscription(one), Object::Subscription(other)) => {
                self.alter_subscription(address, &alter, one, other)
            }
            (Object::DefaultPrivileges(one), Object::DefaultPrivileges(other)) => {
                return self.alter_default_privileges(address, one, other);
            }
            _ => Vec::new(),
        };
        self.part(
            (address.clone(), Stage::Create),
            sql,
            Vec::new(),
            vec![address.clone()],
        );
    }

    fn alter_subscription(
        &mut self,
        address: &Address,
        alter: &str,
        one: &Subscription,
        other: &Subscription,
    ) -> Vec<String> {
        let mut sql = Vec::new();
        if one.connection != other.connection {
            match &other.connection {
                Some(connection) => sql.push(format!("{alter} CONNECTION {}", quote_literal(connection))),
                None => self.cannot(address, "its connection may not be seen"),
            }
        }
        if one.publications != other.publications {
            let names: Vec<String> = other
                .publications
                .iter()
                .map(|name| quote_identifier(name))
                .collect();
            sql.push(format!(
                "{alter} SET PUBLICATION {} WITH (refresh = false)",
                names.join(", ")
            ));
        }
        if one.parameters != other.parameters {
            let settable = [
                "binary",
                "disable_on_error",
                "origin",
                "run_as_owner",
                "slot_name",
                "streaming",
                "synchronous_commit",
            ];
            for (name, before, after) in both(&one.parameters, &other.parameters) {
                match after {
                    _ if before == after => {}
                    Some(value) if settable.contains(&name.as_str()) => {
                        let value = if value == "NONE" {
                            value.clone()
                        } else {
                            quote_literal(value)
                        };
                        sql.push(format!("{alter} SET ({name} = {value})"));
                    }
                    None if matches!(
                        name.as_str(),
                        "binary" | "disable_on_error" | "streaming" | "run_as_owner"
                    ) =>
                    {
                        sql.push(format!("{alter} SET ({name} = false)"));
                    }
                    None if name == "synchronous_commit" => sql.push(format!("{alter} SET ({name} = 'off')")),
                    None if name == "origin" => sql.push(format!("{alter} SET ({name} = 'any')")),
                    _ => self.cannot(address, format!("its parameter {name} cannot be altered")),
                }
            }
        }
        sql
    }

    fn alter_publication(&mut self, address: &Address, one: &Publication, other: &Publication) {
        let Address::Publication(name) = address else {
            return;
        };
        let alter = format!("ALTER PUBLICATION {}", quote_identifier(name));
        let empty = (std::collections::BTreeMap::new(), Vec::new());
        let parts = |publication: &Publication| match &publication.content {
            Published::Some { tables, schemas } => (tables.clone(), schemas.clone()),
            Published::AllTables => empty.clone(),
        };
        let ((old_tables, old_schemas), (new_tables, new_schemas)) = (parts(one), parts(other));
        let (mut leave, mut join) = (Vec::new(), Vec::new());
        let mut needs: Vec<Key> = vec![(address.clone(), Stage::Leave)];
        for (table, before, after) in both(&old_tables, &new_tables) {
            let is_again = self.spread.republished.contains(&(name.clone(), table.clone()));
            if before == after && !is_again {
                continue;
            }
            if before.is_some() {
                leave.push(format!("{alter} DROP TABLE {table}"));
            }
            if let Some(after) = after {
                join.push(format!("{alter} ADD TABLE {}", published_table(table, after)));
                needs.push((Address::Relation(table.clone()), Stage::Create));
                let columns = self
                    .new
                    .relation(table)
                    .into_iter()
                    .flat_map(|relation| &relation.columns);
                needs.extend(
                    columns
                        .map(|column| (Address::Column(table.clone(), column.name.clone()), Stage::Create)),
                );
            }
        }
        let schema = |name: &String| quote_identifier(name);
        for gone in old_schemas.iter().filter(|name| !new_schemas.contains(name)) {
            leave.push(format!("{alter} DROP TABLES IN SCHEMA {}", schema(gone)));
        }
        for made in new_schemas.iter().filter(|name| !old_schemas.contains(name)) {
            join.push(format!("{alter} ADD TABLES IN SCHEMA {}", schema(made)));
            needs.push((Address::Schema(made.clone()), Stage::Create));
        }
        if one.operations != other.operations {
            join.push(format!(
                "{alter} SET (publish = {})",
                quote_literal(&other.operations.join(", "))
            ));
        }
        if one.via_root != other.via_root {
            join.push(format!(
                "{alter} SET (publish_via_partition_root = {})",
                other.via_root
            ));
        }
        if one.generated_columns != other.generated_columns {
            let how = if other.generated_columns { "stored" } else { "none" };
            join.push(format!("{alter} SET (publish_generated_columns = {how})"));
        }
        self.part((address.clone(), Stage::Leave), leave, Vec::new(), Vec::new());
        // Its edges lead to what it publishes, which is named above.
        self.part((address.clone(), Stage::Attach), join, needs, Vec::new());
    }

    pub(super) fn drop_default_privileges(&mut self, address: &Address) -> Vec<String> {
        match self.old.objects.get(address) {
            Some(Object::DefaultPrivileges(before)) => {
                let before = before.clone();
                self.default_privilege_changes(address, &before, &Privileges::default())
            }
            _ => Vec::new(),
        }
    }

    fn alter_default_privileges(&mut self, address: &Address, one: &Privileges, other: &Privileges) {
        let sql = self.default_privilege_changes(address, one, other);
        self.part(
            (address.clone(), Stage::Create),
            sql,
            Vec::new(),
            vec![address.clone()],
        );
    }

    fn default_privilege_changes(
        &mut self,
        address: &Address,
        one: &Privileges,
        other: &Privileges,
    ) -> Vec<String> {
        let Address::DefaultPrivileges(role, schema, kind) = address else {
            return Vec::new();
        };
        let within = schema.as_ref().map_or(String::new(), |schema| {
            format!(" IN SCHEMA {}", quote_identifier(schema))
        });
        let head = format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {}{within}",
            quote_identifier(role)
        );
        let object = crate::catalog::write::privilege::Securable {
            on: kind.keyword().to_owned(),
            columns: String::new(),
        };
        super::note::privilege_changes(one, other, &object)
            .into_iter()
            .map(|sql| format!("{head} {sql}"))
            .collect()
    }
}

/// Statistics are on columns in the table's order, which is not compared.
fn without_order(definition: &str) -> String {
    let parts = definition
        .split_once(" ON ")
        .and_then(|(head, rest)| Some((head, rest.rsplit_once(" FROM ")?)));
    let Some((head, (columns, table))) = parts else {
        return definition.to_owned();
    };
    let mut columns: Vec<&str> = columns.split(", ").collect();
    columns.sort_unstable();
    format!("{head} ON {} FROM {table}", columns.join(", "))
}

/// `OPERATOR 1 (a, b)` of a member that says more.
fn without_function(member: &str) -> String {
    let (head, rest) = match member.split_once('(') {
        Some((head, rest)) => (head, rest),
        None => return member.to_owned(),
    };
    let types = rest.split_once(')').map_or(rest, |(types, _)| types);
    let words: Vec<&str> = head.split_whitespace().take(2).collect();
    format!("{} ({types})", words.join(" "))
}

/// Options of a dictionary, which are separated by commas outside of quotes.
fn split(text: &str) -> Vec<String> {
    let mut options = vec![String::new()];
    let mut is_quoted = false;
    for letter in text.chars() {
        match letter {
            '\'' => {
                is_quoted = !is_quoted;
                if let Some(last) = options.last_mut() {
                    last.push(letter);
                }
            }
            ',' if !is_quoted => options.push(String::new()),
            other => {
                if let Some(last) = options.last_mut() {
                    last.push(other);
                }
            }
        }
    }
    options.retain(|option| !option.trim().is_empty());
    options
}
