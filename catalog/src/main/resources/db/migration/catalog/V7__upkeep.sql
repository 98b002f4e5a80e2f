-- Tables keep themselves in shape: files take the place of others, snapshots expire, objects that nobody
-- needs are deleted, tables go back to earlier states.

-- restored_in: 0 for the file as it landed or was rewritten, else the snapshot that gave it back: an
-- object has a row for each time that it began.
-- place, place_key: where it stands among the files of its table, null: where it began.
-- rewrites: how often its rows were rewritten, at most. sealed: never to be merged again.
ALTER TABLE catalog.data_file
    ADD COLUMN restored_in bigint  NOT NULL DEFAULT 0,
    ADD COLUMN place       bigint,
    ADD COLUMN place_key   text,
    ADD COLUMN rewrites    int     NOT NULL DEFAULT 0 CHECK (rewrites >= 0),
    ADD COLUMN sealed      boolean NOT NULL DEFAULT false,
    ADD CHECK (num_nulls(place, place_key) IN (0, 2)),
    DROP CONSTRAINT data_file_pkey,
    ADD CONSTRAINT data_file_pkey PRIMARY KEY (object_key, restored_in);

CREATE INDEX live_file ON catalog.data_file (table_id, (coalesce(place, begin_snapshot)))
    WHERE begin_snapshot IS NOT NULL AND end_snapshot IS NULL;
CREATE INDEX ended_file ON catalog.data_file (table_id, end_snapshot, begin_snapshot)
    WHERE end_snapshot IS NOT NULL;
CREATE INDEX pending_file ON catalog.data_file (table_id, object_key) WHERE begin_snapshot IS NULL;

-- history_from: the first snapshot in which the table can be read, beside pinned ones. planned_in: the
-- last change after which nothing was left to merge. rows_changed: rows that restoring and row retention
-- have taken (negative) or given back: visible events and they are the rows in its files.
ALTER TABLE catalog.tenant_table
    ADD COLUMN history_from bigint NOT NULL DEFAULT 0,
    ADD COLUMN planned_in   bigint NOT NULL DEFAULT 0,
    ADD COLUMN rows_changed bigint NOT NULL DEFAULT 0;

-- Snapshots from which until before which a table was dropped, when it was given back later.
CREATE TABLE catalog.table_absence (
    table_id       uuid   NOT NULL REFERENCES catalog.tenant_table,
    from_snapshot  bigint NOT NULL,
    until_snapshot bigint NOT NULL CHECK (until_snapshot > from_snapshot),
    PRIMARY KEY (table_id, from_snapshot)
);

-- The tenant's first snapshot that can be read, the least of its tables'. The lock of the row orders
-- pins, expiries, restores and marking; no commit takes it.
CREATE TABLE catalog.tenant_history (
    tenant_id    text   PRIMARY KEY REFERENCES catalog.tenant,
    history_from bigint NOT NULL DEFAULT 0
);

CREATE TABLE catalog.pin (
    tenant_id   text        NOT NULL,
    name        text        NOT NULL,
    snapshot_id bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz,
    PRIMARY KEY (tenant_id, name),
    FOREIGN KEY (tenant_id, snapshot_id) REFERENCES catalog.snapshot
);

CREATE INDEX pin_of_snapshot ON catalog.pin (tenant_id, snapshot_id);

-- Entries of expired snapshots are deleted by the million: looking for who names each of them would cost
-- more than the entry, and none of these needs it. Receipts do: landed batches are gone before.
ALTER TABLE catalog.tenant_table DROP CONSTRAINT tenant_table_tenant_id_created_in_fkey;
ALTER TABLE catalog.tenant_table DROP CONSTRAINT tenant_table_tenant_id_dropped_in_fkey;
ALTER TABLE catalog.landed_batch DROP CONSTRAINT landed_batch_tenant_id_snapshot_id_fkey;
ALTER TABLE catalog.verify_run DROP CONSTRAINT verify_run_tenant_id_snapshot_id_fkey;

