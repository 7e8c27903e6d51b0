//! What must survive: deliveries, jobs, verdicts, statuses, first receipts.
//!
//! The only place with SQL. It keeps what a forge or a verdict means as opaque
//! text and knows no forge. One set of statements serves SQLite (the default)
//! and PostgreSQL (several replicas); where they differ, [`Dialect`] chooses.

mod deliveries;
mod evidence;
mod first_seen;
mod guarantees;
mod jobs;
mod migrate;
mod publish_queue;
mod pushers;
mod pushes;
mod replay;
mod rows;
mod statuses;
mod subjects;
mod sweeps;
mod tips;
mod verdicts;
mod words;

use std::fs::File;
use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyPool, Executor, Transaction};

use crate::clock::SharedClock;

pub use deliveries::{Accepted, DeadDelivery};
pub use evidence::{EvidenceRow, RecordedIn};
pub use guarantees::GuaranteeRow;
pub use jobs::{Delay, Everyone, Job, JobKind, Queued};
pub use migrate::{migrations, up_to};
pub use pushes::{NewPush, PushRow};
pub use replay::{JobLine, Replayed};
pub use statuses::{StatusKey, StatusRow};
pub use subjects::{Ending, Evaluation, Mark, Outcome, Said, SubjectLine};
pub use tips::{Tip, TipKey};
pub use verdicts::{NewVerdict, StoredVerdict};

/// Connections for reading, and on PostgreSQL for everything.
const MAX_CONNECTIONS: u32 = 8;
/// How long a statement waits for another process that writes to the same SQLite file.
const SQLITE_BUSY_MS: u32 = 15_000;
/// How long a caller waits for a connection before the database counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(8);

/// Which SQL the database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite, one process.
    Sqlite,
    /// PostgreSQL, any number of processes.
    Postgres,
}

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no database that we can use.
    #[error("`database_url` must start with `sqlite:`, `postgres:` or `postgresql:`")]
    Url,
    /// The database failed or did not answer.
    #[error("the database did not do it: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables cannot be brought to this version's form.
    #[error("the database cannot be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row does not hold what we wrote.
    #[error("the database holds {what}, which this version cannot read")]
    Unreadable {
        /// What was found where.
        what: String,
    },
    /// Another process works on the SQLite file.
    #[error("another `forgewarden serve` works on {0}; one is enough, and several need PostgreSQL")]
    InUse(String),
    /// The job was given to another worker in the meantime.
    #[error("the lease of job {0} was lost")]
    LeaseLost(i64),
}

/// The database.
#[derive(Clone)]
pub struct Store {
    /// For reads outside a transaction.
    reads: AnyPool,
    /// For everything that writes. One connection on SQLite, so that writers
    /// queue in order instead of colliding; the same pool as `reads` on PostgreSQL.
    writes: AnyPool,
    dialect: Dialect,
    clock: SharedClock,
}

type Tx = Transaction<'static, Any>;

impl Store {
    /// Connects and migrates.
    pub async fn open(url: &str, clock: SharedClock) -> Result<Self, StoreError> {
        let store = Self::connect(url, clock).await?;
        migrate::run(&store).await?;
        Ok(store)
    }

    /// Connects without touching the tables.
    pub async fn connect(url: &str, clock: SharedClock) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let dialect = Dialect::of(url)?;
        let options = AnyConnectOptions::from_str(&dialect.complete(url))?;
        let writes = pool(dialect, 1).connect_with(options.clone()).await?;
        let (reads, writes) = match dialect {
            Dialect::Sqlite => (
                pool(dialect, MAX_CONNECTIONS).connect_with(options).await?,
                writes,
            ),
            Dialect::Postgres => {
                writes.close().await;
                let both = pool(dialect, MAX_CONNECTIONS).connect_with(options).await?;
                (both.clone(), both)
            }
        };
        Ok(Self {
            reads,
            writes,
            dialect,
            clock,
        })
    }

    /// Which SQL the database speaks.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether the database takes writes: a write that changes nothing.
    pub async fn ready(&self) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM jobs WHERE id = -1")
            .execute(&self.writes)
            .await?;
        Ok(())
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.reads.close().await;
        self.writes.close().await;
    }

    /// On SQLite: makes sure that no other process works on the file, for as
    /// long as the answer lives. On PostgreSQL several may, and there is none.
    pub fn work_alone(&self, url: &str) -> Result<Option<File>, StoreError> {
        if self.dialect == Dialect::Postgres {
            return Ok(None);
        }
        let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
        let path = path.split('?').next().unwrap_or(path);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(format!("{path}.lock"))
            .map_err(|error| StoreError::Database(error.into()))?;
        lock.try_lock()
            .map_err(|_| StoreError::InUse(path.to_owned()))?;
        Ok(Some(lock))
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// A transaction that may write. SQLite takes its lock at once: a deferred
    /// one could fail half-way because of another process.
    async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self.dialect {
            Dialect::Sqlite => self.writes.begin_with("BEGIN IMMEDIATE").await?,
            Dialect::Postgres => self.writes.begin().await?,
        })
    }
}

impl Dialect {
    fn of(url: &str) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            _ => Err(StoreError::Url),
        }
    }

    /// SQLite creates the file only if asked to.
    fn complete(self, url: &str) -> String {
        match self {
            Self::Sqlite if !url.contains('?') => format!("{url}?mode=rwc"),
            _ => url.to_owned(),
        }
    }
}

fn pool(dialect: Dialect, size: u32) -> AnyPoolOptions {
    let options = AnyPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT);
    match dialect {
        Dialect::Postgres => options,
        Dialect::Sqlite => options.after_connect(|connection, _| {
            Box::pin(async move {
                let settings = sqlx::AssertSqlSafe(format!(
                    "PRAGMA busy_timeout = {SQLITE_BUSY_MS}; PRAGMA journal_mode = WAL; \
                     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                ));
                connection.execute(settings).await?;
                Ok(())
            })
        }),
    }
}
