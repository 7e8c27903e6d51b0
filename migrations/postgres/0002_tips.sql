-- Where each branch stood after the last move of it that was judged.
CREATE TABLE tips (
    instance      TEXT   NOT NULL,
    repository_id BIGINT NOT NULL,
    branch        TEXT   NOT NULL,
    tip           TEXT   NOT NULL,
    seen_at       BIGINT NOT NULL,
    -- Since when the forge states another tip than this.
    astray_since  BIGINT,
    PRIMARY KEY (instance, repository_id, branch)
);

-- Who compares an instance with our verdicts, and until when its failed deliveries were read.
CREATE TABLE sweeps (
    instance    TEXT PRIMARY KEY,
    lease_owner TEXT NOT NULL DEFAULT '',
    lease_until BIGINT NOT NULL DEFAULT 0,
    heard_until BIGINT
);
