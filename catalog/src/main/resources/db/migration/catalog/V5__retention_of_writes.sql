-- Finished writes and the batches that they landed are forgotten once no key and no receipt needs
-- them. Their files live on, so a file no longer keeps its write: it only says which one it was.

ALTER TABLE catalog.data_file DROP CONSTRAINT data_file_write_id_fkey;

-- Rows arrive in time order, so block range indexes find the old ones at almost no cost.
CREATE INDEX write_age ON catalog.write USING brin (begun_at);
CREATE INDEX landed_batch_age ON catalog.landed_batch USING brin (prepared_day);
