-- The catalog's first shape: who owns what, what every snapshot holds, and how far each shard has landed.

CREATE TABLE catalog.installation (
    singleton       boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    installation_id uuid        NOT NULL DEFAULT gen_random_uuid(),
    secret          bytea       NOT NULL CHECK (octet_length(secret) = 32),
    created_at      timestamptz NOT NULL
);

-- The row that gives snapshot ids. It is updated by every commit, so it leaves room for updates in place.
CREATE TABLE catalog.tenant (
    tenant_id           text        PRIMARY KEY,
    newest_snapshot_id  bigint      NOT NULL CHECK (newest_snapshot_id >= 1),
    newest_committed_at timestamptz NOT NULL
) WITH (fillfactor = 25);

CREATE TABLE catalog.api_key (
    key_id     text        PRIMARY KEY,
    tenant_id  text        NOT NULL REFERENCES catalog.tenant,
    key_hash   bytea       NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    label      text        NOT NULL,
    roles      text[]      NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);

CREATE INDEX api_key_of_tenant ON catalog.api_key (tenant_id);

CREATE TABLE catalog.snapshot (
    tenant_id    text        NOT NULL REFERENCES catalog.tenant,
    snapshot_id  bigint      NOT NULL CHECK (snapshot_id >= 1),
    committed_at timestamptz NOT NULL,
    operation    text        NOT NULL,
    PRIMARY KEY (tenant_id, snapshot_id),
    UNIQUE (tenant_id, committed_at)
);

-- snapshot_id: the snapshot that moved the watermark last, before that the one that was newest.
CREATE TABLE catalog.shard (
    shard_id    text   PRIMARY KEY,
    tenant_id   text   NOT NULL REFERENCES catalog.tenant,
    ordinal     int    NOT NULL CHECK (ordinal >= 0),
    watermark   bigint NOT NULL DEFAULT 0 CHECK (watermark >= 0),
    snapshot_id bigint NOT NULL,
    UNIQUE (tenant_id, ordinal)
) WITH (fillfactor = 25);

-- table_number: the short name of the table in the key ledger, where every byte counts.
CREATE TABLE catalog.tenant_table (
    table_id      uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    table_number  int         NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    tenant_id     text        NOT NULL,
    name          text        NOT NULL,
    event_key     text[]      NOT NULL,
    sort_by       text[]      NOT NULL,
    key_window_ms bigint      NOT NULL CHECK (key_window_ms > 0),
    created_in    bigint      NOT NULL,
    dropped_in    bigint      CHECK (dropped_in > created_in),
    created_at    timestamptz NOT NULL,
    FOREIGN KEY (tenant_id, created_in) REFERENCES catalog.snapshot,
    FOREIGN KEY (tenant_id, dropped_in) REFERENCES catalog.snapshot
);

CREATE UNIQUE INDEX live_table_name ON catalog.tenant_table (tenant_id, name) WHERE dropped_in IS NULL;
CREATE INDEX tenant_table_name ON catalog.tenant_table (tenant_id, name);

-- A version of the schema holds in snapshots from begin_snapshot until before end_snapshot.
CREATE TABLE catalog.table_schema (
    table_id       uuid   NOT NULL REFERENCES catalog.tenant_table,
    schema_version int    NOT NULL CHECK (schema_version >= 1),
    begin_snapshot bigint NOT NULL,
    end_snapshot   bigint CHECK (end_snapshot > begin_snapshot),
    PRIMARY KEY (table_id, schema_version)
);

CREATE UNIQUE INDEX newest_schema ON catalog.table_schema (table_id) WHERE end_snapshot IS NULL;

CREATE TABLE catalog.table_column (
    table_id       uuid    NOT NULL,
    schema_version int     NOT NULL,
    ordinal        int     NOT NULL CHECK (ordinal >= 1),
    field_id       int     NOT NULL CHECK (field_id >= 1),
    name           text    NOT NULL,
    type           text    NOT NULL,
    required       boolean NOT NULL,
    default_value  text,
    PRIMARY KEY (table_id, schema_version, ordinal),
    UNIQUE (table_id, schema_version, field_id),
    UNIQUE (table_id, schema_version, name),
    FOREIGN KEY (table_id, schema_version) REFERENCES catalog.table_schema
);

-- Where a table's events go, with the counts of what has landed from there. Each shard has its own
-- row, so that its counters are part of its own commits.
CREATE TABLE catalog.table_shard (
    table_id    uuid   NOT NULL REFERENCES catalog.tenant_table,
    ordinal     int    NOT NULL CHECK (ordinal >= 0),
    shard_id    text   NOT NULL REFERENCES catalog.shard,
    visible     bigint NOT NULL DEFAULT 0 CHECK (visible >= 0),
    duplicates  bigint NOT NULL DEFAULT 0 CHECK (duplicates >= 0),
    quarantined bigint NOT NULL DEFAULT 0 CHECK (quarantined >= 0),
    PRIMARY KEY (table_id, shard_id),
    UNIQUE (table_id, ordinal)
) WITH (fillfactor = 50);

CREATE INDEX table_shard_of_shard ON catalog.table_shard (shard_id);

