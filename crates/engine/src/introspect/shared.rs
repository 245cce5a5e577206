//! What every object can have: comments, dependencies, sizes. Read last, when all names are known.

use std::collections::BTreeSet;

use tokio_postgres::types::Type as SqlType;
use windlass_compiler::catalog::{
    Address, Building, Bytes, DependencyKind, QualifiedName, Rows, Size, Type, Unmodelled,
};

use super::failed;
use super::names::{Entry, class};
use super::reader::Reader;
use super::row::Columns;
use crate::error::Result;

impl Reader<'_> {
    pub(super) async fn shared(&mut self) -> Result<()> {
        self.each(include_str!("internals.sql"), |this, row| {
            let (of, object) = (row.oid("class"), row.oid("object"));
            match this.names.resolve(row.oid("ref_class"), row.oid("ref_object"), 0) {
                Some(Entry::Object(address)) => this.names.add(of, object, address),
                Some(Entry::Ignored) => this.names.ignore(of, object),
                None => {}
            }
            Ok(())
        })
        .await?;
        self.each(include_str!("comments.sql"), |this, row| {
            let found = this
                .names
                .resolve(row.oid("class"), row.oid("object"), row.value("part"));
            if let Some(Entry::Object(address)) = found {
                // Members of an extension have its own comments.
                let is_member =
                    matches!(address, Address::Extension(_)) && row.oid("class") != class::EXTENSION;
                let is_known = match &address {
                    Address::Extension(name) => this.catalog.extensions.contains_key(name),
                    _ => true,
                };
                if is_known && !is_member {
                    this.catalog.comments.insert(address, row.text("text"));
                }
            }
            Ok(())
        })
        .await?;
        self.public_comment();
        self.security_labels().await?;
        self.privileges().await?;
        self.default_privileges().await?;
        let mut strangers = self.census().await?;
        self.dependencies(&mut strangers).await?;
        self.describe(strangers, "").await?;
        self.sizes().await
    }

    /// The schema public comes with a comment, which is nothing; having lost it is something.
    fn public_comment(&mut self) {
        let public = Address::Schema("public".to_owned());
        if !self.catalog.schemas.contains_key("public") {
            return;
        }
        match self.catalog.comments.get(&public).map(String::as_str) {
            Some("standard public schema") => {
                self.catalog.comments.remove(&public);
            }
            Some(_) => {}
            None => {
                self.catalog.comments.insert(public, String::new());
            }
        }
    }

    async fn dependencies(&mut self, strangers: &mut BTreeSet<(u32, u32)>) -> Result<()> {
        let mut edges = Building::default();
        self.each(include_str!("dependencies.sql"), |this, row| {
            let (of, object) = (row.oid("class"), row.oid("object"));
            let dependent = match this.names.resolve(of, object, row.value("part")) {
                Some(Entry::Object(address)) => address,
                Some(Entry::Ignored) => return Ok(()),
                None => {
                    strangers.insert((of, object));
                    return Ok(());
                }
            };
            let referenced =
                this.names
                    .resolve(row.oid("ref_class"), row.oid("ref_object"), row.value("ref_part"));
            let Some(Entry::Object(referenced)) = referenced else {
                return Ok(());
            };
            // Of an extension's members, only the extension is known; it may need another one.
            let is_between_extensions = of == class::EXTENSION && row.oid("ref_class") == class::EXTENSION;
            if (matches!(dependent, Address::Extension(_)) && !is_between_extensions)
                || is_containment(&dependent, &referenced)
                || this.are_range_and_multirange(&dependent, &referenced)
            {
                return Ok(());
            }
            let kind = match row.text("kind").as_str() {
                "a" => DependencyKind::Auto,
                "i" => DependencyKind::Internal,
                "x" => DependencyKind::Extension,
                "P" | "S" => DependencyKind::Partition,
                _ => DependencyKind::Normal,
            };
            edges.add(dependent, referenced, kind);
            Ok(())
        })
        .await?;
        self.catalog.dependencies = edges.done();
        Ok(())
    }

    /// The one is made with the other, and so are their functions.
    fn are_range_and_multirange(&self, one: &Address, other: &Address) -> bool {
        let (Address::Type(one), Address::Type(other)) = (one, other) else {
            return false;
        };
        let is_of = |multirange: &QualifiedName, range: &QualifiedName| matches!(self.catalog.types.get(multirange), Some(Type::Multirange { of }) if of == range);
        is_of(one, other) || is_of(other, one)
    }

    /// Looks at every system catalog for objects that nobody claimed.
    async fn census(&mut self) -> Result<BTreeSet<(u32, u32)>> {
        let mut parts = Vec::new();
        for row in self.rows(include_str!("census.sql")).await? {
            parts.push(format!(
                "SELECT {}::oid AS class, oid AS object FROM pg_catalog.{} WHERE oid >= 16384",
                row.oid("oid"),
                row.text("name")
            ));
        }
        let mut strangers = BTreeSet::new();
        self.each(&parts.join(" UNION ALL "), |this, row| {
            let (class, object) = (row.oid("class"), row.oid("object"));
            if this.names.resolve(class, object, 0).is_none() {
                strangers.insert((class, object));
            }
            Ok(())
        })
        .await?;
        for row in self.rows(include_str!("large_objects.sql")).await? {
            let count = row.value::<i64>("count");
            if count > 0 {
                let many = if count == 1 { "" } else { "s" };
                let description = format!("{count} large object{many}");
                let large_objects = Unmodelled::new("pg_largeobject_metadata", description);
                self.catalog.unmodelled.push(large_objects);
            }
        }
        Ok(strangers)
    }

    /// Names what nobody claimed; objects of TOAST and temporary tables say nothing.
    pub(super) async fn describe(&mut self, strangers: BTreeSet<(u32, u32)>, what: &str) -> Result<()> {
        if strangers.is_empty() {
            return Ok(());
        }
        let (classes, objects): (Vec<u32>, Vec<u32>) = strangers.into_iter().unzip();
        let rows = self
            .client()
            .query_typed(
                include_str!("describe.sql"),
                &[(&classes, SqlType::OID_ARRAY), (&objects, SqlType::OID_ARRAY)],
            )
            .await
            .map_err(failed)?;
        for row in rows {
            let description = format!("{what}{}", row.text("description"));
            let unmodelled = Unmodelled::new(row.text("catalog"), description);
            self.catalog.unmodelled.push(unmodelled);
        }
        Ok(())
    }

    async fn sizes(&mut self) -> Result<()> {
        self.each(include_str!("sizes.sql"), |this, row| {
            let name = match this.names.resolve(class::CLASS, row.oid("oid"), 0) {
                Some(Entry::Object(Address::Relation(name) | Address::Index(name))) => name,
                _ => return Ok(()),
            };
            let pages = u64::try_from(row.value::<i32>("pages")).unwrap_or_default();
            let toast = row.value::<Option<i32>>("toast_pages").unwrap_or_default();
            let toast = u64::try_from(toast).unwrap_or_default();
            let bytes = if row.flag("is_analyzed") {
                Bytes::Known((pages + toast) * this.block_size)
            } else {
                Bytes::Unknown
            };
            let rows = match row.value::<Option<f64>>("rows") {
                // An estimate: its fraction means nothing, and it is not negative.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                Some(rows) => Rows::About(rows.round() as u64),
                None => Rows::Unknown,
            };
            this.catalog.sizes.insert(name, Size { rows, bytes });
            Ok(())
        })
        .await
    }
}

/// Whether the address of `part` already says that it is a part of `whole`.
fn is_containment(part: &Address, whole: &Address) -> bool {
    match whole {
        Address::Relation(whole) | Address::Type(whole) => part.relation() == Some(whole),
        _ => false,
    }
}
