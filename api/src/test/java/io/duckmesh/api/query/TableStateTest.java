package io.duckmesh.api.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.ColumnStatistics;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.ManifestChange;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableManifest;
import io.duckmesh.catalog.TableSchema;
import io.duckmesh.catalog.TableSettings;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.query.pruning.Condition;
import io.duckmesh.engine.query.pruning.Constant;
import io.duckmesh.engine.query.pruning.Operand;
import io.duckmesh.engine.query.pruning.Operator;
import io.duckmesh.engine.query.pruning.Scan;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TableStateTest {
  private static final TableId ID = new TableId(UUID.randomUUID());

  /** Version 2 renames a column, makes another wider and has one more. */
  private static final Map<Integer, TableSchema> SCHEMAS =
      Map.of(
          1,
          new TableSchema(
              1,
              List.of(
                  new ColumnDefinition(1, "number", "INTEGER", false, null),
                  new ColumnDefinition(2, "ratio", "REAL", false, null))),
          2,
          new TableSchema(
              2,
              List.of(
                  new ColumnDefinition(1, "n", "BIGINT", false, null),
                  new ColumnDefinition(2, "ratio", "DOUBLE", false, null),
                  new ColumnDefinition(3, "kind", "VARCHAR", false, "\"x\""))));

  private static TableInfo table(int version) {
    return new TableInfo(
        ID,
        new TenantId("acme"),
        "t",
        Optional.ofNullable(SCHEMAS.get(version)).orElseThrow(),
        List.of(),
        List.of(),
        TableSettings.DEFAULTS,
        List.of(new ShardId("acme/0")),
        new SnapshotId(1),
        null,
        Instant.EPOCH);
  }

  private static DataFile file(int version, int number) {
    List<ColumnStatistics> statistics = new ArrayList<>();
    statistics.add(new ColumnStatistics(1, 0, "" + number, "" + number));
    statistics.add(new ColumnStatistics(2, 0, "0.1", "0.1"));
    if (version > 1) {
      statistics.add(new ColumnStatistics(3, 0, "a", "b"));
    }
    return new DataFile(
        ID, "acme/t/" + number, version, 1, 10, "%064x".formatted(number), statistics);
  }

  private static Optional<TableSchema> schema(int version) {
    return Optional.ofNullable(SCHEMAS.get(version));
  }

  private static List<String> filesThatMayHold(TableState state, String column, Constant value) {
    BoundTable bound = state.bind(new TableReference("t", null, null));
    Scan scan =
        new Scan(
            List.of(
                new Scan.Filter(
                    new Condition.Compared(column, Operator.EQUAL, new Operand.Literal(value)),
                    false)));
    return bound
        .statistics()
        .needed(bound.files().size(), bound.schema(), List.of(scan), name -> null)
        .stream()
        .mapToObj(file -> bound.files().get(file).key().value())
        .toList();
  }

  private static Constant number(String text) {
    return new Constant(Constant.Kind.NUMBER, text);
  }

  @Test
  void statisticsAreReadByTheSchemaThatTheFileWasWrittenWith() {
    TableState state =
        TableState.of(
            new TableManifest(
                table(2), new SnapshotId(5), List.of(file(1, 1), file(2, 2), file(1, 3))),
            TableStateTest::schema);

    assertThat(filesThatMayHold(state, "n", number("3"))).containsExactly("acme/t/3");
    // The REAL 0.1 is not the DOUBLE 0.1.
    assertThat(filesThatMayHold(state, "ratio", number("0.1"))).containsExactly("acme/t/2");
    assertThat(
            filesThatMayHold(state, "ratio", new Constant(Constant.Kind.FLOATING, "" + 0.1f * 1.0)))
        .containsExactly("acme/t/1", "acme/t/3");
    // A file without the column has its default.
    assertThat(filesThatMayHold(state, "kind", new Constant(Constant.Kind.UNTYPED, "x")))
        .containsExactly("acme/t/1", "acme/t/3");
  }

  @Test
  void filesOfAnUnknownSchemaAreKept() {
    TableState state =
        TableState.of(
            new TableManifest(table(2), new SnapshotId(5), List.of(file(1, 1), file(2, 2))),
            version -> Optional.empty());

    assertThat(filesThatMayHold(state, "n", number("9"))).containsExactly("acme/t/1");
  }

  @Test
  void changedStateEqualsTheOneOfTheWholeManifest() {
    List<DataFile> before = IntStream.range(0, 40).mapToObj(number -> file(1, number)).toList();
    List<DataFile> added = List.of(file(1, 100), file(2, 101));
    List<DataFile> after = new ArrayList<>(before);
    after.remove(7);
    after.addAll(added);
    TableState base =
        TableState.of(
            new TableManifest(table(1), new SnapshotId(5), before), TableStateTest::schema);

    TableState changed =
        base.changed(
            new ManifestChange(table(2), new SnapshotId(8), added, Set.of("acme/t/7")),
            TableStateTest::schema);

    TableState whole =
        TableState.of(
            new TableManifest(table(2), new SnapshotId(8), after), TableStateTest::schema);
    assertThat(changed.files()).isEqualTo(whole.files());
    assertThat(changed.schema()).isEqualTo(whole.schema());
    assertThat(changed.bind(new TableReference("t", null, null)).stateId())
        .isEqualTo(whole.bind(new TableReference("t", null, null)).stateId());
    assertThat(filesThatMayHold(changed, "kind", new Constant(Constant.Kind.UNTYPED, "c")))
        .isEqualTo(filesThatMayHold(whole, "kind", new Constant(Constant.Kind.UNTYPED, "c")));
    // What was read as INTEGER is not known as BIGINT until the manifest is read again.
    assertThat(filesThatMayHold(changed, "n", number("101"))).contains("acme/t/101");
    assertThat(filesThatMayHold(changed, "n", number("7"))).doesNotContain("acme/t/7");
  }

  @Test
  void tenThousandFilesTakeFewBytes() {
    List<DataFile> files = IntStream.range(0, 10_000).mapToObj(number -> file(2, number)).toList();

    TableState state =
        TableState.of(
            new TableManifest(table(2), new SnapshotId(5), files), TableStateTest::schema);

    assertThat(state.weight()).isBetween(1_000_000, 8_000_000);
  }
}
