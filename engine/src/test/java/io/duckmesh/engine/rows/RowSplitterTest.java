package io.duckmesh.engine.rows;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.schema.RowSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RowSplitterTest {
  private static final RowSchema SCHEMA =
      Rows.schema("k VARCHAR", "n INTEGER", "tags VARCHAR[]", "s STRUCT(a DOUBLE, b JSON)");
  private static final RowOptions KEYED = RowOptions.DEFAULTS.withEventKeyColumns(List.of("k"));

  private final BufferAllocator allocator = new RootAllocator();

  @AfterEach
  void nothingLeaks() {
    allocator.close();
  }

  @Test
  void rowsOfOneKeyComeToOnePartInTheirOrder() {
    RowBatch rows = read(300, KEYED);
    List<List<String>> before = Rows.values(rows);

    List<RowBatch> parts = RowSplitter.split(rows, 4);

    List<List<String>> after = new ArrayList<>();
    for (RowBatch part : parts) {
      List<List<String>> values = Rows.values(part);
      after.addAll(values);
      assertThat(part.eventKeys()).hasSize(part.rowCount());
      for (RowBatch other : parts) {
        assertThat(
                other == part || part.eventKeys().stream().noneMatch(other.eventKeys()::contains))
            .isTrue();
      }
      assertThat(values).isSortedAccordingTo((a, b) -> before.indexOf(a) - before.indexOf(b));
      part.close();
    }
    assertThat(after).containsExactlyInAnyOrderElementsOf(before);
  }

  @Test
  void sameRowsAreSplitInTheSameWay() {
    List<Integer> first = counts(RowSplitter.split(read(50, KEYED), 3));
    List<Integer> second = counts(RowSplitter.split(read(50, KEYED), 3));

    assertThat(first).isEqualTo(second).doesNotContain(0);
  }

  @Test
  void partsWithoutRowsAreNull() {
    List<RowBatch> parts = RowSplitter.split(read(1, KEYED), 5);

    assertThat(parts).hasSize(5).filteredOn(Objects::nonNull).hasSize(1);
    counts(parts);
  }

  @Test
  void rowsWithoutKeysStayTogetherWhereTheFirstRowSays() {
    List<Integer> used = new ArrayList<>();
    for (int n = 0; n < 64; n++) {
      RowBatch rows =
          Rows.read(
              "{\"n\":" + n + "}\n{\"n\":1}",
              RowFormat.NDJSON,
              SCHEMA,
              RowOptions.DEFAULTS,
              allocator);

      List<Integer> counts = counts(RowSplitter.split(rows, 4));

      assertThat(counts).containsExactlyInAnyOrder(0, 0, 0, 2);
      used.add(counts.indexOf(2));
    }
    assertThat(used).contains(0, 1, 2, 3);
  }

  private RowBatch read(int count, RowOptions options) {
    String body =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    "{\"k\":\"k%d\",\"n\":%d,\"tags\":[\"t%d\",null],\"s\":{\"a\":%d,\"b\":[%d]}}"
                        .formatted(i % 40, i, i, i, i))
            .collect(Collectors.joining("\n"));
    return Rows.read(body, RowFormat.NDJSON, SCHEMA, options, allocator);
  }

  private static List<Integer> counts(List<RowBatch> parts) {
    List<Integer> counts = new ArrayList<>();
    for (RowBatch part : parts) {
      counts.add(part == null ? 0 : part.rowCount());
      if (part != null) {
        part.close();
      }
    }
    return counts;
  }
}
