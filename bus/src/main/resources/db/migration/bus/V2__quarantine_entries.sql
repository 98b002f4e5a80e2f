-- Entries of the quarantine become things that people name, fix, replay and drop; finished ones stay without
-- their bytes, so that what became of them can be told and a replay that is repeated adds nothing.

ALTER TABLE bus.quarantine
  ADD COLUMN entry_id         bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  ADD COLUMN table_id         uuid,
  ADD COLUMN state            text   NOT NULL DEFAULT 'quarantined',
  ADD COLUMN finished_at      timestamptz,
  -- Where the replayed events are: parallel arrays, one element per segment.
  ADD COLUMN replay_table_id  uuid,
  ADD COLUMN replay_shards    text[],
  ADD COLUMN replay_positions bigint[],
  ADD COLUMN replay_rows      int[],
  ADD CHECK (state IN ('quarantined', 'replayed', 'dropped')),
  ADD CHECK ((state = 'quarantined') = (finished_at IS NULL)),
  ADD CHECK (num_nulls(replay_table_id, replay_shards, replay_positions, replay_rows)
             = CASE WHEN state = 'replayed' THEN 0 ELSE 4 END);

CREATE UNIQUE INDEX quarantine_entry ON bus.quarantine (entry_id);

-- What waits for somebody is few among what is finished.
CREATE INDEX quarantine_waiting ON bus.quarantine (entry_id) WHERE state = 'quarantined';
