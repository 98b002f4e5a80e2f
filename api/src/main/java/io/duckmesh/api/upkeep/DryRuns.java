package io.duckmesh.api.upkeep;

import io.duckmesh.api.tables.PolicyAnswer;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.StoredFile;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.compaction.CompactionOptions;
import io.duckmesh.catalog.compaction.CompactionPlan;
import io.duckmesh.catalog.compaction.CompactionPlanner;
import io.duckmesh.catalog.compaction.FileGroup;
import io.duckmesh.catalog.upkeep.DueTable;
import io.duckmesh.catalog.upkeep.ExpiryPlan;
import io.duckmesh.catalog.upkeep.GarbageObject;
import io.duckmesh.catalog.upkeep.Pin;
import io.duckmesh.catalog.upkeep.TablePolicy;
import io.duckmesh.catalog.upkeep.Upkeep;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What runs would do now: the plans that they begin with, in pages. Changes nothing. */
final class DryRuns {
  private final Catalog catalog;
  private final Upkeep upkeep;
  private final Clock clock;

  DryRuns(Catalog catalog, Upkeep upkeep, Clock clock) {
    this.catalog = catalog;
    this.upkeep = upkeep;
    this.clock = clock;
  }

  /**
   * What merging a table begins with.
   *
   * @param openNow whether the schedule would start it now
   * @param groups files that become one, in order
   * @param after what to ask with for the next page, null on the last one
   */
  record CompactPlan(
      String job,
      boolean dryRun,
      String table,
      String compaction,
      boolean openNow,
      List<Group> groups,
      @Nullable String after) {}

  /**
   * @param reason why they are merged: {@code grows}, {@code fills} or {@code closes}
   */
  record Group(String reason, long rows, long bytes, List<PlannedFile> files) {
    static Group of(FileGroup group) {
      return new Group(
          group.reason().name().toLowerCase(Locale.ROOT),
          group.rowCount(),
          group.sizeBytes(),
          group.files().stream()
              .map(file -> new PlannedFile(file.objectKey(), file.rowCount(), file.sizeBytes()))
              .toList());
    }
  }

  record PlannedFile(String objectKey, long rows, long bytes) {}

  CompactPlan compact(TableId table, int first, int limit) {
    TablePolicy policy = upkeep.policies().effective(table);
    CompactionPlan plan = planner(policy).plan(upkeep.rewrites(), table, first + limit + 1);
    List<FileGroup> page =
        plan.groups()
            .subList(
                Math.min(first, plan.groups().size()),
                Math.min(first + limit, plan.groups().size()));
    return new CompactPlan(
        "compact",
        true,
        policy.name(),
        PolicyAnswer.compaction(policy),
        isOpen(policy),
        page.stream().map(Group::of).toList(),
        plan.groups().size() > first + limit ? Integer.toString(first + limit) : null);
  }

  private static CompactionPlanner planner(TablePolicy policy) {
    return new CompactionPlanner(
        CompactionOptions.DEFAULTS.withTargetFileBytes(policy.targetFileBytes()));
  }

  private boolean isOpen(TablePolicy policy) {
    return policy.compact() && policy.isOpen(clock.instant());
  }

  /** What merging the tenant's tables begins with. */
  record CompactPlans(String job, boolean dryRun, List<DueAnswer> tables, @Nullable String after) {}

  /** A table with files to merge; {@code POST /v1/tables/{table}/compact} lists them. */
  record DueAnswer(
      String table,
      String compaction,
      boolean openNow,
      long groups,
      long files,
      long rows,
      long bytes) {}

  CompactPlans compactAll(TenantId tenant, @Nullable String after, int limit) {
    List<DueAnswer> tables = new ArrayList<>();
    for (DueTable due : upkeep.rewrites().due(tenant)) {
      if (after != null && due.name().compareTo(after) <= 0) {
        continue;
      }
      if (tables.size() == limit) {
        return new CompactPlans("compact", true, tables, tables.getLast().table());
      }
      TablePolicy policy = upkeep.policies().effective(due.table());
      List<FileGroup> groups =
          planner(policy).plan(upkeep.rewrites(), due.table(), Integer.MAX_VALUE).groups();
      if (!groups.isEmpty()) {
        tables.add(
            new DueAnswer(
                due.name(),
                PolicyAnswer.compaction(policy),
                isOpen(policy),
                groups.size(),
                groups.stream().mapToLong(group -> group.files().size()).sum(),
                groups.stream().mapToLong(FileGroup::rowCount).sum(),
                groups.stream().mapToLong(FileGroup::sizeBytes).sum()));
      }
    }
    return new CompactPlans("compact", true, tables, null);
  }

