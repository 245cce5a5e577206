//! What every object can have: comments, dependencies, sizes. Read last, when all names are known.

use std::collections::BTreeSet;

use tokio_postgres::types::Type;
use windlass_compiler::catalog::{Address, Bytes, Dependencies, DependencyKind, Rows, Size, Unmodelled};

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
                if !is_member {
                    this.catalog.comments.insert(address, row.text("text"));
                }
            }
            Ok(())
        })
        .await?;
        self.public_comment();
        self.dependencies().await?;
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

    async fn dependencies(&mut self) -> Result<()> {
        let mut edges = Vec::new();
        let mut strangers = BTreeSet::new();
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
            // Of an extension's members, only the extension is known.
            if matches!(dependent, Address::Extension(_)) || is_containment(&dependent, &referenced) {
                return Ok(());
            }
            let kind = match row.text("kind").as_str() {
                "a" => DependencyKind::Auto,
                "i" => DependencyKind::Internal,
                "x" => DependencyKind::Extension,
                "P" | "S" => DependencyKind::Partition,
                _ => DependencyKind::Normal,
            };
            edges.push((dependent, referenced, kind));
            Ok(())
        })
        .await?;
        self.catalog.dependencies = Dependencies::new(edges);
        self.describe(strangers).await
    }

    /// Names what nobody claimed; objects of TOAST and temporary tables say nothing.
    async fn describe(&mut self, strangers: BTreeSet<(u32, u32)>) -> Result<()> {
        if strangers.is_empty() {
            return Ok(());
        }
        let (classes, objects): (Vec<u32>, Vec<u32>) = strangers.into_iter().unzip();
        let rows = self
            .client()
            .query_typed(
                include_str!("describe.sql"),
                &[(&classes, Type::OID_ARRAY), (&objects, Type::OID_ARRAY)],
            )
            .await
            .map_err(failed)?;
        for row in rows {
            let unmodelled = Unmodelled::new(row.text("catalog"), row.text("description"));
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
