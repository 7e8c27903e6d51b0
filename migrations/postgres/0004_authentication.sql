-- Each ref that a push moved, as deliveries told it. A fork's push has no ref here.
CREATE TABLE pushes (
    id            BIGSERIAL PRIMARY KEY,
    instance      TEXT    NOT NULL,
    repository_id BIGINT  NOT NULL,
    repository    TEXT    NOT NULL,
    delivery      TEXT    NOT NULL,
    reference     TEXT    NOT NULL,
    old_id        TEXT    NOT NULL,
    new_id        TEXT    NOT NULL,
    actor         TEXT    NOT NULL,
    pushed_at     BIGINT  NOT NULL,
    heard_at      BIGINT  NOT NULL,
    UNIQUE (instance, repository_id, delivery, reference, new_id)
);
CREATE INDEX pushes_of_head ON pushes (instance, repository_id, new_id);
CREATE INDEX pushes_by_time ON pushes (instance, repository_id, pushed_at);

-- What is said of how a push was authenticated: a ledger that only grows. An
-- audit record names a repository, an account and a time; a hook names the update.
CREATE TABLE evidence (
    instance      TEXT    NOT NULL,
    record_id     TEXT    NOT NULL,
    repository_id BIGINT,
    repository    TEXT    NOT NULL,
    reference     TEXT    NOT NULL,
    old_id        TEXT    NOT NULL,
    new_id        TEXT    NOT NULL,
    actor         TEXT    NOT NULL,
    noted_at      BIGINT  NOT NULL,
    heard_at      BIGINT  NOT NULL,
    json          TEXT    NOT NULL,
    PRIMARY KEY (instance, record_id)
);
CREATE INDEX evidence_by_number ON evidence (instance, repository_id, noted_at);
CREATE INDEX evidence_by_name ON evidence (instance, repository, noted_at);

-- Which evaluation looked at which push, so that late evidence finds it.
CREATE TABLE considered (
    push_id       BIGINT  NOT NULL,
    instance      TEXT    NOT NULL,
    repository_id BIGINT  NOT NULL,
    head          TEXT    NOT NULL,
    context       TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    PRIMARY KEY (push_id, instance, repository_id, head, context, subject)
);

-- What the settings of an installation rule out, as they were read last.
CREATE TABLE guarantees (
    instance TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    scope    TEXT    NOT NULL,
    leaves   TEXT    NOT NULL,
    says     TEXT    NOT NULL,
    read_at  BIGINT  NOT NULL,
    PRIMARY KEY (instance, id, scope)
);
