//! Operators, text search, foreign servers, publications and the like.

use std::collections::BTreeMap;

use tokio_postgres::Row;
use windlass_compiler::catalog::{
    AccessMethod, Address, Cast, CastContext, Conversion, EventTrigger, ForeignDataWrapper, Language, Object,
    OperatorClass, Publication, Published, PublishedTable, QualifiedName, Server, Statistics, Subscription,
    TextSearchConfiguration, TextSearchDictionary, Transform,
};

use super::Unseen;
use super::names::{Entry, class};
use super::reader::Reader;
use super::relation::state;
use super::row::Columns;
use crate::error::Result;

impl Reader<'_> {
    pub(super) async fn objects(&mut self) -> Result<()> {
        self.languages().await?;
        self.operators().await?;
        self.text_search().await?;
        self.foreign().await?;
        for row in self.rows(include_str!("statistics.sql")).await? {
            let relation = self.names.relation(row.oid("relation")).cloned();
            if let (Some(name), Some(relation)) = (self.named(class::STATISTICS, &row), relation) {
                let statistics = Statistics {
                    relation,
                    definition: row.text("definition"),
                    target: row.value("target"),
                };
                self.own(
                    class::STATISTICS,
                    &row,
                    Address::Statistics(name),
                    Object::Statistics(statistics),
                );
            }
        }
        for row in self.rows(include_str!("event_triggers.sql")).await? {
            let trigger = EventTrigger {
                event: row.text("event"),
                tags: row.texts("tags"),
                function: row.text("function"),
                state: state(&row.text("state")),
            };
            let address = Address::EventTrigger(row.text("name"));
            self.own(class::EVENT_TRIGGER, &row, address, Object::EventTrigger(trigger));
        }
        self.publications().await?;
        self.subscriptions().await
    }

    /// The name of an object in a schema; none for what is an extension's or the server's.
    fn named(&mut self, class: u32, row: &Row) -> Option<QualifiedName> {
        self.claim(class, row.oid("oid"), row.oid("namespace"), &row.text("name"))
    }

    /// Adds an object, unless it is an extension's.
    fn add_object(&mut self, class: u32, oid: u32, address: Address, object: Object) -> bool {
        if self.names.is_taken(class, oid) {
            return false;
        }
        self.names.add(class, oid, address.clone());
        self.catalog.objects.insert(address, object);
        true
    }

    /// The same for what has an owner.
    pub(super) fn own(&mut self, class: u32, row: &Row, address: Address, object: Object) {
        if self.add_object(class, row.oid("oid"), address.clone(), object) {
            self.catalog.owners.insert(address, row.text("owner"));
        }
    }

    async fn languages(&mut self) -> Result<()> {
        for row in self.rows(include_str!("access_methods.sql")).await? {
            let method = AccessMethod {
                is_for_tables: row.flag("is_for_tables"),
                handler: row.text("handler"),
            };
            let address = Address::AccessMethod(row.text("name"));
            self.add_object(
                class::ACCESS_METHOD,
                row.oid("oid"),
                address,
                Object::AccessMethod(method),
            );
        }
        for row in self.rows(include_str!("languages.sql")).await? {
            let language = Language {
                is_trusted: row.flag("is_trusted"),
                handler: row.maybe("handler"),
                inline: row.maybe("inline"),
                validator: row.maybe("validator"),
            };
            let address = Address::Language(row.text("name"));
            self.own(class::LANGUAGE, &row, address, Object::Language(language));
        }
        for row in self.rows(include_str!("transforms.sql")).await? {
            let transform = Transform {
                from_sql: row.maybe("from_sql"),
                to_sql: row.maybe("to_sql"),
            };
            let address = Address::Transform(row.text("type"), row.text("language"));
            self.add_object(
                class::TRANSFORM,
                row.oid("oid"),
                address,
                Object::Transform(transform),
            );
        }
        for row in self.rows(include_str!("conversions.sql")).await? {
            let Some(name) = self.named(class::CONVERSION, &row) else {
                continue;
            };
            let conversion = Conversion {
                from: row.text("from_encoding"),
                to: row.text("to_encoding"),
                function: row.text("function"),
                is_default: row.flag("is_default"),
            };
            let address = Address::Conversion(name);
            self.own(class::CONVERSION, &row, address, Object::Conversion(conversion));
        }
        Ok(())
    }

    async fn operators(&mut self) -> Result<()> {
        for row in self.rows(include_str!("operators.sql")).await? {
            let Some(name) = self.named(class::OPERATOR, &row) else {
                continue;
            };
            if !row.flag("is_defined") {
                self.names.ignore(class::OPERATOR, row.oid("oid"));
                continue;
            }
            let address = Address::Operator(name, row.text("left_type"), row.text("right_type"));
            let operator = Object::Parameters(row.options("parameters"));
            self.own(class::OPERATOR, &row, address, operator);
        }
        for row in self.rows(include_str!("operator_families.sql")).await? {
            let of = row.oid("class");
            let Some(name) = self.named(of, &row) else {
                continue;
            };
            let (method, members) = (row.text("method"), row.texts("members"));
            if of == class::OPERATOR_FAMILY {
                let address = Address::OperatorFamily(name, method);
                self.own(of, &row, address, Object::OperatorFamily(members));
                continue;
            }
            let family = self
                .names
                .qualified(row.oid("family_namespace"), &row.text("family_name"));
            let Some(family) = family else { continue };
            let made = OperatorClass {
                data_type: row.text("data_type"),
                is_default: row.flag("is_default"),
                family,
                storage: row.maybe("storage"),
                members,
            };
            let address = Address::OperatorClass(name, method);
            self.own(of, &row, address, Object::OperatorClass(made));
        }
        for row in self.rows(include_str!("casts.sql")).await? {
            let cast = Cast {
                method: row.text("method"),
                context: match row.text("context").as_str() {
                    "i" => CastContext::Implicit,
                    "a" => CastContext::Assignment,
                    _ => CastContext::Explicit,
                },
            };
            let address = Address::Cast(row.text("source"), row.text("target"));
            self.add_object(class::CAST, row.oid("oid"), address, Object::Cast(cast));
        }
        Ok(())
    }

    async fn text_search(&mut self) -> Result<()> {
        for row in self.rows(include_str!("text_search_parts.sql")).await? {
            let of = row.oid("class");
            let Some(name) = self.named(of, &row) else {
                continue;
            };
            let address = if of == class::TEXT_SEARCH_PARSER {
                Address::TextSearchParser(name)
            } else {
                Address::TextSearchTemplate(name)
            };
            let part = Object::Parameters(row.options("parameters"));
            self.add_object(of, row.oid("oid"), address, part);
        }
        for row in self.rows(include_str!("text_search_dictionaries.sql")).await? {
            let template = self
                .names
                .qualified(row.oid("template_namespace"), &row.text("template_name"));
            if let (Some(name), Some(template)) = (self.named(class::TEXT_SEARCH_DICTIONARY, &row), template)
            {
                let dictionary = TextSearchDictionary {
                    template,
                    options: row.maybe("options"),
                };
                let address = Address::TextSearchDictionary(name);
                let dictionary = Object::TextSearchDictionary(dictionary);
                self.own(class::TEXT_SEARCH_DICTIONARY, &row, address, dictionary);
            }
        }
        // One row for each dictionary of each kind of token.
        let rows = self.rows(include_str!("text_search_configurations.sql")).await?;
        for rows in rows.chunk_by(|one, next| one.oid("oid") == next.oid("oid")) {
            let row = &rows[0];
            let parser = self
                .names
                .qualified(row.oid("parser_namespace"), &row.text("parser_name"));
            let Some(name) = self.named(class::TEXT_SEARCH_CONFIGURATION, row) else {
                continue;
            };
            let Some(parser) = parser else { continue };
            let mut mappings: BTreeMap<String, Vec<QualifiedName>> = BTreeMap::new();
            for row in rows {
                let dictionary = row.maybe("dictionary_name").and_then(|dictionary| {
                    self.names
                        .qualified(row.oid_or_zero("dictionary_namespace"), &dictionary)
                });
                if let (Some(token), Some(dictionary)) = (row.maybe("token"), dictionary) {
                    mappings.entry(token).or_default().push(dictionary);
                }
            }
            let configuration = TextSearchConfiguration { parser, mappings };
            let address = Address::TextSearchConfiguration(name);
            let configuration = Object::TextSearchConfiguration(configuration);
            self.own(class::TEXT_SEARCH_CONFIGURATION, row, address, configuration);
        }
        Ok(())
    }

    async fn foreign(&mut self) -> Result<()> {
        for row in self.rows(include_str!("foreign_servers.sql")).await? {
            let (of, name, options) = (row.oid("class"), row.text("name"), row.options("options"));
            match row.maybe("wrapper") {
                None => {
                    let wrapper = ForeignDataWrapper {
                        handler: row.maybe("handler"),
                        validator: row.maybe("validator"),
                        options,
                    };
                    let address = Address::ForeignDataWrapper(name);
                    self.own(of, &row, address, Object::ForeignDataWrapper(wrapper));
                }
                Some(wrapper) => {
                    let server = Server {
                        wrapper,
                        kind: row.maybe("kind"),
                        version: row.maybe("version"),
                        options,
                    };
                    self.own(of, &row, Address::Server(name), Object::Server(server));
                }
            }
        }
        for row in self.rows(include_str!("user_mappings.sql")).await? {
            let (server, user) = (row.text("server_name"), row.text("user_name"));
            if row.value::<Option<bool>>("is_visible") != Some(true) {
                self.unseen.push(Unseen {
                    what: format!("the options of the user mapping of {user} on server {server}"),
                    needs: "superuser, or to be that user or the server's owner".to_owned(),
                });
            }
            let options = Object::UserMapping(row.options("options"));
            let address = Address::UserMapping(server, user);
            self.add_object(class::USER_MAPPING, row.oid("oid"), address, options);
        }
        Ok(())
    }

    async fn publications(&mut self) -> Result<()> {
        for row in self.rows(include_str!("publications.sql")).await? {
            let content = if row.flag("all_tables") {
                Published::AllTables
            } else {
                Published::Some {
                    tables: BTreeMap::new(),
                    schemas: Vec::new(),
                }
            };
            let mut publication = Publication::new(content);
            publication.operations = row.texts("operations");
            publication.via_root = row.flag("via_root");
            publication.generated_columns = row.flag("generated_columns");
            let address = Address::Publication(row.text("name"));
            self.own(
                class::PUBLICATION,
                &row,
                address,
                Object::Publication(publication),
            );
        }
        let is_old = self.catalog.major() < 15;
        let tables = if is_old {
            include_str!("published_tables_14.sql")
        } else {
            include_str!("published_tables.sql")
        };
        for row in self.rows(tables).await? {
            let table = self.names.relation(row.oid("relation")).cloned();
            let published = PublishedTable {
                columns: row.texts("columns"),
                condition: row.maybe("condition"),
            };
            self.publish(class::PUBLICATION_RELATION, &row, |tables, _| {
                if let Some(table) = table {
                    tables.insert(table, published);
                }
            });
        }
        if !is_old {
            for row in self.rows(include_str!("published_schemas.sql")).await? {
                self.publish(class::PUBLICATION_SCHEMA, &row, |_, schemas| {
                    schemas.push(row.text("schema"));
                });
            }
        }
        Ok(())
    }

    /// Adds a part to its publication.
    fn publish(
        &mut self,
        class: u32,
        row: &Row,
        add: impl FnOnce(&mut BTreeMap<QualifiedName, PublishedTable>, &mut Vec<String>),
    ) {
        let of = self.names.resolve(class::PUBLICATION, row.oid("publication"), 0);
        let Some(Entry::Object(address)) = of else {
            return self.names.ignore(class, row.oid("oid"));
        };
        self.names.add(class, row.oid("oid"), address.clone());
        if let Some(Object::Publication(publication)) = self.catalog.objects.get_mut(&address)
            && let Published::Some { tables, schemas } = &mut publication.content
        {
            add(tables, schemas);
        }
    }

    /// Servers differ in the columns that there are, and roles in those that they may read.
    async fn subscriptions(&mut self) -> Result<()> {
        let columns = self.rows(include_str!("subscription_columns.sql")).await?;
        let columns: Vec<String> = columns.iter().map(|row| row.text("name")).collect();
        let sql = format!(
            "SELECT oid, pg_catalog.pg_get_userbyid(subowner)::text AS owner, pg_catalog.to_jsonb(s)::text AS fields \
               FROM (SELECT {} FROM pg_catalog.pg_subscription) AS s \
              WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database \
                                WHERE datname = pg_catalog.current_database())",
            columns.join(", ")
        );
        for row in self.rows(&sql).await? {
            let fields: serde_json::Value = serde_json::from_str(&row.text("fields")).unwrap_or_default();
            let name = fields["subname"].as_str().unwrap_or_default().to_owned();
            let subscription = subscription(&fields);
            if subscription.connection.is_none() {
                self.unseen.push(Unseen {
                    what: format!("the connection of subscription {name}"),
                    needs: "superuser".to_owned(),
                });
            }
            let address = Address::Subscription(name);
            self.own(
                class::SUBSCRIPTION,
                &row,
                address,
                Object::Subscription(subscription),
            );
        }
        Ok(())
    }
}

