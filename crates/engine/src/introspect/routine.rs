//! Functions, procedures and aggregates.

use windlass_compiler::catalog::{Address, Aggregate, Routine, RoutineKind, RoutineName, Volatility};

use super::names::class;
use super::reader::Reader;
use super::row::Columns;
use crate::error::Result;

impl Reader<'_> {
    pub(super) async fn routines(&mut self) -> Result<()> {
        self.each(include_str!("routines.sql"), |this, row| {
            let oid = row.oid("oid");
            let claimed = this.claim(class::PROC, oid, row.oid("namespace"), &row.text("name"));
            let Some(name) = claimed else { return Ok(()) };
            let name = RoutineName {
                name,
                arguments: row.text("arguments"),
            };
            let address = Address::Routine(name.clone());
            this.names.add(class::PROC, oid, address.clone());
            this.catalog.owners.insert(address, row.text("owner"));
            let definition = row.maybe("definition").unwrap_or_default();
            let definition = definition.trim_end().to_owned();
            let kind = match row.text("kind").as_str() {
                "a" => RoutineKind::Aggregate(Aggregate {
                    signature: row.maybe("signature").unwrap_or_default(),
                    parameters: row.options("parameters"),
                }),
                "p" => RoutineKind::Procedure(definition),
                "w" => RoutineKind::Window(definition),
                _ => RoutineKind::Function(definition),
            };
            let mut routine = Routine::new(kind, &row.text("language"));
            routine.identity = row.text("identity");
            routine.returns = row.maybe("returns");
            routine.returns_set = row.flag("returns_set");
            routine.volatility = match row.text("volatility").as_str() {
                "i" => Volatility::Immutable,
                "s" => Volatility::Stable,
                _ => Volatility::Volatile,
            };
            routine.is_strict = row.flag("is_strict");
            routine.is_security_definer = row.flag("is_security_definer");
            this.catalog.routines.insert(name, routine);
            Ok(())
        })
        .await
    }
}
