-- Every event is accounted for: what the log says of landed segments stands beside what became of
-- their events, and runs that compare everything leave what they found.

-- Events of the table's landed segments as the log counts them, whatever became of them.
ALTER TABLE catalog.table_shard ADD COLUMN accepted bigint NOT NULL DEFAULT 0 CHECK (accepted >= 0);
UPDATE catalog.table_shard SET accepted = visible + duplicates + quarantined;

-- Landed events in quarantine whose segments name no table that the catalog knows.
ALTER TABLE catalog.shard ADD COLUMN tableless bigint NOT NULL DEFAULT 0 CHECK (tableless >= 0);
UPDATE catalog.shard s
SET tableless = o.quarantined
FROM (
    SELECT w.shard_id, sum(o.quarantined) AS quarantined
    FROM catalog.segment_outcome o
    JOIN catalog.write w USING (write_id)
    WHERE o.table_id IS NULL
      AND w.state = 'committed'
    GROUP BY w.shard_id
) o
WHERE o.shard_id = s.shard_id;

-- Parallel to the other counts; null where the version before has prepared the write.
ALTER TABLE catalog.write ADD COLUMN accepted bigint[];
ALTER TABLE catalog.write ADD COLUMN tableless bigint;

-- number: the order of beginning. snapshot_id: files of snapshots up to it are looked at.
CREATE TABLE catalog.verify_run (
    run_id      text        PRIMARY KEY,
    number      bigint      NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    tenant_id   text        NOT NULL REFERENCES catalog.tenant,
    state       text        NOT NULL DEFAULT 'running'
                            CHECK (state IN ('running', 'passed', 'failed', 'abandoned')),
    snapshot_id bigint      NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    shards      int         NOT NULL DEFAULT 0 CHECK (shards >= 0),
    files       bigint      NOT NULL DEFAULT 0 CHECK (files >= 0),
    bytes       bigint      NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    CHECK ((state = 'running') = (finished_at IS NULL)),
    FOREIGN KEY (tenant_id, snapshot_id) REFERENCES catalog.snapshot
) WITH (fillfactor = 70);

CREATE INDEX verify_run_of_tenant ON catalog.verify_run (tenant_id, number);

CREATE TABLE catalog.verify_finding (
    run_id   text        NOT NULL REFERENCES catalog.verify_run,
    kind     text        NOT NULL,
    subject  text        NOT NULL,
    detail   text        NOT NULL,
    found_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, kind, subject)
);
