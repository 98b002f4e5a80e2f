-- An object may have several spans, of which some are forgotten before the object is garbage. Queries
-- that began before may still read it at one of those snapshots, so what is left remembers until where they were.
ALTER TABLE catalog.data_file ADD COLUMN forgotten_until bigint;

COMMENT ON COLUMN catalog.data_file.forgotten_until IS
    'The largest end of a span of the same object that was forgotten; null if none was.';
