package io.duckmesh.catalog.compaction;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.compaction.FileGroup.Reason;
import io.duckmesh.catalog.upkeep.LiveFile;
import io.duckmesh.catalog.upkeep.Place;
import io.duckmesh.catalog.upkeep.Rewrites;
import java.util.ArrayList;
import java.util.List;

/**
 * Says which neighbours are merged. Full files are left alone, and part their neighbours. What it
 * says depends on nothing but its arguments.
 */
public final class CompactionPlanner {
  private static final int PAGE_FILES = 10_000;

  private final CompactionOptions options;

  public CompactionPlanner(CompactionOptions options) {
    this.options = requireNonNull(options, "options is null");
  }

  /** Whether the file is never rewritten. */
  public boolean isFull(LiveFile file) {
    return file.sealed()
        || file.sizeBytes() >= options.fullBytes()
        || file.rowCount() >= options.fullRows();
  }

  /**
   * Plans a table, so many groups at most. Reads its files in pages, and no more of them than it
   * needs.
   */
  public CompactionPlan plan(Rewrites rewrites, TableId table, int mostGroups) {
    List<FileGroup> groups = new ArrayList<>();
    Place after = null;
    long files = 0;
    while (true) {
      List<LiveFile> page = rewrites.liveFiles(table, after, PAGE_FILES);
      groups.addAll(plan(page));
      if (groups.size() > mostGroups) {
        return new CompactionPlan(groups.subList(0, mostGroups), files + page.size(), false);
      }
      if (page.size() < PAGE_FILES) {
        return new CompactionPlan(groups, files + page.size(), true);
      }
      // A page begins behind a full file, so that neighbours are seen together. So many neighbours
      // that none is full have groups among them.
      int end = page.size();
      while (end > 0 && !isFull(page.get(end - 1))) {
        end--;
      }
      end = end == 0 ? page.size() : end;
      after = page.get(end - 1).place();
      files += end;
    }
  }

  /**
   * The groups that may be merged at once, in order of place, no file in two of them. Merging them
   * may make others possible.
   *
   * @param files files of one table in order of place, without gaps, from the first one or from
   *     behind a full one
   */
  public List<FileGroup> plan(List<LiveFile> files) {
    List<FileGroup> groups = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i <= files.size(); i++) {
      if (i == files.size() || isFull(files.get(i))) {
        planRun(files.subList(begin, i), i < files.size(), groups);
        begin = i + 1;
      }
    }
    return groups;
  }

  /**
   * Plans neighbours of which none is full.
   *
   * @param closed whether a full file comes after them
   */
  private void planRun(List<LiveFile> run, boolean closed, List<FileGroup> groups) {
    int begin = 0;
    while (begin < run.size() - 1) {
      Reach reach = reach(run, begin);
      if (closed && begin == 0 && reach.fitting() == run.size()) {
        groups.add(new FileGroup(Reason.CLOSES, run));
        return;
      }
      if (reach.fills()) {
        groups.add(new FileGroup(Reason.FILLS, run.subList(begin, reach.fitting())));
        begin = reach.fitting();
      } else if (reach.growing() > begin) {
        groups.add(new FileGroup(Reason.GROWS, run.subList(begin, reach.growing())));
        begin = reach.growing();
      } else {
        begin++;
      }
    }
  }

  /**
   * How far a group may reach from a file on.
   *
   * @param fitting the end of what fits into one file
   * @param fills whether that fills it
   * @param growing the end of the longest group that grows, 0 if there is none
   */
  private record Reach(int fitting, boolean fills, int growing) {}

  private Reach reach(List<LiveFile> run, int begin) {
    long rows = 0;
    long bytes = 0;
    long largest = 0;
    int growing = 0;
    int end = begin;
    while (end < run.size() && end - begin < options.maxGroupFiles()) {
      LiveFile file = run.get(end);
      if (rows + file.rowCount() > options.maxFileRows()
          || bytes + file.sizeBytes() > options.targetFileBytes()) {
        break;
      }
      rows += file.rowCount();
      bytes += file.sizeBytes();
      largest = Math.max(largest, file.rowCount());
      end++;
      if (end - begin >= 2 && rows >= options.growth() * largest) {
        growing = end;
      }
    }
    boolean fills =
        end - begin >= 2 && (bytes >= options.fullBytes() || rows >= options.fullRows());
    return new Reach(end, fills, growing);
  }
}
