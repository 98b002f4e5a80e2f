-- The log: shards, their segments in partitions that are emptied whole, claims, quarantine, and hints.

-- One row per shard, locked by every publishing transaction; so it holds nothing that consumers write.
CREATE TABLE bus.shard (
  shard_no       int         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  shard          text        NOT NULL UNIQUE,
  tenant         text        NOT NULL,
  head           bigint      NOT NULL DEFAULT 0 CHECK (head >= 0),
  appended_rows  bigint      NOT NULL DEFAULT 0 CHECK (appended_rows >= head),
  appended_bytes bigint      NOT NULL DEFAULT 0 CHECK (appended_bytes >= 0),
  -- The partition that is written to, and the payload bytes in it.
  part           int         NOT NULL,
  part_bytes     bigint      NOT NULL DEFAULT 0 CHECK (part_bytes >= 0),
  -- Never goes back, whatever the clock does.
  published_at   timestamptz NOT NULL DEFAULT 'epoch'
) WITH (fillfactor = 10);

-- What has arrived. Totals run from the shard's beginning up to and including the segment.
CREATE TABLE bus.segment (
  part          int         NOT NULL,
  position      bigint      NOT NULL CHECK (position > 0),
  row_count     int         NOT NULL CHECK (row_count > 0),
  size_bytes    int         NOT NULL CHECK (size_bytes >= 0),
  rows_through  bigint      NOT NULL,
  bytes_through bigint      NOT NULL,
  published_at  timestamptz NOT NULL,
  payload       bytea       NOT NULL,
  PRIMARY KEY (position, part)
) PARTITION BY LIST (part);

-- Payloads are compressed already.
ALTER TABLE bus.segment ALTER COLUMN payload SET STORAGE EXTERNAL;

-- The partitions of a shard: free (no first position), current (no last position), or sealed.
CREATE TABLE bus.segment_partition (
  part           int    GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  shard_no       int    NOT NULL REFERENCES bus.shard,
  first_position bigint,
  last_position  bigint,
  size_bytes     bigint NOT NULL DEFAULT 0,
  CHECK (last_position >= first_position),
  CHECK (last_position IS NULL OR first_position IS NOT NULL)
);

CREATE UNIQUE INDEX segment_partition_current ON bus.segment_partition (shard_no)
  WHERE first_position IS NOT NULL AND last_position IS NULL;

-- Consumers' side of a shard. A claim that has ended has no consumer.
CREATE TABLE bus.shard_claim (
  shard_no     int    PRIMARY KEY REFERENCES bus.shard,
  acked        bigint NOT NULL DEFAULT 0 CHECK (acked >= 0),
  acked_rows   bigint NOT NULL DEFAULT 0 CHECK (acked_rows >= 0),
  acked_bytes  bigint NOT NULL DEFAULT 0 CHECK (acked_bytes >= 0),
  claim        bigint NOT NULL DEFAULT 0 CHECK (claim >= 0),
  consumer     text,
  up_to        bigint,
  leased_until timestamptz,
  CHECK (num_nulls(consumer, up_to, leased_until) IN (0, 3)),
  CHECK (up_to > acked)
) WITH (fillfactor = 50);

-- Positions that are not delivered. They outlive the quarantine's entry until their partition is emptied.
CREATE TABLE bus.nacked (
  shard_no   int    NOT NULL REFERENCES bus.shard,
  position   bigint NOT NULL,
  row_count  int    NOT NULL,
  size_bytes int    NOT NULL,
  PRIMARY KEY (shard_no, position)
);

-- Copies of segments that could not land, so that their partitions can go.
CREATE TABLE bus.quarantine (
  shard_no       int         NOT NULL REFERENCES bus.shard,
  position       bigint      NOT NULL,
  row_count      int         NOT NULL,
  size_bytes     int         NOT NULL,
  published_at   timestamptz NOT NULL,
  payload        bytea       NOT NULL,
  reason         text        NOT NULL,
  quarantined_at timestamptz NOT NULL,
  PRIMARY KEY (shard_no, position)
);

ALTER TABLE bus.quarantine ALTER COLUMN payload SET STORAGE EXTERNAL;

-- Hints. Losing them in a crash costs a linger or a poll; so they are not written ahead.
CREATE UNLOGGED TABLE bus.flush_request (
  shard_no int    PRIMARY KEY,
  position bigint NOT NULL
) WITH (fillfactor = 10);

-- What a waiting claim waits for: totals of the shard that are worth a notification, or the end of a lease.
CREATE UNLOGGED TABLE bus.waiter (
  shard_no   int         NOT NULL,
  listener   bigint      NOT NULL,
  wake_rows  bigint      NOT NULL,
  wake_bytes bigint      NOT NULL,
  for_lease  boolean     NOT NULL,
  since      timestamptz NOT NULL,
  PRIMARY KEY (shard_no, listener)
) WITH (fillfactor = 10);

CREATE SEQUENCE bus.listener_id;
