-- Times are milliseconds since the Unix epoch, UTC.

-- One row per delivery of a forge: stored before the forge gets its answer.
CREATE TABLE deliveries (
    instance    TEXT    NOT NULL,
    delivery_id TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    body        BLOB    NOT NULL,
    received_at INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('received', 'judging', 'processed', 'dead')),
    note        TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (instance, delivery_id)
);
CREATE INDEX deliveries_by_state ON deliveries (state, received_at);

-- Work to do. A finished job is deleted; one that cannot be done is dead and kept.
CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT    NOT NULL,
    queue_key   TEXT    NOT NULL,
    payload     TEXT    NOT NULL,
    instance    TEXT,
    delivery_id TEXT,
    state       TEXT    NOT NULL CHECK (state IN ('ready', 'running', 'dead')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    claims      INTEGER NOT NULL DEFAULT 0,
    run_at      INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    lease_owner TEXT,
    lease_until INTEGER,
    last_error  TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX jobs_due ON jobs (state, run_at, id);
CREATE INDEX jobs_of_key ON jobs (queue_key, state);
CREATE INDEX jobs_of_delivery ON jobs (instance, delivery_id);
-- Two jobs of one key never run at once.
CREATE UNIQUE INDEX jobs_one_running_per_key ON jobs (queue_key) WHERE state = 'running';

-- Every verdict, byte for byte. Rows are never changed.
CREATE TABLE verdicts (
    id            TEXT    PRIMARY KEY,
    instance      TEXT    NOT NULL,
    repository_id INTEGER NOT NULL,
    repository    TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    target        TEXT    NOT NULL,
    base          TEXT    NOT NULL,
    head          TEXT    NOT NULL,
    policy_digest TEXT    NOT NULL,
    trust_digest  TEXT    NOT NULL,
    conclusion    TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    json          BLOB    NOT NULL
);
CREATE INDEX verdicts_of_head ON verdicts (instance, repository_id, head, created_at);
CREATE TRIGGER verdicts_stay BEFORE UPDATE ON verdicts
BEGIN SELECT RAISE(ABORT, 'a verdict is never changed'); END;

-- What each subject (pull request, push, merge group) says of a status.
CREATE TABLE status_subjects (
    instance      TEXT    NOT NULL,
    repository_id INTEGER NOT NULL,
    head          TEXT    NOT NULL,
    context       TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    sequence      INTEGER NOT NULL,
    conclusion    TEXT    NOT NULL,
    rendered      TEXT    NOT NULL,
    verdict_id    TEXT,
    task          TEXT    NOT NULL,
    PRIMARY KEY (instance, repository_id, head, context, subject)
);

-- Our marks: what they should say, and what the forge was told last.
CREATE TABLE statuses (
    instance          TEXT    NOT NULL,
    repository_id     INTEGER NOT NULL,
    head              TEXT    NOT NULL,
    context           TEXT    NOT NULL,
    place             TEXT    NOT NULL,
    conclusion        TEXT    NOT NULL,
    rendered          TEXT    NOT NULL,
    verdict_id        TEXT,
    desired_version   INTEGER NOT NULL,
    published_version INTEGER NOT NULL DEFAULT 0,
    published_as      TEXT,
    changed_at        INTEGER NOT NULL,
    PRIMARY KEY (instance, repository_id, head, context)
);
CREATE INDEX subjects_of_sequence ON status_subjects (sequence);
CREATE INDEX statuses_unpublished ON statuses (changed_at) WHERE desired_version <> published_version;
CREATE INDEX statuses_pending ON statuses (changed_at) WHERE conclusion = 'pending';

-- When a head was first received. Expiry is judged at this time.
CREATE TABLE first_seen (
    instance      TEXT    NOT NULL,
    repository_id INTEGER NOT NULL,
    object_id     TEXT    NOT NULL,
    seen_at       INTEGER NOT NULL,
    PRIMARY KEY (instance, repository_id, object_id)
);
