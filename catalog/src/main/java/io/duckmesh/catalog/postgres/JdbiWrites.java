package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.Commit;
import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.CommitStateUnknownException;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.SegmentOutcome;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.catalog.Writes;
import io.duckmesh.catalog.postgres.CommitStatement.CommitOutcome;
import io.duckmesh.catalog.postgres.WriteDao.WriteRow;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.ToLongFunction;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class JdbiWrites implements Writes {
  private static final Logger log = LoggerFactory.getLogger(JdbiWrites.class);

  private final Database database;
  private final Clock clock;
  private final WatermarkCache watermarkCache;
  private final DailyPartitions partitions;

  JdbiWrites(Database database, Clock clock, WatermarkCache watermarkCache) {
    this.database = database;
    this.clock = clock;
    this.watermarkCache = watermarkCache;
    this.partitions = new DailyPartitions(database, List.of("event_key", "segment_outcome"));
  }

  @Override
  public WriteId begin(ShardId shard, long after, long upTo, String owner) {
    if (after < 0 || upTo <= after) {
      throw new IllegalArgumentException(
          "A write of shard %s must have positions: after %d up to %d"
              .formatted(shard, after, upTo));
    }
    Instant now = clock.instant();
    return database.call(
        "begin a write of shard " + shard,
        WriteDao.class,
        dao -> {
          Optional<Long> writeId = dao.begin(shard.value(), after, upTo, owner, now);
          if (writeId.isPresent()) {
            return new WriteId(writeId.get());
          }
          OptionalLong watermark = dao.watermark(shard.value());
          if (watermark.isEmpty()) {
            throw new IllegalArgumentException("Shard does not exist: " + shard);
          }
          throw new CommitConflictException(
              "Cannot begin a write of shard %s after position %d: its watermark is %d"
                  .formatted(shard, after, watermark.getAsLong()));
        });
  }

  @Override
  public void registerPending(WriteId write, TableId table, List<String> objectKeys) {
    if (objectKeys.isEmpty()) {
      return;
    }
    Instant now = clock.instant();
    database.inTransaction(
        "register files of write " + write,
        handle -> {
          WriteDao dao = handle.attach(WriteDao.class);
          int registered;
          try {
            registered =
                dao.registerPending(
                    write.value(), table.value(), objectKeys.toArray(String[]::new), now);
          } catch (UnableToExecuteStatementException e) {
            if (SqlFailures.violates(e, "data_file_pkey")) {
              throw new IllegalArgumentException(
                  "An object key of write " + write + " is taken: " + objectKeys, e);
            }
            throw e;
          }
          if (registered != objectKeys.size()) {
            WriteRow row = requireOpen(dao, write);
            throw notOnShard(table, row);
          }
          return registered;
        });
  }

  @Override
  public Set<KeyHash> findLanded(TableId table, Collection<KeyHash> keys) {
    if (keys.isEmpty()) {
      return Set.of();
    }
    KeyArrays arrays = KeyArrays.sorted(keys);
    return database.inTransaction(
        "look up event keys of table " + table,
        handle -> {
          EventKeyDao dao = handle.attach(EventKeyDao.class);
          EventKeyDao.Ledger ledger =
              dao.ledger(table.value()).orElseThrow(() -> tableDoesNotExist(table));
          dao.planByIndex();
          return dao.findLanded(
              ledger.tableNumber(),
              oldestDay(clock.instant(), ledger.keyWindowMs()),
              arrays.highs(),
              arrays.lows());
        });
  }

  @Override
  public void recordKeys(WriteId write, TableId table, Collection<KeyHash> keys) {
    if (keys.isEmpty()) {
      return;
    }
    KeyArrays arrays = KeyArrays.sorted(keys);
    LocalDate today = day(clock.instant());
    partitions.ensure(today);
    database.inTransaction(
        "record event keys of write " + write,
        handle -> {
          int recorded =
              handle
                  .attach(EventKeyDao.class)
                  .record(today, write.value(), table.value(), arrays.highs(), arrays.lows());
          if (recorded != keys.size()) {
            throw notOnShard(table, requireOpen(handle.attach(WriteDao.class), write));
          }
          return recorded;
        });
  }

  @Override
  public void prepare(WriteId write, PreparedWrite prepared) {
    LocalDate today = day(clock.instant());
    if (!prepared.outcomes().isEmpty()) {
      partitions.ensure(today);
    }
    database.inTransaction(
        "prepare write " + write,
        handle -> {
          markPrepared(handle, write, prepared, today);
          finishFiles(handle, write, prepared.files());
          insertOutcomes(handle, write, prepared.outcomes(), today);
          return write;
        });
  }

  private static void markPrepared(
      Handle handle, WriteId write, PreparedWrite prepared, LocalDate today) {
    List<TableCounts> counts = prepared.counts();
    WriteDao dao = handle.attach(WriteDao.class);
    int marked =
        dao.markPrepared(
            write.value(),
            today,
            tableIds(counts.stream().map(TableCounts::table).toList()),
            longs(counts, TableCounts::accepted),
            longs(counts, TableCounts::visible),
            longs(counts, TableCounts::duplicates),
            longs(counts, TableCounts::quarantined),
            prepared.tableless());
    if (marked == 0) {
      WriteRow row = requireOpen(dao, write);
      throw new IllegalArgumentException(
          "Write %s counts a table twice or one that does not live on shard %s: %s"
              .formatted(write, row.shardId(), counts));
    }
  }

  private static void finishFiles(Handle handle, WriteId write, List<DataFile> files) {
    if (files.isEmpty()) {
      return;
    }
    int[] finished = FinishFilesStatement.execute(handle, write.value(), files);
    for (int i = 0; i < finished.length; i++) {
      if (finished[i] != 1) {
        throw new IllegalArgumentException(
            "Write %s has not registered object %s of table %s"
                .formatted(write, files.get(i).objectKey(), files.get(i).table()));
      }
    }
  }

  private static void insertOutcomes(
      Handle handle, WriteId write, List<SegmentOutcome> outcomes, LocalDate today) {
    if (outcomes.isEmpty()) {
      return;
    }
    int inserted =
        handle
            .attach(WriteDao.class)
            .insertOutcomes(
                today,
                write.value(),
                longs(outcomes, SegmentOutcome::position),
                outcomes.stream().map(JdbiWrites::tableId).toArray(UUID[]::new),
                longs(outcomes, SegmentOutcome::rowCount),
                longs(outcomes, SegmentOutcome::duplicates),
                longs(outcomes, SegmentOutcome::quarantined),
                outcomes.stream().map(SegmentOutcome::reason).toArray(String[]::new));
    if (inserted != outcomes.size()) {
      throw new IllegalArgumentException(
          "Write %s has outcomes of positions that are not its own: %s".formatted(write, outcomes));
    }
  }

  @Override
  public Commit commit(WriteId write) {
    Instant now = clock.instant();
    CommitOutcome outcome =
        database
            .withHandle("commit write " + write, handle -> tryCommit(handle, write, now))
            .orElseThrow(() -> doesNotExist(write));
    return switch (outcome) {
      case CommitOutcome.Committed committed -> {
        watermarkCache.advance(committed.shard(), committed.commit().watermark());
        yield committed.commit();
      }
      case CommitOutcome.Open open ->
          throw new IllegalStateException("Write %s is not prepared".formatted(write));
      case CommitOutcome.Over over -> throw new CommitConflictException(over.reason());
    };
  }

  private static Optional<CommitOutcome> tryCommit(Handle handle, WriteId write, Instant now) {
    try {
      return CommitStatement.execute(handle, write.value(), now);
    } catch (JdbiException e) {
      if (SqlFailures.isOutcomeUnknown(e)) {
        throw new CommitStateUnknownException(
            "It cannot be told whether write %s was committed".formatted(write), e);
      }
      throw e;
    }
  }

  @Override
  public void abandon(WriteId write) {
    database.call("abandon write " + write, WriteDao.class, dao -> dao.abandon(write.value()));
  }

  @Override
  public void expireKeys() {
    Instant now = clock.instant();
    long widestWindowMs =
        database
            .call("find the widest key window", RetentionDao.class, dao -> dao.widestWindowMs(now))
            .orElse(0L);
    LocalDate oldest = oldestDay(now, widestWindowMs);
    // A receipt must be forgotten before the details that it tells, a key before its write.
    database.call(
        "forget landed batches", RetentionDao.class, dao -> dao.deleteLandedBatches(oldest));
    partitions.dropBefore(oldest);
    Instant finished = oldest.atStartOfDay(ZoneOffset.UTC).toInstant().minus(LONGEST_WRITE);
    int writes =
        database.call("forget writes", RetentionDao.class, dao -> dao.deleteWrites(finished));
    int requests =
        database.call("forget request keys", RetentionDao.class, dao -> dao.deleteRequestKeys(now));
    if (writes > 0 || requests > 0) {
      log.info("Forgotten writes={} request_keys={} before={}", writes, requests, oldest);
    }
  }

  /** The first day whose keys count: a commit comes up to {@link #LONGEST_WRITE} after its keys. */
  private static LocalDate oldestDay(Instant now, long keyWindowMs) {
    return day(now.minusMillis(keyWindowMs).minus(LONGEST_WRITE));
  }

  private static WriteRow requireOpen(WriteDao dao, WriteId write) {
    WriteRow row = dao.find(write.value()).orElseThrow(() -> doesNotExist(write));
    return switch (row.state()) {
      case "open" -> row;
      case "over" ->
          throw new CommitConflictException(
              "Write %s of shard %s is over".formatted(write, row.shardId()));
      default ->
          throw new IllegalStateException(
              "Write %s of shard %s is %s".formatted(write, row.shardId(), row.state()));
    };
  }

  private static IllegalArgumentException doesNotExist(WriteId write) {
    return new IllegalArgumentException("Write does not exist: " + write);
  }

  private static IllegalArgumentException notOnShard(TableId table, WriteRow row) {
    return new IllegalArgumentException(
        "Table %s does not live on shard %s".formatted(table, row.shardId()));
  }

  private static IllegalArgumentException tableDoesNotExist(TableId table) {
    return new IllegalArgumentException("Table does not exist: " + table);
  }

  private static LocalDate day(Instant instant) {
    return LocalDate.ofInstant(instant, ZoneOffset.UTC);
  }

  private static @Nullable UUID tableId(SegmentOutcome outcome) {
    TableId table = outcome.table();
    return table == null ? null : table.value();
  }

  private static UUID[] tableIds(List<TableId> tables) {
    return tables.stream().map(TableId::value).toArray(UUID[]::new);
  }

  private static <T> long[] longs(List<T> values, ToLongFunction<T> column) {
    return values.stream().mapToLong(column).toArray();
  }
}
