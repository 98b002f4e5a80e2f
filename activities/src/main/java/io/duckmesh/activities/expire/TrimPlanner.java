package io.duckmesh.activities.expire;

import io.duckmesh.activities.Progress;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.TableSchemas;
import io.duckmesh.activities.WrittenFiles;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.ColumnStatistics;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.AgedFile;
import io.duckmesh.catalog.upkeep.LiveFile;
import io.duckmesh.catalog.upkeep.Place;
import io.duckmesh.catalog.upkeep.RewriteDraft;
import io.duckmesh.catalog.upkeep.RewriteId;
import io.duckmesh.catalog.upkeep.RewriteKind;
import io.duckmesh.catalog.upkeep.Rewrites;
import io.duckmesh.catalog.upkeep.RowRetention;
import io.duckmesh.catalog.upkeep.TablePolicy;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import io.duckmesh.engine.merge.RowAge;
import io.duckmesh.engine.merge.RowCutoff;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.workflows.compact.CompactPlan;
import io.duckmesh.workflows.compact.PlannedGroup;
import io.duckmesh.workflows.expire.ExpireRun;
import io.duckmesh.workflows.expire.TrimPlan;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says which files have rows that are older than their table keeps. Files of which no row is left
 * end together; one that has both is rewritten alone, and unless somebody asks, only when its
 * oldest row is older by a tenth, a day at most: else it would be rewritten by every run while its
 * rows grow old one by one.
 */
public final class TrimPlanner {
  private static final int PAGE = 1_000;
  private static final int SLACK_PARTS = 10;
  private static final Duration MOST_SLACK = Duration.ofDays(1);

  private final Catalog catalog;
  private final Upkeep upkeep;
  private final TableSchemas schemas;
  private final Clock clock;

  public TrimPlanner(Catalog catalog, Upkeep upkeep, Clock clock) {
    this.catalog = catalog;
    this.upkeep = upkeep;
    this.schemas = new TableSchemas(catalog);
    this.clock = clock;
  }

  /** Plans, and begins the rewrites unless it is a dry run. */
  TrimPlan plan(ExpireRun run, Progress progress, StopSignal stop) {
    int most = run.dryRun() ? CompactPlan.MOST_SHOWN : CompactPlan.MOST_GROUPS;
    Instant now = clock.instant();
    // Rows become too old all the time: a run is done with those that were when it began.
    Instant begun = upkeep.runs().find(run.runId()).map(UpkeepRun::startedAt).orElse(now);
    List<PlannedGroup> groups = new ArrayList<>();
    boolean closed = false;
    for (TablePolicy policy : upkeep.policies().list(new TenantId(run.tenant()))) {
      RowRetention retention = policy.rows();
      if (retention == null) {
        continue;
      }
      if (!run.byHand() && !policy.isOpen(now)) {
        closed = true;
        continue;
      }
      progress.words("looking for old rows of table %s", policy.name());
      Optional<RowSchema> schema = schema(policy.table());
      if (schema.isEmpty()) {
        continue;
      }
      List<Group> found =
          find(policy, retention, schema.get(), run, begun, most - groups.size(), stop);
      boolean more = found.size() > most - groups.size();
      List<Group> taken = more ? found.subList(0, most - groups.size()) : found;
      groups.addAll(begin(run, policy.table(), taken));
      if (more) {
        return new TrimPlan(groups, true, null);
      }
    }
    String nothing =
        closed
            ? "The windows of tables with old rows are closed"
            : "No table has rows that are too old";
    return new TrimPlan(groups, false, groups.isEmpty() ? nothing : null);
  }

  /** One more than the most, if there are more. */
  private List<Group> find(
      TablePolicy policy,
      RowRetention retention,
      RowSchema schema,
      ExpireRun run,
      Instant begun,
      int most,
      StopSignal stop) {
    RowCutoff cutoff = cutoff(retention, begun, Duration.ZERO);
    RowCutoff slack = cutoff(retention, begun, run.byHand() ? Duration.ZERO : slack(retention));
    List<Group> groups = new ArrayList<>();
    List<LiveFile> dropped = new ArrayList<>();
    Place after = null;
    List<AgedFile> page;
    do {
      stop.check();
      page = upkeep.rewrites().agedFiles(policy.table(), retention.fieldId(), after, PAGE);
      for (AgedFile file : page) {
        RowAge age = age(cutoff, schema, file);
        if (age == RowAge.ALL_DROPPED) {
          dropped.add(file.file());
          if (dropped.size() == Rewrites.MOST_INPUTS) {
            groups.add(new Group(List.copyOf(dropped)));
            dropped.clear();
          }
        } else if (age == RowAge.SOME_DROPPED && age(slack, schema, file) != RowAge.NONE_DROPPED) {
          groups.add(new Group(List.of(file.file())));
        }
        if (groups.size() > most) {
          return groups;
        }
        after = file.file().place();
      }
    } while (page.size() == PAGE);
    if (!dropped.isEmpty()) {
      groups.add(new Group(dropped));
    }
    return groups;
  }

  private List<PlannedGroup> begin(ExpireRun run, TableId table, List<Group> groups) {
    if (groups.isEmpty()) {
      return List.of();
    }
    List<RewriteId> ids =
        run.dryRun()
            ? List.of()
            : upkeep
                .rewrites()
                .begin(run.runId(), table, groups.stream().map(Group::draft).toList());
    List<PlannedGroup> planned = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      planned.add(groups.get(i).planned(run.dryRun() ? null : ids.get(i)));
    }
    return planned;
  }

  private Optional<RowSchema> schema(TableId table) {
    return catalog
        .tables()
        .find(table)
        .map(TableInfo::schema)
        .flatMap(schema -> schemas.find(table, schema.version()));
  }

  private static RowCutoff cutoff(RowRetention retention, Instant begun, Duration slack) {
    return new RowCutoff(retention.fieldId(), begun.minus(retention.keep()).minus(slack));
  }

  private static Duration slack(RowRetention retention) {
    Duration part = retention.keep().dividedBy(SLACK_PARTS);
    return part.compareTo(MOST_SLACK) < 0 ? part : MOST_SLACK;
  }

  private static RowAge age(RowCutoff cutoff, RowSchema schema, AgedFile file) {
    ColumnStatistics statistics = file.statistics();
    return RowAge.of(
        cutoff,
        schema,
        file.file().rowCount(),
        statistics == null ? null : WrittenFiles.toEngine(statistics));
  }

  /** Files that are rewritten together, in order of place. */
  private record Group(List<LiveFile> files) {
    RewriteDraft draft() {
      return new RewriteDraft(
          RewriteKind.TRIM,
          files.stream().map(LiveFile::objectKey).toList(),
          files.size() == 1 && files.getFirst().sealed());
    }

    PlannedGroup planned(@Nullable RewriteId id) {
      return new PlannedGroup(
          id == null ? 0 : id.value(),
          files.size(),
          files.stream().mapToLong(LiveFile::rowCount).sum(),
          files.stream().mapToLong(LiveFile::sizeBytes).sum());
    }
  }
}