  /**
   * What expiring does to snapshots.
   *
   * @param historyFrom the first snapshot that can be read afterwards, beside pinned ones
   * @param snapshotCount how many can not be read any more
   * @param snapshots these, the newest first
   * @param tables whose first readable snapshot changes
   * @param pins that have lapsed and are removed
   */
  record ExpirePlan(
      String job,
      boolean dryRun,
      long historyFrom,
      long snapshotCount,
      List<ExpiringSnapshot> snapshots,
      @Nullable String after,
      List<ExpiringTable> tables,
      List<String> pins) {}

  record ExpiringSnapshot(long snapshotId, Instant committedAt, String operation) {}

  record ExpiringTable(String table, long before, long historyFrom) {}

  ExpirePlan expire(TenantId tenant, @Nullable SnapshotId after, int limit) {
    ExpiryPlan plan = upkeep.retention().plan(tenant);
    Set<String> lapsed = new HashSet<>();
    plan.lapsed().forEach(pin -> lapsed.add(pin.name()));
    Set<SnapshotId> pinned = new HashSet<>();
    for (Pin pin : upkeep.retention().pins(tenant)) {
      if (!lapsed.contains(pin.name())) {
        pinned.add(pin.snapshot());
      }
    }
    List<ExpiringSnapshot> snapshots = new ArrayList<>();
    SnapshotId before = after == null ? plan.historyFrom() : after;
    List<Snapshot> page = catalog.snapshots().list(tenant, before, limit);
    for (Snapshot snapshot : page) {
      if (!pinned.contains(snapshot.id())) {
        snapshots.add(
            new ExpiringSnapshot(
                snapshot.id().value(), snapshot.committedAt(), snapshot.operation()));
      }
    }
    return new ExpirePlan(
        "expire",
        true,
        plan.historyFrom().value(),
        plan.snapshots(),
        snapshots,
        page.size() < limit ? null : page.getLast().id().toString(),
        plan.tables().stream()
            .map(
                table ->
                    new ExpiringTable(
                        table.name(), table.before().value(), table.historyFrom().value()))
            .toList(),
        plan.lapsed().stream().map(Pin::name).toList());
  }

  /**
   * What collecting does to the tenant's objects: those that it would mark, to be deleted after the
   * grace time, and those whose time has come.
   */
  record CollectPlan(
      String job,
      boolean dryRun,
      List<PlannedObject> marked,
      List<PlannedObject> deleted,
      @Nullable String after) {}

  record PlannedObject(String objectKey, String tableId, long bytes) {
    static PlannedObject of(GarbageObject object) {
      return new PlannedObject(object.objectKey(), object.table().toString(), object.sizeBytes());
    }
  }

  /** Both lists are by key, and a page has the same keys of both. */
  CollectPlan collect(TenantId tenant, @Nullable String after, int limit) {
    List<GarbageObject> marked = upkeep.garbage().unmarked(tenant, after, limit);
    List<GarbageObject> deleted = upkeep.garbage().due(tenant, after, limit);
    String end = null;
    if (marked.size() == limit) {
      end = marked.getLast().objectKey();
    }
    if (deleted.size() == limit
        && (end == null || deleted.getLast().objectKey().compareTo(end) < 0)) {
      end = deleted.getLast().objectKey();
    }
    return new CollectPlan("collect", true, upTo(marked, end), upTo(deleted, end), end);
  }

  private static List<PlannedObject> upTo(List<GarbageObject> objects, @Nullable String end) {
    return objects.stream()
        .filter(object -> end == null || object.objectKey().compareTo(end) <= 0)
        .map(PlannedObject::of)
        .toList();
  }

  /** What verifying looks at. */
  record VerifyPlan(
      String job,
      boolean dryRun,
      long snapshotId,
      List<String> shards,
      List<StoredObject> files,
      @Nullable String after) {}

  record StoredObject(String objectKey, long bytes) {}

  VerifyPlan verify(TenantId tenant, @Nullable String after, int limit) {
    SnapshotId snapshot = catalog.snapshots().newest(tenant).id();
    List<StoredFile> files = catalog.verifications().files(tenant, snapshot, after, limit);
    return new VerifyPlan(
        "verify",
        true,
        snapshot.value(),
        catalog.tenants().shards(tenant).stream().map(shard -> shard.value()).toList(),
        files.stream().map(file -> new StoredObject(file.objectKey(), file.sizeBytes())).toList(),
        files.size() < limit ? null : files.getLast().objectKey());
  }
}
