package io.duckmesh.catalog.memory;

import static java.util.Comparator.comparing;

import io.duckmesh.catalog.LandedBatch;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.SegmentOutcome;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.StoredFile;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.UnevenCommit;
import io.duckmesh.catalog.Verifications;
import io.duckmesh.catalog.VerifyFinding;
import io.duckmesh.catalog.VerifyRun;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

final class InMemoryVerifications implements Verifications {
  private final State state;
  private final Clock clock;

  InMemoryVerifications(State state, Clock clock) {
    this.state = state;
    this.clock = clock;
  }

  @Override
  public VerifyRun begin(String runId, TenantId tenant) {
    return state.locked(
        () -> {
          SnapshotId newest = state.tenant(tenant).newest().id();
          VerifyRun begun = state.verifyRuns.get(runId);
          if (begun == null) {
            state.verifyRuns.replaceAll(
                (id, run) ->
                    run.tenant().equals(tenant) && run.state() == VerifyRun.State.RUNNING
                        ? ended(run, VerifyRun.State.ABANDONED)
                        : run);
            begun =
                new VerifyRun(
                    runId, tenant, VerifyRun.State.RUNNING, newest, now(), null, 0, 0, 0, 0);
            state.verifyRuns.put(runId, begun);
          }
          if (!begun.tenant().equals(tenant)) {
            throw new IllegalArgumentException(
                "Verify run %s is of tenant %s, not %s".formatted(runId, begun.tenant(), tenant));
          }
          return withFindings(begun);
        });
  }

  @Override
  public void advance(String runId, int shards, long files, long bytes) {
    state.locked(
        () ->
            state.verifyRuns.computeIfPresent(
                runId,
                (id, run) ->
                    run.state() == VerifyRun.State.RUNNING
                        ? new VerifyRun(
                            id,
                            run.tenant(),
                            run.state(),
                            run.snapshot(),
                            run.startedAt(),
                            null,
                            shards,
                            files,
                            bytes,
                            0)
                        : run));
  }

  @Override
  public void record(String runId, List<VerifyFinding> findings) {
    state.locked(
        () -> {
          List<VerifyFinding> kept =
              state.verifyFindings.computeIfAbsent(runId, id -> new ArrayList<>());
          for (VerifyFinding finding : findings) {
            boolean known =
                kept.stream()
                    .anyMatch(
                        each ->
                            each.kind() == finding.kind()
                                && each.subject().equals(finding.subject()));
            if (!known && kept.size() < MAX_FINDINGS) {
              kept.add(finding);
            }
          }
          return kept;
        });
  }

  @Override
  public VerifyRun finish(String runId) {
    return state.locked(
        () -> {
          VerifyRun run = state.verifyRuns.get(runId);
          if (run == null) {
            throw new IllegalArgumentException("Verify run does not exist: " + runId);
          }
          if (run.state() == VerifyRun.State.RUNNING) {
            run =
                ended(
                    run,
                    findings(runId).isEmpty() ? VerifyRun.State.PASSED : VerifyRun.State.FAILED);
            state.verifyRuns.put(runId, run);
          }
          return withFindings(run);
        });
  }

  @Override
  public Optional<VerifyRun> find(TenantId tenant, String runId) {
    return state.locked(
        () ->
            Optional.ofNullable(state.verifyRuns.get(runId))
                .filter(run -> run.tenant().equals(tenant))
                .map(this::withFindings));
  }

  @Override
  public List<VerifyRun> list(TenantId tenant, int limit) {
    return state.locked(
        () ->
            new ArrayList<>(state.verifyRuns.values())
                .reversed().stream()
                    .filter(run -> run.tenant().equals(tenant))
                    .limit(limit)
                    .map(this::withFindings)
                    .toList());
  }

  @Override
  public List<VerifyFinding> findings(String runId) {
    return state.locked(
        () ->
            state.verifyFindings.getOrDefault(runId, List.of()).stream()
                .sorted(
                    comparing((VerifyFinding finding) -> finding.kind().name())
                        .thenComparing(VerifyFinding::subject))
                .toList());
  }

  @Override
  public List<StoredFile> files(
      TenantId tenant, SnapshotId snapshot, @Nullable String after, int limit) {
    return state.locked(
        () ->
            state.tables.values().stream()
                .filter(table -> table.info.tenant().equals(tenant))
                .flatMap(
                    table ->
                        table.files.stream()
                            .filter(live -> live.begin().compareTo(snapshot) <= 0)
                            .map(
                                live ->
                                    new StoredFile(
                                        live.file().objectKey(),
                                        table.info.id(),
                                        table.info.name(),
                                        live.file().sizeBytes(),
                                        live.file().contentHash())))
                .filter(file -> after == null || file.objectKey().compareTo(after) > 0)
                .sorted(comparing(StoredFile::objectKey))
                .limit(limit)
                .toList());
  }

  @Override
  public boolean isLive(String objectKey) {
    return state.locked(
        () ->
            state.tables.values().stream()
                .flatMap(table -> table.files.stream())
                .anyMatch(live -> live.file().objectKey().equals(objectKey)));
  }

  @Override
  public List<LandedBatch> landed(ShardId shard, long after, int limit) {
    return state.locked(
        () ->
            state
                .landed
                .getOrDefault(shard, new TreeMap<>())
                .tailMap(after, false)
                .values()
                .stream()
                .limit(limit)
                .map(
                    write ->
                        new LandedBatch(
                            write.after,
                            write.upTo,
                            Objects.requireNonNull(write.commit, "commit is null").snapshot().id()))
                .toList());
  }

  @Override
  public List<LandedBatch> forgotten(ShardId shard, int limit) {
    // What is forgotten here is forgotten for good, with its write.
    return List.of();
  }

  @Override
  public List<UnevenCommit> uneven(ShardId shard, long after, long upTo) {
    return state.locked(
        () ->
            state
                .landed
                .getOrDefault(shard, new TreeMap<>())
                .subMap(after, false, upTo, true)
                .values()
                .stream()
                .map(InMemoryVerifications::commit)
                .filter(
                    commit ->
                        commit.duplicates() != commit.outcomeDuplicates()
                            || commit.quarantined() != commit.outcomeQuarantined())
                .toList());
  }

  private static UnevenCommit commit(State.Write write) {
    PreparedWrite prepared = Objects.requireNonNull(write.prepared, "prepared is null");
    List<SegmentOutcome> outcomes = prepared.outcomes();
    return new UnevenCommit(
        write.after,
        write.upTo,
        prepared.counts().stream().mapToLong(TableCounts::duplicates).sum(),
        prepared.counts().stream().mapToLong(TableCounts::quarantined).sum()
            + outcomes.stream()
                .filter(outcome -> outcome.table() == null)
                .mapToLong(SegmentOutcome::quarantined)
                .sum(),
        outcomes.stream().mapToLong(SegmentOutcome::duplicates).sum(),
        outcomes.stream().mapToLong(SegmentOutcome::quarantined).sum());
  }

  private VerifyRun ended(VerifyRun run, VerifyRun.State how) {
    return new VerifyRun(
        run.runId(),
        run.tenant(),
        how,
        run.snapshot(),
        run.startedAt(),
        now(),
        run.shards(),
        run.files(),
        run.bytes(),
        0);
  }

  private VerifyRun withFindings(VerifyRun run) {
    return new VerifyRun(
        run.runId(),
        run.tenant(),
        run.state(),
        run.snapshot(),
        run.startedAt(),
        run.finishedAt(),
        run.shards(),
        run.files(),
        run.bytes(),
        findings(run.runId()).size());
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}
