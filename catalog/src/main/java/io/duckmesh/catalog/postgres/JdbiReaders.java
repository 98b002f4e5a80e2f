package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.Readers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;

final class JdbiReaders implements Readers {
  private final Database database;
  private final Clock clock;

  JdbiReaders(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public void hold(
      String reader, TenantId tenant, Collection<SnapshotId> snapshots, Duration lease) {
    Instant leasedUntil = clock.instant().plus(lease);
    long[] ids = snapshots.stream().mapToLong(SnapshotId::value).distinct().sorted().toArray();
    database.withHandle(
        "register what " + reader + " reads of tenant " + tenant,
        handle -> {
          ReaderDao dao = handle.attach(ReaderDao.class);
          if (ids.length == 0) {
            dao.release(reader, tenant.value());
          } else {
            dao.hold(reader, tenant.value(), ids, leasedUntil);
          }
          return reader;
        });
  }

  @Override
  public void release(String reader) {
    database.withHandle(
        "release what " + reader + " reads",
        handle -> {
          handle.attach(ReaderDao.class).release(reader);
          return reader;
        });
  }
}
