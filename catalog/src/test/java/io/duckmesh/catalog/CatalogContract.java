package io.duckmesh.catalog;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What every part of the contract starts from: a store, a clock, a tenant with three shards. */
abstract class CatalogContract {
  static final TenantId TENANT = new TenantId("default");
  static final ShardId SHARD = new ShardId("default-0");
  static final Duration LONG = Duration.ofSeconds(20);

  final SettableClock clock = new SettableClock(Instant.parse("2026-03-04T22:30:00Z"));
  private final List<Catalog> opened = new ArrayList<>();
  private final AtomicInteger objects = new AtomicInteger();
  CatalogStore store;
  Catalog catalog;

  abstract CatalogStore newStore();

  @BeforeEach
  void openCatalog() {
    store = newStore();
    catalog = open();
    catalog.tenants().ensure(TENANT, 3);
  }

  @AfterEach
  void closeCatalogs() {
    opened.forEach(Catalog::close);
    store.close();
  }

  /** Opens one more catalog on the same store. */
  Catalog open() {
    Catalog another = store.open(clock);
    opened.add(another);
    return another;
  }

  static TableDraft draft(String name) {
    return new TableDraft(
        name,
        List.of(
            new ColumnDefinition(1, "id", "VARCHAR", true, null),
            new ColumnDefinition(1, "amount", "DECIMAL(18,2)", false, "0.00")),
        List.of(),
        List.of("id"),
        TableSettings.DEFAULTS);
  }

  static TableDraft draft(String name, TableSettings settings) {
    TableDraft draft = draft(name);
    return new TableDraft(name, draft.columns(), draft.eventKey(), draft.sortBy(), settings);
  }

  TableInfo table(String name) {
    return catalog.tables().create(TENANT, draft(name));
  }

  /** A finished file with a key of its own. */
  DataFile file(TableInfo table, long rowCount) {
    int number = objects.incrementAndGet();
    return new DataFile(
        table.id(),
        "data/%s/%06d.parquet".formatted(table.name(), number),
        1,
        rowCount,
        rowCount * 20,
        HexFormat.of().toHexDigits(number).repeat(8),
        List.of(
            new ColumnStatistics(1, 0, "a", "z'\"\\,{}é"),
            new ColumnStatistics(2, rowCount, null, null)));
  }

  /** Begins a write of the table's first shard and prepares it with one file of {@code rows}. */
  WriteId prepared(Catalog catalog, TableInfo table, long after, long upTo, long rows) {
    WriteId write = catalog.writes().begin(table.shards().getFirst(), after, upTo, "test");
    return prepare(catalog, write, List.of(file(table, rows)), List.of());
  }

  /** Registers and prepares files, counting their rows as visible. */
  static WriteId prepare(
      Catalog catalog, WriteId write, List<DataFile> files, List<SegmentOutcome> outcomes) {
    for (DataFile file : files) {
      catalog.writes().registerPending(write, file.table(), List.of(file.objectKey()));
    }
    catalog.writes().prepare(write, new PreparedWrite(files, counts(files, outcomes), outcomes));
    return write;
  }

  /** The counts of a batch with these files and outcomes. */
  static List<TableCounts> counts(List<DataFile> files, List<SegmentOutcome> outcomes) {
    return Stream.concat(
            files.stream().map(DataFile::table),
            outcomes.stream().map(SegmentOutcome::table).filter(table -> table != null))
        .distinct()
        .map(
            table ->
                new TableCounts(
                    table,
                    files.stream()
                        .filter(file -> file.table().equals(table))
                        .mapToLong(DataFile::rowCount)
                        .sum(),
                    outcomes.stream()
                        .filter(outcome -> table.equals(outcome.table()))
                        .mapToLong(SegmentOutcome::duplicates)
                        .sum(),
                    outcomes.stream()
                        .filter(outcome -> table.equals(outcome.table()))
                        .mapToLong(SegmentOutcome::quarantined)
                        .sum()))
        .toList();
  }

  /** Lands a batch of one file. */
  Commit land(TableInfo table, long after, long upTo, long rows) {
    return catalog.writes().commit(prepared(catalog, table, after, upTo, rows));
  }

  /** Lands a batch that records keys. */
  Commit landKeys(TableInfo table, long after, long upTo, Collection<KeyHash> keys) {
    WriteId write = catalog.writes().begin(table.shards().getFirst(), after, upTo, "test");
    catalog.writes().recordKeys(write, table.id(), keys);
    return catalog
        .writes()
        .commit(prepare(catalog, write, List.of(file(table, keys.size())), List.of()));
  }

  /** Different keys for different seeds. */
  static List<KeyHash> keys(int seed, int count) {
    Random random = new Random(seed);
    return Stream.generate(() -> new KeyHash(random.nextLong(), random.nextLong()))
        .limit(count)
        .toList();
  }

  SnapshotId newest() {
    return catalog.snapshots().newest(TENANT).id();
  }

  static Map<ShardId, Long> at(ShardId shard, long position) {
    return Map.of(shard, position);
  }
}
