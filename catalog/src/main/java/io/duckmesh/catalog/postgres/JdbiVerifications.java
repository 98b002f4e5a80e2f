package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.LandedBatch;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.StoredFile;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.UnevenCommit;
import io.duckmesh.catalog.Verifications;
import io.duckmesh.catalog.VerifyFinding;
import io.duckmesh.catalog.VerifyRun;
import io.duckmesh.catalog.Writes;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

final class JdbiVerifications implements Verifications {
  private final Database database;
  private final Clock clock;

  JdbiVerifications(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public VerifyRun begin(String runId, TenantId tenant) {
    Instant now = clock.instant();
    VerifyRun run =
        database.inTransaction(
            "begin verify run " + runId,
            handle -> {
              VerifyDao dao = handle.attach(VerifyDao.class);
              long newest =
                  dao.lockTenant(tenant.value())
                      .orElseThrow(
                          () -> new IllegalArgumentException("Tenant does not exist: " + tenant));
              Optional<VerifyRun> begun = dao.find(runId);
              if (begun.isPresent()) {
                return begun.get();
              }
              dao.insert(runId, tenant.value(), newest, now);
              dao.abandonOthers(tenant.value(), runId, now);
              return dao.find(runId).orElseThrow();
            });
    if (!run.tenant().equals(tenant)) {
      throw new IllegalArgumentException(
          "Verify run %s is of tenant %s, not %s".formatted(runId, run.tenant(), tenant));
    }
    return run;
  }

  @Override
  public void advance(String runId, int shards, long files, long bytes) {
    database.withHandle(
        "advance verify run " + runId,
        handle -> {
          handle.attach(VerifyDao.class).advance(runId, shards, files, bytes);
          return runId;
        });
  }

  @Override
  public void record(String runId, List<VerifyFinding> findings) {
    if (findings.isEmpty()) {
      return;
    }
    Instant now = clock.instant();
    database.withHandle(
        "record findings of verify run " + runId,
        handle -> {
          handle
              .attach(VerifyDao.class)
              .record(
                  runId,
                  texts(findings, finding -> finding.kind().name().toLowerCase(Locale.ROOT)),
                  texts(findings, VerifyFinding::subject),
                  texts(findings, VerifyFinding::detail),
                  now,
                  MAX_FINDINGS);
          return runId;
        });
  }

  private static String[] texts(
      List<VerifyFinding> findings, Function<VerifyFinding, String> column) {
    return findings.stream().map(column).toArray(String[]::new);
  }

  @Override
  public VerifyRun finish(String runId) {
    Instant now = clock.instant();
    return database.inTransaction(
        "finish verify run " + runId,
        handle -> {
          VerifyDao dao = handle.attach(VerifyDao.class);
          dao.finish(runId, now);
          return dao.find(runId)
              .orElseThrow(
                  () -> new IllegalArgumentException("Verify run does not exist: " + runId));
        });
  }

  @Override
  public Optional<VerifyRun> find(TenantId tenant, String runId) {
    return database
        .call("find verify run " + runId, VerifyDao.class, dao -> dao.find(runId))
        .filter(run -> run.tenant().equals(tenant));
  }

  @Override
  public List<VerifyRun> list(TenantId tenant, int limit) {
    return database.call(
        "list verify runs of tenant " + tenant,
        VerifyDao.class,
        dao -> dao.list(tenant.value(), limit));
  }

  @Override
  public List<VerifyFinding> findings(String runId) {
    return database.call(
        "list findings of verify run " + runId, VerifyDao.class, dao -> dao.findings(runId));
  }

  @Override
  public List<StoredFile> files(
      TenantId tenant, SnapshotId snapshot, @Nullable String after, int limit) {
    return database.call(
        "list files of tenant " + tenant,
        VerifyDao.class,
        dao -> dao.files(tenant.value(), snapshot.value(), after == null ? "" : after, limit));
  }

  @Override
  public boolean isLive(String objectKey) {
    return database.call("find file " + objectKey, VerifyDao.class, dao -> dao.isLive(objectKey));
  }

  @Override
  public List<LandedBatch> forgotten(ShardId shard, int limit) {
    Instant now = clock.instant();
    return database.call(
        "look for forgotten commits of shard " + shard,
        VerifyDao.class,
        dao -> dao.forgotten(shard.value(), now, Writes.LONGEST_WRITE.toMillis(), limit));
  }

  @Override
  public List<UnevenCommit> uneven(ShardId shard, long after, long upTo) {
    return database.call(
        "compare commits of shard " + shard,
        VerifyDao.class,
        dao -> dao.uneven(shard.value(), after, upTo));
  }

  @Override
  public List<LandedBatch> landed(ShardId shard, long after, int limit) {
    return database.call(
        "list commits of shard " + shard,
        VerifyDao.class,
        dao -> dao.landed(shard.value(), after, limit));
  }
}