-- Which snapshots changed which table.
CREATE TABLE catalog.snapshot_table (
    table_id    uuid   NOT NULL REFERENCES catalog.tenant_table,
    snapshot_id bigint NOT NULL,
    PRIMARY KEY (table_id, snapshot_id)
);

-- One attempt to land a batch. What points at a write is effective only if its state is 'committed'.
-- The arrays are parallel: per table of the batch what becomes of its events.
CREATE TABLE catalog.write (
    write_id       bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    shard_id       text        NOT NULL REFERENCES catalog.shard,
    after_position bigint      NOT NULL CHECK (after_position >= 0),
    up_to_position bigint      NOT NULL,
    owner          text        NOT NULL,
    state          text        NOT NULL DEFAULT 'open'
                               CHECK (state IN ('open', 'prepared', 'committed', 'over')),
    begun_at       timestamptz NOT NULL,
    prepared_day   date,
    table_ids      uuid[],
    visible        bigint[],
    duplicates     bigint[],
    quarantined    bigint[],
    snapshot_id    bigint,
    CHECK (up_to_position > after_position),
    CHECK (state NOT IN ('prepared', 'committed')
           OR num_nulls(prepared_day, table_ids, visible, duplicates, quarantined) = 0),
    CHECK ((state = 'committed') = (snapshot_id IS NOT NULL))
) WITH (fillfactor = 70);

-- Registered before it is written, finished (with rows) when its write is prepared, part of snapshots
-- from begin_snapshot until before end_snapshot. The arrays of statistics are parallel.
CREATE TABLE catalog.data_file (
    object_key     text        PRIMARY KEY,
    write_id       bigint      NOT NULL REFERENCES catalog.write,
    table_id       uuid        NOT NULL REFERENCES catalog.tenant_table,
    registered_at  timestamptz NOT NULL,
    schema_version int,
    row_count      bigint      CHECK (row_count >= 1),
    size_bytes     bigint      CHECK (size_bytes >= 1),
    content_hash   text,
    field_ids      int[],
    null_counts    bigint[],
    mins           text[],
    maxs           text[],
    begin_snapshot bigint,
    end_snapshot   bigint      CHECK (end_snapshot > begin_snapshot),
    CHECK (num_nulls(schema_version, row_count, size_bytes, content_hash, field_ids, null_counts, mins, maxs)
           IN (0, 8)),
    CHECK (begin_snapshot IS NULL OR row_count IS NOT NULL),
    FOREIGN KEY (table_id, schema_version) REFERENCES catalog.table_schema
) WITH (fillfactor = 70);

CREATE INDEX data_file_of_write ON catalog.data_file (write_id);
CREATE INDEX data_file_of_table ON catalog.data_file (table_id, begin_snapshot) WHERE begin_snapshot IS NOT NULL;

-- One row per commit of a shard: receipts are derived from it.
CREATE TABLE catalog.landed_batch (
    shard_id       text   NOT NULL REFERENCES catalog.shard,
    up_to_position bigint NOT NULL,
    after_position bigint NOT NULL,
    tenant_id      text   NOT NULL,
    snapshot_id    bigint NOT NULL,
    write_id       bigint NOT NULL UNIQUE REFERENCES catalog.write,
    prepared_day   date   NOT NULL,
    PRIMARY KEY (shard_id, up_to_position),
    UNIQUE (shard_id, after_position),
    CHECK (up_to_position > after_position),
    FOREIGN KEY (tenant_id, snapshot_id) REFERENCES catalog.snapshot
);

-- Segments that did not simply become visible; recorded by prepare, effective with its write.
CREATE TABLE catalog.segment_outcome (
    day         date   NOT NULL,
    write_id    bigint NOT NULL,
    position    bigint NOT NULL,
    table_id    uuid,
    row_count   bigint NOT NULL,
    duplicates  bigint NOT NULL CHECK (duplicates >= 0),
    quarantined bigint NOT NULL CHECK (quarantined >= 0),
    reason      text,
    PRIMARY KEY (day, write_id, position),
    CHECK (duplicates + quarantined <= row_count),
    CHECK (table_id IS NOT NULL OR quarantined = row_count)
) PARTITION BY LIST (day);

-- The ledger of event keys: one row per key and write that recorded it, effective with its write. It
-- has no foreign keys and no unique index, because both cost more per row than the row itself; that a
-- key lands once follows from the shard having one effective writer.
CREATE TABLE catalog.event_key (
    day          date   NOT NULL,
    table_number int    NOT NULL,
    hash_high    bigint NOT NULL,
    hash_low     bigint NOT NULL,
    write_id     bigint NOT NULL
) PARTITION BY LIST (day);

CREATE INDEX event_key_hash ON catalog.event_key (hash_high, hash_low);

CREATE TABLE catalog.request_key (
    table_id    uuid        NOT NULL REFERENCES catalog.tenant_table,
    request_key text        NOT NULL,
    body_high   bigint      NOT NULL,
    body_low    bigint      NOT NULL,
    receipt_id  text,
    claimed_at  timestamptz NOT NULL,
    PRIMARY KEY (table_id, request_key)
);

-- Rows arrive in time order, so a block range index finds the old ones at almost no cost.
CREATE INDEX request_key_age ON catalog.request_key USING brin (claimed_at);

-- A table with one version of its schema, in one row.
CREATE VIEW catalog.table_with_schema AS
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
       c.default_values
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
