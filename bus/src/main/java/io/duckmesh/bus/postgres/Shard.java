package io.duckmesh.bus.postgres;

import io.duckmesh.bus.ShardId;

/** A shard as the database numbers it. Neither number nor tenant ever changes. */
record Shard(int shardNo, ShardId id, String tenant) {}
