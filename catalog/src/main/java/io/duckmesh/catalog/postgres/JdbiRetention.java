package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.SnapshotExpiredException;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.SnapshotNotFoundException;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.postgres.HistoryDao.TenantExpiry;
import io.duckmesh.catalog.upkeep.ExpiryPlan;
import io.duckmesh.catalog.upkeep.Pin;
import io.duckmesh.catalog.upkeep.Retention;
import io.duckmesh.catalog.upkeep.TableExpiry;
import io.duckmesh.catalog.upkeep.TablePolicy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

final class JdbiRetention implements Retention {
  /** How long it stays known what became of a rewrite. */
  private static final Duration KEEP_REWRITES = Duration.ofDays(7);

  private final Database database;
  private final Clock clock;

  JdbiRetention(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Locks the tenant's history to the end of the transaction. Who locks the tenant, too, does that
   * before.
   *
   * @throws IllegalArgumentException if there is no such tenant
   */
  static void lock(Handle handle, TenantId tenant) {
    HistoryDao dao = handle.attach(HistoryDao.class);
    if (dao.lock(tenant.value()).isEmpty()) {
      dao.insertIfAbsent(tenant.value());
      if (dao.lock(tenant.value()).isEmpty()) {
        throw doesNotExist(tenant);
      }
    }
  }

  @Override
  public ExpiryPlan plan(TenantId tenant) {
    Instant now = clock.instant();
    long keepMs = TablePolicy.DEFAULT_KEEP_SNAPSHOTS.toMillis();
    int keepAtLeast = TablePolicy.DEFAULT_KEEP_AT_LEAST;
    return database.inTransaction(
        "plan the expiry of snapshots of tenant " + tenant,
        handle -> {
          lock(handle, tenant);
          HistoryDao dao = handle.attach(HistoryDao.class);
          TenantExpiry own =
              dao.planTenant(tenant.value(), now, keepMs, keepAtLeast)
                  .orElseThrow(() -> doesNotExist(tenant));
          List<TableExpiry> tables = dao.planTables(tenant.value(), now, keepMs, keepAtLeast);
          long historyFrom = own.historyFrom();
          for (TableExpiry table : tables) {
            historyFrom = Math.min(historyFrom, table.historyFrom().value());
          }
          historyFrom = Math.max(own.before(), historyFrom);
          return new ExpiryPlan(
              tenant,
              new SnapshotId(own.before()),
              new SnapshotId(historyFrom),
              dao.countExpiring(tenant.value(), own.before(), historyFrom, now),
              tables.stream()
                  .filter(table -> table.historyFrom().compareTo(table.before()) > 0)
                  .toList(),
              dao.pins(tenant.value()).stream().filter(pin -> hasLapsed(pin, now)).toList());
        });
  }

  private static boolean hasLapsed(Pin pin, Instant now) {
    Instant expiresAt = pin.expiresAt();
    return expiresAt != null && !expiresAt.isAfter(now);
  }

  @Override
  public void expire(ExpiryPlan plan) {
    TenantId tenant = plan.tenant();
    Instant now = clock.instant();
    database.inTransaction(
        "expire snapshots of tenant " + tenant,
        handle -> {
          lock(handle, tenant);
          HistoryDao dao = handle.attach(HistoryDao.class);
          dao.expireTenant(tenant.value(), plan.historyFrom().value());
          dao.expireTables(
              tenant.value(),
              plan.tables().stream().map(table -> table.table().value()).toArray(UUID[]::new),
              plan.tables().stream().mapToLong(table -> table.historyFrom().value()).toArray());
          dao.deleteLapsed(
              tenant.value(),
              plan.lapsed().stream().map(Pin::name).toArray(String[]::new),
              plan.lapsed().stream().mapToLong(pin -> pin.snapshot().value()).toArray(),
              now);
          return plan;
        });
  }

  @Override
  public int forget(TenantId tenant, int limit) {
    Instant now = clock.instant();
    return database.withHandle(
        "forget expired snapshots of tenant " + tenant,
        handle -> {
          HistoryDao dao = handle.attach(HistoryDao.class);
          dao.forgetReaders(tenant.value(), now.minus(KEEP_REWRITES));
          int forgotten = dao.forgetChanges(tenant.value(), limit);
          if (forgotten < limit) {
            forgotten += dao.forgetSnapshots(tenant.value(), limit - forgotten);
          }
          if (forgotten < limit) {
            forgotten +=
                dao.forgetRewrites(tenant.value(), now.minus(KEEP_REWRITES), limit - forgotten);
          }
          return forgotten;
        });
  }

  @Override
  public Pin pin(TenantId tenant, String name, SnapshotId snapshot, @Nullable Instant expiresAt) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    return database.inTransaction(
        "pin snapshot " + snapshot + " of tenant " + tenant,
        handle -> {
          lock(handle, tenant);
          Optional<Pin> pin =
              handle
                  .attach(HistoryDao.class)
                  .pin(
                      tenant.value(),
                      name,
                      snapshot.value(),
                      now,
                      expiresAt == null ? null : expiresAt.truncatedTo(ChronoUnit.MICROS));
          if (pin.isPresent()) {
            return pin.get();
          }
          if (handle.attach(SnapshotDao.class).existed(tenant.value(), snapshot.value())) {
            throw new SnapshotExpiredException(
                "Snapshot %s has expired, wholly or for one of its tables".formatted(snapshot));
          }
          throw new SnapshotNotFoundException("Snapshot not found: " + snapshot);
        });
  }

  @Override
  public boolean unpin(TenantId tenant, String name) {
    return database.inTransaction(
        "remove pin " + name + " of tenant " + tenant,
        handle -> {
          lock(handle, tenant);
          return handle.attach(HistoryDao.class).unpin(tenant.value(), name) == 1;
        });
  }

  @Override
  public List<Pin> pins(TenantId tenant) {
    return database.call(
        "list pins of tenant " + tenant, HistoryDao.class, dao -> dao.pins(tenant.value()));
  }

  private static IllegalArgumentException doesNotExist(TenantId tenant) {
    return new IllegalArgumentException("Tenant does not exist: " + tenant);
  }
}
