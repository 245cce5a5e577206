//! One reading: runs the queries in order, each of which may refer to what the earlier ones named.

use futures_util::TryStreamExt;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};
use windlass_compiler::catalog::Catalog;

use super::names::Names;
use super::row::Columns;
use super::{Introspected, Unseen, failed};
use crate::error::Result;

/// What has been read so far.
pub(super) struct Reader<'a> {
    client: &'a Client,
    pub(super) names: Names,
    pub(super) catalog: Catalog,
    pub(super) unseen: Vec<Unseen>,
    /// Bytes of a block of the server.
    pub(super) block_size: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn client(&self) -> &'a Client {
        self.client
    }

    pub(super) fn new(client: &'a Client) -> Self {
        Self {
            client,
            names: Names::default(),
            catalog: Catalog::default(),
            unseen: Vec::new(),
            block_size: 8192,
        }
    }

    /// Reads everything; the caller has begun a transaction and ends it.
    pub(super) async fn read_all(mut self) -> Result<Introspected> {
        self.client
            .batch_execute(include_str!("pin.sql"))
            .await
            .map_err(failed)?;
        self.server().await?;
        self.schemas().await?;
        self.types().await?;
        self.relations().await?;
        self.routines().await?;
        self.objects().await?;
        self.shared().await?;
        self.catalog.unmodelled.sort();
        Ok(Introspected {
            catalog: self.catalog,
            unseen: self.unseen,
        })
    }

    async fn server(&mut self) -> Result<()> {
        for row in self.rows(include_str!("server.sql")).await? {
            self.catalog.server_version = u32::try_from(row.value::<i32>("version")).unwrap_or_default();
            self.block_size = u64::try_from(row.value::<i32>("block_size")).unwrap_or(8192);
        }
        Ok(())
    }

    /// All rows at once: for what there are few of.
    pub(super) async fn rows(&self, sql: &str) -> Result<Vec<Row>> {
        self.client.query_typed(sql, &[]).await.map_err(failed)
    }

    /// Row by row, so that a large answer is never in memory as a whole.
    pub(super) async fn each(
        &mut self,
        sql: &str,
        mut act: impl FnMut(&mut Self, &Row) -> Result<()>,
    ) -> Result<()> {
        let none: [(&(dyn ToSql + Sync), Type); 0] = [];
        let rows = self.client.query_typed_raw(sql, none).await.map_err(failed)?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            act(self, &row)?;
        }
        Ok(())
    }
}