-- An attempt to put a file in the place of others; its pending files name it as their write. rows_in:
-- of its inputs. place, place_key: of the first of them.
CREATE TABLE catalog.rewrite (
    rewrite_id  bigint      PRIMARY KEY DEFAULT nextval('catalog.write_write_id_seq'),
    run_id      text        NOT NULL,
    table_id    uuid        NOT NULL REFERENCES catalog.tenant_table,
    kind        text        NOT NULL CHECK (kind IN ('compact', 'trim')),
    state       text        NOT NULL CHECK (state IN ('planned', 'prepared', 'published', 'over')),
    input_keys  text[]      NOT NULL,
    input_count int         NOT NULL CHECK (input_count >= 1),
    rows_in     bigint      NOT NULL,
    rows_out    bigint,
    place       bigint,
    place_key   text,
    rewrites    int         NOT NULL,
    seals       boolean     NOT NULL,
    begun_at    timestamptz NOT NULL,
    snapshot_id bigint,
    CHECK ((state = 'published') = (snapshot_id IS NOT NULL)),
    CHECK (state NOT IN ('prepared', 'published') OR rows_out IS NOT NULL),
    CHECK (kind <> 'compact' OR rows_out = rows_in),
    CHECK (rows_out <= rows_in)
) WITH (fillfactor = 70);

CREATE INDEX open_rewrite ON catalog.rewrite (table_id) WHERE state IN ('planned', 'prepared');
CREATE INDEX rewrite_age ON catalog.rewrite (begun_at);

-- Objects that nothing refers to. begin_snapshot, end_snapshot: snapshots from which until before which
-- they were needed, null if never. deletions: how often they were deleted already.
CREATE TABLE catalog.garbage (
    object_key     text        PRIMARY KEY,
    tenant_id      text        NOT NULL REFERENCES catalog.tenant,
    table_id       uuid        NOT NULL,
    size_bytes     bigint      NOT NULL,
    begin_snapshot bigint,
    end_snapshot   bigint,
    delete_from    timestamptz NOT NULL,
    deletions      int         NOT NULL DEFAULT 0,
    failures       int         NOT NULL DEFAULT 0,
    failure        text,
    CHECK (num_nulls(begin_snapshot, end_snapshot) IN (0, 2))
) WITH (fillfactor = 70);

CREATE INDEX garbage_due ON catalog.garbage (delete_from, object_key);

-- Snapshots that the queries of a process are reading.
CREATE TABLE catalog.reader (
    reader       text        NOT NULL,
    tenant_id    text        NOT NULL REFERENCES catalog.tenant,
    snapshot_ids bigint[]    NOT NULL,
    leased_until timestamptz NOT NULL,
    PRIMARY KEY (reader, tenant_id)
) WITH (fillfactor = 50);

-- Wishes; null where there is none. Times of windows are UTC.
CREATE TABLE catalog.tenant_policy (
    tenant_id         text    PRIMARY KEY REFERENCES catalog.tenant,
    compact           boolean,
    target_file_bytes bigint,
    window_from       time,
    window_until      time,
    keep_snapshots_ms bigint,
    keep_at_least     int,
    CHECK (num_nulls(window_from, window_until) IN (0, 2))
);

CREATE TABLE catalog.table_policy (
    table_id          uuid    PRIMARY KEY REFERENCES catalog.tenant_table,
    compact           boolean,
    target_file_bytes bigint,
    window_from       time,
    window_until      time,
    keep_snapshots_ms bigint,
    keep_at_least     int,
    rows_field_id     int,
    keep_rows_ms      bigint,
    CHECK (num_nulls(window_from, window_until) IN (0, 2)),
    CHECK (num_nulls(rows_field_id, keep_rows_ms) IN (0, 2))
);

