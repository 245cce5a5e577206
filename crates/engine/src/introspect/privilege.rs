//! Privileges, default privileges and security labels.

use std::collections::BTreeSet;

use tokio_postgres::Row;
use windlass_compiler::catalog::{Address, ExtensionMember, Grant, Object, ObjectKind, Privileges};

use super::names::{Entry, class};
use super::reader::Reader;
use super::row::Columns;
use crate::error::Result;

impl Reader<'_> {
    pub(super) async fn privileges(&mut self) -> Result<()> {
        // Of objects that are the server's.
        let mut elsewhere: BTreeSet<(u32, u32)> = BTreeSet::new();
        self.each(include_str!("privileges.sql"), |this, row| {
            let (of, object) = (row.oid("class"), row.oid("object"));
            match this.names.resolve(of, object, row.value("part")) {
                Some(Entry::Object(Address::Extension(extension))) => {
                    let column = row.maybe("column");
                    let member = ExtensionMember::new(&extension, &row.text("words"), column.as_deref());
                    add(this.catalog.member_privileges.entry(member).or_default(), row);
                }
                None => {
                    elsewhere.insert((of, object));
                }
                // The row type of a table has privileges of its own, which nobody uses.
                Some(Entry::Object(Address::Relation(_))) if of == class::TYPE => {
                    elsewhere.insert((of, object));
                }
                Some(Entry::Object(address)) => {
                    let privileges = this.catalog.privileges.entry(address).or_default();
                    add(privileges, row);
                }
                Some(Entry::Ignored) => {}
            }
            Ok(())
        })
        .await?;
        self.describe(elsewhere, "privileges of ").await
    }

    pub(super) async fn default_privileges(&mut self) -> Result<()> {
        for row in self.rows(include_str!("default_privileges.sql")).await? {
            let kind = match row.text("kind").as_str() {
                "r" => ObjectKind::Tables,
                "S" => ObjectKind::Sequences,
                "f" => ObjectKind::Routines,
                "T" => ObjectKind::Types,
                "n" => ObjectKind::Schemas,
                "L" => ObjectKind::LargeObjects,
                // Left to the census, which names it.
                _ => continue,
            };
            let namespace = row.oid("namespace");
            if namespace != 0 && !self.is_ours(namespace) {
                self.names.ignore(class::DEFAULT_PRIVILEGES, row.oid("oid"));
                continue;
            }
            let schema = self.names.schema(namespace).map(str::to_owned);
            let address = Address::DefaultPrivileges(row.text("role"), schema, kind);
            self.names
                .add(class::DEFAULT_PRIVILEGES, row.oid("oid"), address.clone());
            let object = self.catalog.objects.entry(address);
            let object = object.or_insert_with(|| Object::DefaultPrivileges(Privileges::default()));
            if let (Object::DefaultPrivileges(privileges), Some(_)) = (object, row.maybe("privilege")) {
                add(privileges, &row);
            }
        }
        Ok(())
    }

    pub(super) async fn security_labels(&mut self) -> Result<()> {
        self.each(include_str!("security_labels.sql"), |this, row| {
            let found = this
                .names
                .resolve(row.oid("class"), row.oid("object"), row.value("part"));
            if let Some(Entry::Object(address)) = found {
                let key = (address, row.text("provider"));
                this.catalog.security_labels.insert(key, row.text("label"));
            }
            Ok(())
        })
        .await
    }
}

fn add(privileges: &mut Privileges, row: &Row) {
    let grant = Grant {
        grantor: row.maybe("grantor"),
        grantee: row.maybe("grantee"),
        privilege: row.text("privilege"),
        is_grantable: row.flag("is_grantable"),
    };
    if row.flag("is_granted") {
        privileges.granted.insert(grant);
    } else {
        privileges.revoked.insert(grant);
    }
}
