//! Views, and materialised views.

use std::collections::HashSet;

use super::table::column_settings;
use super::{schema_of, storage, with};
use crate::catalog::write::order::{Part, Plan, Shape, Stage, Template};
use crate::catalog::{
    Address, Catalog, ColumnValue, MaterializedView, QualifiedName, Relation, RelationKind,
};
use crate::sql::quote_identifier;

/// A view with the same columns that reads nothing.
pub(crate) fn stand_in(name: &QualifiedName, relation: &Relation) -> String {
    let columns: Vec<String> = relation
        .columns
        .iter()
        .map(|column| {
            let collation = column
                .collation
                .as_ref()
                .map_or(String::new(), |collation| format!(" COLLATE {collation}"));
            format!(
                "    NULL::{}{collation} AS {}",
                column.data_type,
                quote_identifier(&column.name)
            )
        })
        .collect();
    format!("CREATE VIEW {name} AS\nSELECT\n{}", columns.join(",\n"))
}

pub(super) fn write_view(name: &QualifiedName, relation: &Relation, query: &str, plan: &mut Plan) {
    let options = with(&relation.options, "");
    let options = if options.is_empty() {
        options
    } else {
        format!(" WITH ({options})")
    };
    let shape = Shape {
        template: Template::View {
            stand_in: stand_in(name, relation),
            create: format!("CREATE VIEW {name}{options} AS\n{query}"),
            replace: format!("CREATE OR REPLACE VIEW {name}{options} AS\n{query}"),
        },
        pieces: Vec::new(),
        part: Part {
            sql: Vec::new(),
            needs: vec![schema_of(name)],
            provides: vec![Address::Relation(name.clone())],
        },
    };
    plan.shape(Address::Relation(name.clone()), shape);
    for column in &relation.columns {
        if let ColumnValue::Default(default) = &column.value {
            let address = Address::Default(name.clone(), column.name.clone());
            let sql = format!(
                "ALTER VIEW {name} ALTER COLUMN {} SET DEFAULT {default}",
                quote_identifier(&column.name)
            );
            let part = Part {
                sql: vec![sql],
                needs: vec![(Address::Relation(name.clone()), Stage::Create)],
                provides: vec![address.clone()],
            };
            plan.add((address, Stage::Create), part);
        }
    }
}

pub(super) fn write_materialized(
    catalog: &Catalog,
    name: &QualifiedName,
    relation: &Relation,
    view: &MaterializedView,
    plan: &mut Plan,
) {
    let address = Address::Relation(name.clone());
    let create = format!(
        "CREATE MATERIALIZED VIEW {name}{} AS\n{}\nWITH NO DATA",
        storage(relation),
        view.query
    );
    let mut sql = vec![create];
    sql.extend(column_settings(name, relation));
    let part = Part {
        sql,
        needs: vec![schema_of(name)],
        provides: vec![address.clone()],
    };
    plan.add((address.clone(), Stage::Create), part);
    if view.is_populated {
        let mut needs = vec![(address.clone(), Stage::Create)];
        needs.extend(
            read_by(catalog, &address)
                .into_iter()
                .map(|below| (below, Stage::Fill)),
        );
        let part = Part {
            sql: vec![format!("REFRESH MATERIALIZED VIEW {name}")],
            needs,
            provides: Vec::new(),
        };
        plan.add((address, Stage::Fill), part);
    }
}

/// The materialised views that a view reads, through other views and functions too, as far as these say what they read.
fn read_by(catalog: &Catalog, view: &Address) -> Vec<Address> {
    let mut found = Vec::new();
    let mut seen = HashSet::from([view.clone()]);
    let mut open = vec![view.clone()];
    while let Some(at) = open.pop() {
        for (needed, _) in catalog.dependencies.of(&at) {
            if matches!(needed, Address::Routine(_)) && seen.insert(needed.clone()) {
                open.push(needed.clone());
            }
            let (Address::Relation(name) | Address::Column(name, _)) = needed else {
                continue;
            };
            let below = Address::Relation(name.clone());
            match catalog.relation(name).map(|relation| &relation.kind) {
                Some(RelationKind::MaterializedView(_)) if seen.insert(below.clone()) => found.push(below),
                Some(RelationKind::View(_)) if seen.insert(below.clone()) => open.push(below),
                _ => {}
            }
        }
    }
    found
}
