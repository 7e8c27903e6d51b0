-- Who pushed a commit, as the forge told us. They do not approve it.
CREATE TABLE pushers (
    instance      TEXT    NOT NULL,
    repository_id BIGINT NOT NULL,
    object_id     TEXT    NOT NULL,
    actor         TEXT    NOT NULL,
    pushed_at     BIGINT NOT NULL,
    PRIMARY KEY (instance, repository_id, object_id, actor)
);
