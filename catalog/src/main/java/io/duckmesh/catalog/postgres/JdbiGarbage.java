package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.Writes;
import io.duckmesh.catalog.postgres.GarbageDao.MarkedRow;
import io.duckmesh.catalog.upkeep.Garbage;
import io.duckmesh.catalog.upkeep.GarbageCounts;
import io.duckmesh.catalog.upkeep.GarbageObject;
import io.duckmesh.catalog.upkeep.Marked;
import io.duckmesh.catalog.upkeep.Rewrites;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

final class JdbiGarbage implements Garbage {
  /** So much longer than it could be committed a write is left alone: clocks differ. */
  private static final Duration CLOCKS_DIFFER = Duration.ofHours(1);

  private final Database database;
  private final Clock clock;

  JdbiGarbage(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public Marked mark(TenantId tenant, Duration grace, int limit) {
    if (grace.compareTo(LEAST_GRACE) < 0) {
      throw new IllegalArgumentException(
          "Grace time must be at least %s: %s".formatted(LEAST_GRACE, grace));
    }
    Instant now = clock.instant();
    Instant deleteFrom = now.plus(grace);
    MarkedRow pending =
        database.inTransaction(
            "mark pending files of tenant " + tenant,
            handle -> {
              if (handle.attach(TenantDao.class).lock(tenant.value()).isEmpty()) {
                throw new IllegalArgumentException("Tenant does not exist: " + tenant);
              }
              GarbageDao dao = handle.attach(GarbageDao.class);
              dao.giveUpWrites(tenant.value(), writesTooOld(now));
              dao.giveUpRewrites(tenant.value(), rewritesTooOld(now));
              return dao.markPending(tenant.value(), deleteFrom, limit);
            });
    MarkedRow ended =
        database.inTransaction(
            "mark files of tenant " + tenant,
            handle -> {
              JdbiRetention.lock(handle, tenant);
              return handle.attach(GarbageDao.class).markEnded(tenant.value(), deleteFrom, limit);
            });
    return new Marked(
        pending.files() + ended.files(),
        pending.bytes() + ended.bytes(),
        pending.spans() + ended.spans(),
        pending.spans() < limit && ended.spans() < limit);
  }

  private static Instant writesTooOld(Instant now) {
    return now.minus(Writes.LONGEST_WRITE).minus(CLOCKS_DIFFER);
  }

  private static Instant rewritesTooOld(Instant now) {
    return now.minus(Rewrites.LONGEST_REWRITE).minus(CLOCKS_DIFFER);
  }

  @Override
  public List<GarbageObject> unmarked(TenantId tenant, @Nullable String after, int limit) {
    Instant now = clock.instant();
    return database.call(
        "list what may be marked of tenant " + tenant,
        GarbageDao.class,
        dao ->
            dao.unmarked(
                tenant.value(),
                now,
                writesTooOld(now),
                rewritesTooOld(now),
                after == null ? "" : after,
                limit));
  }

  @Override
  public List<GarbageObject> due(int limit) {
    Instant now = clock.instant();
    return database.call("list garbage that is due", GarbageDao.class, dao -> dao.due(now, limit));
  }

  @Override
  public List<GarbageObject> due(TenantId tenant, @Nullable String after, int limit) {
    Instant now = clock.instant();
    return database.call(
        "list garbage of tenant " + tenant + " that is due",
        GarbageDao.class,
        dao -> dao.dueOf(tenant.value(), now, after == null ? "" : after, limit));
  }

  @Override
  public List<GarbageObject> list(@Nullable String after, int limit) {
    return database.call(
        "list garbage", GarbageDao.class, dao -> dao.list(after == null ? "" : after, limit));
  }

  @Override
  public List<GarbageObject> failing(TenantId tenant, int limit) {
    return database.call(
        "list garbage of tenant " + tenant + " that can not be deleted",
        GarbageDao.class,
        dao -> dao.failing(tenant.value(), limit));
  }

  @Override
  public void deleted(Collection<String> objectKeys) {
    if (objectKeys.isEmpty()) {
      return;
    }
    Instant now = clock.instant();
    String[] keys = objectKeys.toArray(String[]::new);
    database.inTransaction(
        "forget deleted objects",
        handle -> {
          GarbageDao dao = handle.attach(GarbageDao.class);
          dao.forgetDeleted(keys, now);
          dao.deleteAgain(keys, now, now.plus(SECOND_DELETION));
          return keys;
        });
  }

  @Override
  public void failed(Collection<String> objectKeys, String reason) {
    if (objectKeys.isEmpty()) {
      return;
    }
    Instant now = clock.instant();
    database.withHandle(
        "note objects that could not be deleted",
        handle -> {
          handle.attach(GarbageDao.class).failed(objectKeys.toArray(String[]::new), reason, now);
          return reason;
        });
  }

  @Override
  public GarbageCounts counts() {
    Instant now = clock.instant();
    return database.call("count garbage", GarbageDao.class, dao -> dao.counts(now));
  }

  @Override
  public Set<String> unknown(Collection<String> objectKeys) {
    if (objectKeys.isEmpty()) {
      return Set.of();
    }
    return database.call(
        "look for objects",
        GarbageDao.class,
        dao -> dao.unknown(objectKeys.toArray(String[]::new)));
  }
}