-- Runs of jobs. tenant_id, table_id: null if of all.
CREATE TABLE catalog.upkeep_run (
    run_id      text        PRIMARY KEY,
    number      bigint      NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    job         text        NOT NULL CHECK (job IN ('compact', 'expire', 'collect')),
    tenant_id   text        REFERENCES catalog.tenant,
    table_id    uuid        REFERENCES catalog.tenant_table,
    dry_run     boolean     NOT NULL,
    workflow_id text        NOT NULL,
    started_by  text        NOT NULL,
    state       text        NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'abandoned')),
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    steps       bigint      NOT NULL DEFAULT 0,
    conflicts   bigint      NOT NULL DEFAULT 0,
    files_in    bigint      NOT NULL DEFAULT 0,
    files_out   bigint      NOT NULL DEFAULT 0,
    row_count   bigint      NOT NULL DEFAULT 0,
    bytes_in    bigint      NOT NULL DEFAULT 0,
    bytes_out   bigint      NOT NULL DEFAULT 0,
    failures    bigint      NOT NULL DEFAULT 0,
    plan        text,
    outcome     text,
    CHECK ((state = 'running') = (finished_at IS NULL))
) WITH (fillfactor = 70);

CREATE INDEX running_upkeep ON catalog.upkeep_run (job) WHERE state = 'running';
CREATE INDEX upkeep_run_of_tenant ON catalog.upkeep_run (tenant_id, number);
CREATE INDEX upkeep_run_age ON catalog.upkeep_run (finished_at) WHERE state <> 'running';

CREATE OR REPLACE VIEW catalog.table_with_schema AS
SELECT t.table_id,
       t.tenant_id,
       t.name,
       t.event_key,
       t.sort_by,
       t.key_window_ms,
       t.created_in,
       t.dropped_in,
       t.created_at,
       s.schema_version,
       s.begin_snapshot AS schema_begin,
       s.end_snapshot AS schema_end,
       ARRAY(SELECT ts.shard_id
             FROM catalog.table_shard ts
             WHERE ts.table_id = t.table_id
             ORDER BY ts.ordinal) AS shards,
       c.field_ids,
       c.names,
       c.types,
       c.required,
       c.default_values,
       t.history_from
FROM catalog.tenant_table t
JOIN catalog.table_schema s USING (table_id)
CROSS JOIN LATERAL (
    SELECT array_agg(c.field_id ORDER BY c.ordinal) AS field_ids,
           array_agg(c.name ORDER BY c.ordinal) AS names,
           array_agg(c.type ORDER BY c.ordinal) AS types,
           array_agg(c.required ORDER BY c.ordinal) AS required,
           array_agg(c.default_value ORDER BY c.ordinal) AS default_values
    FROM catalog.table_column c
    WHERE c.table_id = s.table_id AND c.schema_version = s.schema_version
) c;

-- Spans that no readable snapshot touches: files that have ended, and those that their table ended with.
CREATE VIEW catalog.dead_span AS
SELECT t.tenant_id, f.object_key, f.restored_in, f.table_id, f.size_bytes, f.begin_snapshot, f.end_snapshot
FROM catalog.tenant_table t
JOIN catalog.data_file f USING (table_id)
WHERE f.end_snapshot <= t.history_from
  AND NOT EXISTS (
      SELECT
      FROM catalog.pin p
      WHERE p.tenant_id = t.tenant_id
        AND p.snapshot_id >= f.begin_snapshot
        AND p.snapshot_id < f.end_snapshot)
UNION ALL
SELECT t.tenant_id, f.object_key, f.restored_in, f.table_id, f.size_bytes, f.begin_snapshot, t.dropped_in
FROM catalog.tenant_table t
JOIN catalog.data_file f USING (table_id)
WHERE t.dropped_in <= t.history_from
  AND f.begin_snapshot IS NOT NULL
  AND f.end_snapshot IS NULL
  AND NOT EXISTS (
      SELECT
      FROM catalog.pin p
      WHERE p.tenant_id = t.tenant_id
        AND p.snapshot_id >= f.begin_snapshot
        AND p.snapshot_id < t.dropped_in);
