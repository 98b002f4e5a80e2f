package io.duckmesh.catalog.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.compaction.FileGroup.Reason;
import io.duckmesh.catalog.upkeep.LiveFile;
import io.duckmesh.catalog.upkeep.Place;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompactionPlannerTest {
  /** Files of 100 bytes a row, full at 5,000 rows. */
  private static final CompactionOptions OPTIONS =
      new CompactionOptions(1_000_000, 1_000_000, 4, 1_000);

  private final CompactionPlanner planner = new CompactionPlanner(OPTIONS);
  private long places;

  private LiveFile file(long rows) {
    return file(rows, false, 0);
  }

  private LiveFile file(long rows, boolean sealed, int rewrites) {
    long place = ++places;
    return new LiveFile("f" + place, new Place(place, "f"), rows, rows * 100, rewrites, sealed);
  }

  private List<LiveFile> files(long... rows) {
    return LongStream.of(rows).mapToObj(this::file).toList();
  }

  private List<List<Long>> rowsOf(List<FileGroup> groups) {
    return groups.stream()
        .map(group -> group.files().stream().map(LiveFile::rowCount).toList())
        .toList();
  }

  @Test
  void groupGrowsIfItHasFourTimesTheRowsOfItsLargestFile() {
    List<FileGroup> groups = planner.plan(files(40, 10, 10, 10, 10));

    assertThat(rowsOf(groups)).containsExactly(List.of(10L, 10L, 10L, 10L));
    assertThat(groups.getFirst().reason()).isEqualTo(Reason.GROWS);
    assertThat(groups.getFirst().draft().seals()).isFalse();
  }

  @Test
  void fewerFilesThanThatWait() {
    assertThat(planner.plan(files(40, 10, 10, 10))).isEmpty();
  }

  @Test
  void longestGroupIsTakenSoThatRowsAreRewrittenOnce() {
    List<FileGroup> groups = planner.plan(files(16, 16, 16, 4, 4, 4, 1, 1, 1, 1));

    assertThat(rowsOf(groups)).containsExactly(List.of(16L, 16L, 16L, 4L, 4L, 4L, 1L, 1L, 1L, 1L));
  }

  @Test
  void groupThatFillsAFileIsSealed() {
    List<FileGroup> groups = planner.plan(files(4_000, 1_500, 10));

    assertThat(rowsOf(groups)).containsExactly(List.of(4_000L, 1_500L, 10L));
    assertThat(groups.getFirst().reason()).isEqualTo(Reason.FILLS);
    assertThat(groups.getFirst().draft().seals()).isTrue();
  }

  @Test
  void filesBetweenFullOnesAreMergedOnceAndSealed() {
    List<FileGroup> groups = planner.plan(files(5_000, 40, 10, 10, 5_000, 7, 5_000, 3, 2));

    assertThat(rowsOf(groups)).containsExactly(List.of(40L, 10L, 10L));
    assertThat(groups.getFirst().reason()).isEqualTo(Reason.CLOSES);
  }

  @Test
  void sealedFileIsLeftAloneAndPartsItsNeighbours() {
    List<LiveFile> files = new ArrayList<>(files(1, 1));
    files.add(file(1, true, 3));
    files.addAll(files(1, 1));

    assertThat(rowsOf(planner.plan(files))).containsExactly(List.of(1L, 1L));
  }

  @Test
  void groupTakesNoMoreThanFitsIntoAFile() {
    List<LiveFile> files = LongStream.range(0, 2_500).mapToObj(i -> file(10)).toList();

    List<FileGroup> groups = planner.plan(files);

    assertThat(groups).extracting(group -> group.files().size()).containsExactly(1_000, 1_000, 500);
    assertThat(groups).allMatch(group -> group.sizeBytes() <= OPTIONS.targetFileBytes());
  }

  @Test
  void boundIsTheLogarithmOfTheGrowth() {
    assertThat(CompactionOptions.DEFAULTS.mostRewrites(1)).isEqualTo(12);
    assertThat(CompactionOptions.DEFAULTS.mostRewrites(5_000)).isEqualTo(5);
    assertThat(CompactionOptions.DEFAULTS.mostRewrites(5_000_000)).isZero();
  }

  /**
   * Files land one by one or in heaps, of even or of any sizes, and shrink when they are merged.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void rowsAreRewrittenNoMoreThanTheBoundSaysAndFilesStayFew(long seed) {
    Random random = new Random(seed);
    boolean even = seed % 2 == 0;
    int heap = seed % 4 < 2 ? 1 : 50;
    List<LiveFile> files = new ArrayList<>();
    Map<String, Integer> most = new HashMap<>();
    long landed = 0;
    int mostFiles = 0;
    long full = 0;
    for (int step = 0; step < 4_000; step++) {
      for (int i = 0; i < heap; i++) {
        long rows = even ? 1 : 1 + random.nextInt(random.nextInt(20) == 0 ? 3_000 : 20);
        LiveFile file = file(rows);
        files.add(file);
        most.put(file.objectKey(), OPTIONS.mostRewrites(rows));
        landed += rows;
      }
      List<FileGroup> groups = planner.plan(files);
      while (!groups.isEmpty()) {
        for (FileGroup group : groups) {
          merge(files, group, most, random);
        }
        groups = planner.plan(files);
      }
      full = files.stream().filter(planner::isFull).count();
      mostFiles = Math.max(mostFiles, (int) (files.size() - full));
    }

    assertThat(files.stream().mapToLong(LiveFile::rowCount).sum()).isEqualTo(landed);
    assertThat(most.values()).allMatch(left -> left >= 0);
    if (even) {
      assertThat(mostFiles).isLessThan(3 * 7 + 3);
    }
    assertThat(files).hasSizeLessThan((int) (60 + 4 * full));
  }

  /** What a row may still be rewritten is the least of the files that it came in. */
  private static void merge(
      List<LiveFile> files, FileGroup group, Map<String, Integer> most, Random random) {
    int first = files.indexOf(group.files().getFirst());
    assertThat(files.subList(first, first + group.files().size())).isEqualTo(group.files());
    int left =
        group.files().stream().mapToInt(file -> most.remove(file.objectKey())).min().orElseThrow()
            - 1;
    LiveFile merged =
        new LiveFile(
            group.files().getFirst().objectKey() + "'",
            group.files().getFirst().place(),
            group.rowCount(),
            Math.max(1, group.sizeBytes() * (60 + random.nextInt(41)) / 100),
            group.files().stream().mapToInt(LiveFile::rewrites).max().orElseThrow() + 1,
            group.draft().seals());
    files.subList(first, first + group.files().size()).clear();
    files.add(first, merged);
    most.put(merged.objectKey(), left);
  }
}
