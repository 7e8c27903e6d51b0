//! Brings the tables to this version's form. Migrations are only ever added.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::{Dialect, Store, StoreError};

/// Version, description, SQL for SQLite, SQL for PostgreSQL.
const ALL: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "gate",
        include_str!("../../migrations/sqlite/0001_gate.sql"),
        include_str!("../../migrations/postgres/0001_gate.sql"),
    ),
    (
        2,
        "tips",
        include_str!("../../migrations/sqlite/0002_tips.sql"),
        include_str!("../../migrations/postgres/0002_tips.sql"),
    ),
    (
        3,
        "pushers",
        include_str!("../../migrations/sqlite/0003_pushers.sql"),
        include_str!("../../migrations/postgres/0003_pushers.sql"),
    ),
    (
        4,
        "authentication",
        include_str!("../../migrations/sqlite/0004_authentication.sql"),
        include_str!("../../migrations/postgres/0004_authentication.sql"),
    ),
];

/// The migrations of a dialect, oldest first.
pub fn migrations(dialect: Dialect) -> Migrator {
    let list = ALL.iter().map(|(version, name, sqlite, postgres)| {
        let sql = match dialect {
            Dialect::Sqlite => *sqlite,
            Dialect::Postgres => *postgres,
        };
        Migration::new(
            *version,
            Cow::Borrowed(*name),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(list.collect())
}

/// Applies the migrations up to a version; for tests over older data.
pub async fn up_to(store: &Store, version: i64) -> Result<(), StoreError> {
    let migrator = migrations(store.dialect);
    Ok(migrator.run_to(version, &store.writes).await?)
}

/// Applies all migrations.
pub(super) async fn run(store: &Store) -> Result<(), StoreError> {
    Ok(migrations(store.dialect).run(&store.writes).await?)
}
