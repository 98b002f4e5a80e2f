package io.duckmesh.api.upkeep;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.tables.PolicyAnswer;
import io.duckmesh.api.tables.Schemas;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.ColumnStatistics;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.StoredFile;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.compaction.CompactionOptions;
import io.duckmesh.catalog.compaction.CompactionPlan;
import io.duckmesh.catalog.compaction.CompactionPlanner;
import io.duckmesh.catalog.compaction.FileGroup;
import io.duckmesh.catalog.upkeep.AgedFile;
import io.duckmesh.catalog.upkeep.DueTable;
import io.duckmesh.catalog.upkeep.ExpiryPlan;
import io.duckmesh.catalog.upkeep.GarbageObject;
import io.duckmesh.catalog.upkeep.Pin;
import io.duckmesh.catalog.upkeep.Place;
import io.duckmesh.catalog.upkeep.RowRetention;
import io.duckmesh.catalog.upkeep.TablePolicy;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.engine.merge.RowAge;
import io.duckmesh.engine.merge.RowCutoff;
import io.duckmesh.engine.schema.RowSchema;
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
  private static final int AGED_FILES = 1_000;

  /** Pages of files come after those of snapshots. */
  private static final String FILES = "files/";

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
   * What expiring does to snapshots and rows.
   *
   * @param historyFrom the first snapshot that can be read afterwards, beside pinned ones
   * @param snapshotCount how many can not be read any more
   * @param snapshots these, the newest first
   * @param tables whose first readable snapshot changes
   * @param pins that have lapsed and are removed
   * @param files with rows that are older than their tables keep; listed after the snapshots
   */
  record ExpirePlan(
      String job,
      boolean dryRun,
      long historyFrom,
      long snapshotCount,
      List<ExpiringSnapshot> snapshots,
      @Nullable String after,
      List<ExpiringTable> tables,
      List<String> pins,
      List<AgedAnswer> files) {}

  /**
   * @param rowsLeft whether some of its rows stay, so that it is rewritten
   */
  record AgedAnswer(String table, String objectKey, long rows, long bytes, boolean rowsLeft) {}

  record ExpiringSnapshot(long snapshotId, Instant committedAt, String operation) {}

  record ExpiringTable(String table, long before, long historyFrom) {}

  /**
   * @param after a snapshot, or how many files were listed before
   */
  ExpirePlan expire(TenantId tenant, @Nullable String after, int limit) {
    ExpiryPlan plan = upkeep.retention().plan(tenant);
    if (after != null && after.startsWith(FILES)) {
      long first = number(after.substring(FILES.length()));
      List<AgedAnswer> files = aged(tenant, first, limit + 1);
      boolean more = files.size() > limit;
      return expirePlan(
          plan,
          List.of(),
          files.subList(0, Math.min(limit, files.size())),
          more ? FILES + (first + limit) : null);
    }
    Set<String> lapsed = new HashSet<>();
    plan.lapsed().forEach(pin -> lapsed.add(pin.name()));
    Set<SnapshotId> pinned = new HashSet<>();
    for (Pin pin : upkeep.retention().pins(tenant)) {
      if (!lapsed.contains(pin.name())) {
        pinned.add(pin.snapshot());
      }
    }
    List<ExpiringSnapshot> snapshots = new ArrayList<>();
    SnapshotId before = after == null ? plan.historyFrom() : new SnapshotId(number(after));
    List<Snapshot> page = catalog.snapshots().list(tenant, before, limit);
    for (Snapshot snapshot : page) {
      if (!pinned.contains(snapshot.id())) {
        snapshots.add(
            new ExpiringSnapshot(
                snapshot.id().value(), snapshot.committedAt(), snapshot.operation()));
      }
    }
    boolean more = page.size() == limit;
    boolean rows = !more && !aged(tenant, 0, 1).isEmpty();
    return expirePlan(
        plan,
        snapshots,
        List.of(),
        more ? page.getLast().id().toString() : rows ? FILES + "0" : null);
  }

  private static ExpirePlan expirePlan(
      ExpiryPlan plan,
      List<ExpiringSnapshot> snapshots,
      List<AgedAnswer> files,
      @Nullable String after) {
    return new ExpirePlan(
        "expire",
        true,
        plan.historyFrom().value(),
        plan.snapshots(),
        snapshots,
        after,
        plan.tables().stream()
            .map(
                table ->
                    new ExpiringTable(
                        table.name(), table.before().value(), table.historyFrom().value()))
            .toList(),
        plan.lapsed().stream().map(Pin::name).toList(),
        files);
  }

  static long number(String after) {
    try {
      long number = Long.parseLong(after);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // What is said of negative numbers fits here, too.
    }
    throw new ProblemException(
        ApiError.INVALID_REQUEST, "after is what the page before has said, not " + after);
  }

  /** Files with rows that are too old, by table and place, without so many first ones. */
  private List<AgedAnswer> aged(TenantId tenant, long skip, int most) {
    List<AgedAnswer> found = new ArrayList<>();
    long seen = 0;
    for (TablePolicy policy : upkeep.policies().list(tenant)) {
      RowRetention retention = policy.rows();
      RowSchema schema =
          catalog
              .tables()
              .find(policy.table())
              .map(table -> Schemas.toRowSchema(table.schema()))
              .orElse(null);
      if (retention == null || schema == null) {
        continue;
      }
      RowCutoff cutoff =
          new RowCutoff(retention.fieldId(), clock.instant().minus(retention.keep()));
      Place after = null;
      List<AgedFile> page;
      do {
        page = upkeep.rewrites().agedFiles(policy.table(), retention.fieldId(), after, AGED_FILES);
        for (AgedFile file : page) {
          RowAge age = age(cutoff, schema, file);
          if (age != RowAge.NONE_DROPPED && ++seen > skip) {
            found.add(
                new AgedAnswer(
                    policy.name(),
                    file.file().objectKey(),
                    file.file().rowCount(),
                    file.file().sizeBytes(),
                    age == RowAge.SOME_DROPPED));
            if (found.size() == most) {
              return found;
            }
          }
          after = file.file().place();
        }
      } while (page.size() == AGED_FILES);
    }
    return found;
  }

  private static RowAge age(RowCutoff cutoff, RowSchema schema, AgedFile file) {
    ColumnStatistics statistics = file.statistics();
    return RowAge.of(
        cutoff,
        schema,
        file.file().rowCount(),
        statistics == null ? null : Schemas.toColumnStats(statistics));
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
