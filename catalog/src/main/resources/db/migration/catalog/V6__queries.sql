-- Queries as things: asynchronous ones wait, run and leave a result, and of every query it is kept what became of it.

-- request: what was asked for, with the values of parameters; null once the query has ended.
-- result_key: the object of the result, known before it is written and until it is deleted.
-- row_count, byte_count: of the result, so far while the query is running.
CREATE TABLE catalog.async_query (
    tenant_id        text        NOT NULL REFERENCES catalog.tenant,
    query_id         uuid        NOT NULL,
    number           bigint      NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    key_id           text        NOT NULL,
    state            text        NOT NULL DEFAULT 'queued'
                                 CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired')),
    format           text        NOT NULL,
    request_high     bigint      NOT NULL,
    request_low      bigint      NOT NULL,
    request          text,
    sql              text        NOT NULL,
    sql_length       int         NOT NULL CHECK (sql_length >= 0),
    parameter_count  int         NOT NULL CHECK (parameter_count >= 0),
    submitted_at     timestamptz NOT NULL,
    started_at       timestamptz,
    finished_at      timestamptz,
    owner            text,
    leased_until     timestamptz,
    cancel_requested boolean     NOT NULL DEFAULT false,
    phase            text,
    progress         double precision CHECK (progress BETWEEN 0 AND 1),
    snapshot_id      bigint,
    tables           text[]      NOT NULL DEFAULT '{}',
    row_count        bigint      NOT NULL DEFAULT 0 CHECK (row_count >= 0),
    byte_count       bigint      NOT NULL DEFAULT 0 CHECK (byte_count >= 0),
    truncated        boolean     NOT NULL DEFAULT false,
    outcome          text,
    error            text,
    result_key       text        UNIQUE,
    delete_result_at timestamptz,
    PRIMARY KEY (tenant_id, query_id),
    CHECK ((state = 'running') = (owner IS NOT NULL)),
    CHECK ((state = 'running') = (leased_until IS NOT NULL)),
    CHECK ((state IN ('queued', 'running')) = (request IS NOT NULL)),
    CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL)),
    CHECK ((state IN ('queued', 'running')) = (outcome IS NULL)),
    CHECK (state <> 'succeeded' OR num_nulls(result_key, delete_result_at) = 0)
) WITH (fillfactor = 50);

-- Few rows are waiting or running, however many have ended.
CREATE INDEX async_query_active ON catalog.async_query (tenant_id, number) WHERE state IN ('queued', 'running');
CREATE INDEX async_query_result ON catalog.async_query (delete_result_at) WHERE result_key IS NOT NULL;
CREATE INDEX async_query_finished ON catalog.async_query (finished_at) WHERE result_key IS NULL;

-- How queries ended, by the day on which they were asked. Rows come in batches, from many gateways, and
-- go by partitions; it has no foreign keys and no unique index, because both cost more than the row. Times
-- of phases are in microseconds.
CREATE TABLE catalog.query_history (
    day              date        NOT NULL,
    tenant_id        text        NOT NULL,
    query_id         uuid        NOT NULL,
    key_id           text        NOT NULL,
    mode             text        NOT NULL CHECK (mode IN ('sync', 'async')),
    state            text        NOT NULL CHECK (state IN ('succeeded', 'failed', 'cancelled')),
    outcome          text        NOT NULL,
    sql              text        NOT NULL,
    sql_length       int         NOT NULL,
    parameter_count  int         NOT NULL,
    submitted_at     timestamptz NOT NULL,
    started_at       timestamptz,
    finished_at      timestamptz NOT NULL,
    snapshot_id      bigint,
    tables           text[]      NOT NULL,
    row_count        bigint      NOT NULL,
    byte_count       bigint      NOT NULL,
    truncated        boolean     NOT NULL,
    file_count       bigint      NOT NULL,
    file_bytes       bigint      NOT NULL,
    pruned_files     bigint      NOT NULL,
    cached_files     bigint      NOT NULL,
    downloaded_files bigint      NOT NULL,
    downloaded_bytes bigint      NOT NULL,
    parse_us         bigint      NOT NULL,
    wait_us          bigint      NOT NULL,
    queue_us         bigint      NOT NULL,
    bind_us          bigint      NOT NULL,
    fetch_us         bigint      NOT NULL,
    run_us           bigint      NOT NULL,
    write_us         bigint      NOT NULL
) PARTITION BY LIST (day);

CREATE INDEX query_history_of_tenant ON catalog.query_history (tenant_id, submitted_at DESC, query_id DESC);
CREATE INDEX query_history_of_key ON catalog.query_history (tenant_id, key_id, submitted_at DESC, query_id DESC);
CREATE INDEX query_history_query ON catalog.query_history (query_id);

-- An asynchronous query with all that is known of it.
CREATE VIEW catalog.async_query_with_stats AS
SELECT a.tenant_id,
       a.query_id,
       a.number,
       a.key_id,
       k.label AS key_label,
       'async' AS mode,
       a.state,
       a.format,
       a.request,
       a.owner,
       a.cancel_requested,
       a.phase,
       a.progress,
       a.error,
       a.result_key,
       a.delete_result_at,
       a.sql,
       a.sql_length,
       a.parameter_count,
       a.submitted_at,
       a.started_at,
       a.finished_at,
       a.snapshot_id,
       a.tables,
       a.outcome,
       a.row_count,
       a.byte_count,
       a.truncated,
       coalesce(h.file_count, 0) AS file_count,
       coalesce(h.file_bytes, 0) AS file_bytes,
       coalesce(h.pruned_files, 0) AS pruned_files,
       coalesce(h.cached_files, 0) AS cached_files,
       coalesce(h.downloaded_files, 0) AS downloaded_files,
       coalesce(h.downloaded_bytes, 0) AS downloaded_bytes,
       coalesce(h.parse_us, 0) AS parse_us,
       coalesce(h.wait_us, 0) AS wait_us,
       coalesce(h.queue_us, 0) AS queue_us,
       coalesce(h.bind_us, 0) AS bind_us,
       coalesce(h.fetch_us, 0) AS fetch_us,
       coalesce(h.run_us, 0) AS run_us,
       coalesce(h.write_us, 0) AS write_us
FROM catalog.async_query a
LEFT JOIN catalog.api_key k USING (key_id)
LEFT JOIN catalog.query_history h
    ON h.day = (a.submitted_at AT TIME ZONE 'UTC')::date
    AND h.tenant_id = a.tenant_id
    AND h.query_id = a.query_id
    AND h.mode = 'async';
