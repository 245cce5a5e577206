//! Publications: a swap's new column goes out to their subscribers, whose apply stops where it is not there.

use super::Swap;
use crate::catalog::{Address, Catalog, Object, Published, QualifiedName};
use crate::sql::quote_identifier as quote;

impl Swap<'_> {
    /// What the subscribers of a published table need first.
    pub(super) fn at_subscribers(&self) -> Option<String> {
        let publications = whole(self.catalog, &self.name);
        if publications.is_empty() {
            return None;
        }
        let (old, new) = (quote(&self.column.name), quote(&self.new));
        Some(format!(
            "{} is published with all its columns ({}), and a subscriber without {new} stops at the first row that it gets. First at \
             each subscriber: change {old} to {type_} there, then ALTER TABLE {} ADD COLUMN {new} {type_}; behind the swap drop {new} \
             there. Or nobody subscribes that cares: -- windlass: allow {} because …",
            self.name,
            publications.join(", "),
            self.name,
            super::PUBLISHED,
            type_ = self.new_type,
        ))
    }
}

/// The publications that publish a table without a list of columns: one that it gets is published with it.
fn whole(catalog: &Catalog, table: &QualifiedName) -> Vec<String> {
    let publications = catalog
        .objects
        .iter()
        .filter_map(|(address, object)| match (address, object) {
            (Address::Publication(name), Object::Publication(publication)) => {
                Some((name, &publication.content))
            }
            _ => None,
        });
    let of_table = publications.filter(|(_, content)| match content {
        Published::AllTables => true,
        Published::Some { tables, schemas } => {
            schemas.contains(&table.schema) || tables.get(table).is_some_and(|of| of.columns.is_empty())
        }
    });
    of_table.map(|(name, _)| quote(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Publication, PublishedTable};

    #[test]
    fn a_list_of_columns_keeps_new_ones_at_home() {
        let table = QualifiedName::new("app", "orders");
        let listed = |columns: &[&str]| Published::Some {
            tables: [(
                table.clone(),
                PublishedTable {
                    columns: columns.iter().map(|&column| column.to_owned()).collect(),
                    condition: None,
                },
            )]
            .into(),
            schemas: Vec::new(),
        };
        let of_schema = |name: &str| Published::Some {
            tables: [].into(),
            schemas: vec![name.to_owned()],
        };
        for (content, is_whole) in [
            (Published::AllTables, true),
            (listed(&[]), true),
            (listed(&["id"]), false),
            (of_schema("app"), true),
            (of_schema("public"), false),
        ] {
            let mut catalog = Catalog::empty(150_000);
            let publication = Object::Publication(Publication::new(content.clone()));
            catalog
                .objects
                .insert(Address::Publication("p".to_owned()), publication);
            assert_eq!(!whole(&catalog, &table).is_empty(), is_whole, "{content:?}");
        }
    }
}