/// A subscription from its row: what CREATE SUBSCRIPTION would not do by itself.
fn subscription(fields: &serde_json::Value) -> Subscription {
    let text = |name: &str| fields[name].as_str().map(str::to_owned);
    let mut parameters = BTreeMap::new();
    let mut option = |name: &str, value: Option<String>, usual: &str| {
        if let Some(value) = value.filter(|value| value != usual) {
            parameters.insert(name.to_owned(), value);
        }
    };
    // A flag on some servers, a letter on others: off, on, parallel.
    let streaming = match &fields["substream"] {
        serde_json::Value::Bool(true) => "on",
        serde_json::Value::String(letter) if letter == "t" => "on",
        serde_json::Value::String(letter) if letter == "p" => "parallel",
        _ => "off",
    };
    // Its default differs between servers, and the slot's name is no default of the model's.
    option("streaming", Some(streaming.to_owned()), "");
    option("synchronous_commit", text("subsynccommit"), "off");
    option("origin", text("suborigin"), "any");
    option(
        "slot_name",
        Some(text("subslotname").unwrap_or_else(|| "NONE".to_owned())),
        "",
    );
    let flag = |name: &str| fields[name].as_bool().map(|flag| flag.to_string());
    option("binary", flag("subbinary"), "false");
    option("disable_on_error", flag("subdisableonerr"), "false");
    option("password_required", flag("subpasswordrequired"), "true");
    option("run_as_owner", flag("subrunasowner"), "false");
    option("failover", flag("subfailover"), "false");
    let two_phase = text("subtwophasestate").map(|state| (state != "d").to_string());
    option("two_phase", two_phase, "false");
    Subscription {
        connection: text("subconninfo"),
        publications: fields["subpublications"]
            .as_array()
            .map(|names| {
                names
                    .iter()
                    .filter_map(|name| Some(name.as_str()?.to_owned()))
                    .collect()
            })
            .unwrap_or_default(),
        parameters,
    }
}
