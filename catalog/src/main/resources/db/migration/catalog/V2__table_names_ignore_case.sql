-- SQL finds tables whatever the case of their names, so live names differ by more than case. The
-- collation keeps the rule the same in every database: it knows the letters A to Z only.

DROP INDEX catalog.live_table_name;
DROP INDEX catalog.tenant_table_name;

CREATE UNIQUE INDEX live_table_name ON catalog.tenant_table (tenant_id, lower(name COLLATE "C"))
    WHERE dropped_in IS NULL;
CREATE INDEX tenant_table_name ON catalog.tenant_table (tenant_id, lower(name COLLATE "C"));
