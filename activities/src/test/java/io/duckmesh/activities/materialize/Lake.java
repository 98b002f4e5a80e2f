package io.duckmesh.activities.materialize;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.ConsumerId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.Segment;
import io.duckmesh.bus.ShardId;
import io.duckmesh.bus.postgres.PostgresBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableDraft;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableSettings;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.postgres.PostgresCatalog;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.local.LocalObjects;
import io.duckmesh.engine.rows.RejectedRow;
import io.duckmesh.engine.rows.RejectedRows;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.rows.RowError;
import io.duckmesh.engine.schema.ArrowSchemas;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import io.duckmesh.engine.segment.KeyHash;
import io.duckmesh.engine.segment.KeyHashes;
import io.duckmesh.engine.segment.SegmentCodec;
import io.duckmesh.engine.segment.SegmentHeader;
import io.duckmesh.testing.PostgresServer;
import io.duckmesh.workflows.materialize.ClaimedBatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A real log, catalog and object store with one tenant of its own and one shard, and what tests do
 * with them: tables of (id BIGINT, name VARCHAR), events in, rows out.
 */
final class Lake implements AutoCloseable {
  private static final AtomicInteger TENANTS = new AtomicInteger();

  final TenantId tenant = new TenantId("lake" + TENANTS.incrementAndGet());
  final ShardId shard = new ShardId(tenant + "-0");
  final MovableClock clock = new MovableClock();
  final RootAllocator allocator = new RootAllocator();
  final HikariDataSource pool;
  final Catalog catalog;
  final Upkeep upkeep;
  final EventBus bus;
  final ObjectStore store;
  final Path directory;

  /** In a database that other lakes use as well. */
  static Lake shared() throws IOException {
    return new Lake(SharedDatabase.ADDRESS, BusOptions.DEFAULTS);
  }

  /** In a database of its own, for tests of what looks at all shards that there are. */
  static Lake alone() throws IOException {
    return alone(BusOptions.DEFAULTS);
  }

  static Lake alone(BusOptions options) throws IOException {
    return new Lake(newDatabase(), options);
  }

  private Lake(String address, BusOptions options) throws IOException {
    PGSimpleDataSource unpooled = dataSource(address);
    pool = pool(unpooled);
    catalog = PostgresCatalog.create(pool, unpooled, clock);
    upkeep = PostgresCatalog.createUpkeep(pool, clock);
    bus = PostgresBus.create(pool, unpooled, options);
    directory = Files.createTempDirectory("duckmesh-lake");
    store = LocalObjects.open(directory.resolve("objects"), clock);
    catalog.tenants().ensure(tenant, 1);
    bus.ensureShard(shard, tenant.value());
  }

  /** Claims what the shard has, at once. */
  ClaimedBatch claim() {
    try {
      Batch batch =
          bus.claimBatch(
                  shard,
                  new ConsumerId("test"),
                  BatchLimits.DEFAULTS.withLinger(Duration.ZERO),
                  Duration.ofSeconds(30))
              .orElseThrow();
      return new ClaimedBatch(
          shard.value(),
          batch.id().claim(),
          batch.after().value(),
          batch.upTo().value(),
          batch.segmentCount(),
          batch.rowCount(),
          batch.sizeBytes());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while claiming", e);
    }
  }

  private static String newDatabase() {
    String address = PostgresServer.shared().jdbcUrl(PostgresServer.shared().createDatabase());
    PostgresCatalog.migrate(dataSource(address));
    PostgresBus.migrate(dataSource(address));
    return address;
  }

  private static PGSimpleDataSource dataSource(String address) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(address);
    return dataSource;
  }

  private static HikariDataSource pool(DataSource unpooled) {
    HikariConfig config = new HikariConfig();
    config.setDataSource(unpooled);
    config.setMaximumPoolSize(10);
    return new HikariDataSource(config);
  }

  TableInfo createTable(String name) {
    return catalog
        .tables()
        .create(
            tenant,
            new TableDraft(
                name,
                List.of(
                    new ColumnDefinition(1, "id", "BIGINT", false, null),
                    new ColumnDefinition(2, "name", "VARCHAR", false, null)),
                List.of(),
                List.of(),
                TableSettings.DEFAULTS));
  }

  /** A segment of rows with these ids. */
  Segment segment(TableInfo table, long... ids) {
    return segment(table, null, null, ids);
  }

  Segment segment(
      TableInfo table, @Nullable String requestKey, @Nullable List<String> eventKeys, long... ids) {
    return new Segment(
        shard, ids.length, payload(table.id().value(), 1, requestKey, eventKeys, ids));
  }

  /** A segment of one row with this name. */
  Segment named(TableInfo table, long id, String name) {
    return new Segment(shard, 1, payload(table.id().value(), 1, null, null, any -> name, id));
  }

  byte[] payload(
      UUID table,
      int schemaVersion,
      @Nullable String requestKey,
      @Nullable List<String> eventKeys,
      long... ids) {
    return payload(table, schemaVersion, requestKey, eventKeys, id -> "row " + id, ids);
  }

  private byte[] payload(
      UUID table,
      int schemaVersion,
      @Nullable String requestKey,
      @Nullable List<String> eventKeys,
      LongFunction<String> names,
      long... ids) {
    RowSchema schema =
        new RowSchema(
            schemaVersion,
            List.of(
                new Column(1, "id", TypeParser.parse("BIGINT"), false, null),
                new Column(2, "name", TypeParser.parse("VARCHAR"), false, null)));
    VectorSchemaRoot root = VectorSchemaRoot.create(ArrowSchemas.toArrow(schema), allocator);
    BigIntVector id = (BigIntVector) root.getVector("id");
    VarCharVector name = (VarCharVector) root.getVector("name");
    for (int row = 0; row < ids.length; row++) {
      id.setSafe(row, ids[row]);
      name.setSafe(row, names.apply(ids[row]).getBytes(StandardCharsets.UTF_8));
    }
    root.setRowCount(ids.length);
    List<KeyHash> keys =
        eventKeys == null
            ? null
            : eventKeys.stream().map(key -> KeyHashes.eventKey(List.of(key))).toList();
    try (RowBatch rows = new RowBatch(schema, root, keys)) {
      return SegmentCodec.encode(
          new SegmentHeader(
              table,
              schemaVersion,
              ids.length,
              requestKey == null ? null : KeyHashes.requestKey(requestKey, 0),
              keys != null),
          rows);
    }
  }

  /** A segment of so many rows that do not fit the table, as a gateway makes it. */
  Segment misfits(TableInfo table, @Nullable String requestKey, int rows) {
    return misfits(table, requestKey, rows, "\"x\"");
  }

  /** The same, with a value that the reason quotes. */
  Segment misfits(TableInfo table, @Nullable String requestKey, int rows, String value) {
    RejectedRows rejected =
        new RejectedRows(
            RejectedRows.Form.LINES,
            IntStream.rangeClosed(1, rows)
                .mapToObj(
                    row ->
                        new RejectedRow(
                            row,
                            List.of(new RowError(row, "id", value, "BIGINT is a number")),
                            "{\"id\":\"x\"}".getBytes(StandardCharsets.UTF_8)))
                .toList());
    return new Segment(
        shard,
        rows,
        SegmentCodec.encode(
            SegmentHeader.ofRejected(
                table.id().value(),
                1,
                rows,
                requestKey == null ? null : KeyHashes.rejectedRows(requestKey)),
            rejected));
  }

  /** Publishes and asks for the events to land at once; the last position. */
  long publish(Segment... segments) {
    List<Position> positions = bus.publish(List.of(segments));
    Position last = positions.getLast();
    bus.requestFlush(shard, last);
    return last.value();
  }

  /** Changes one byte of what the log holds at the position, as a failing disk does. */
  void damage(long position) throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                UPDATE bus.segment
                SET payload = set_byte(payload, length(payload) - 1,
                                       get_byte(payload, length(payload) - 1) # 1)
                WHERE position = ?
                  AND part IN (SELECT p.part
                               FROM bus.segment_partition p
                               JOIN bus.shard s USING (shard_no)
                               WHERE s.shard = ?)
                """)) {
      statement.setLong(1, position);
      statement.setString(2, shard.value());
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException("There is no position %d to damage".formatted(position));
      }
    }
  }

  /** Takes the position out of the log, as nothing of the product ever does. */
  void remove(long position) throws SQLException {
    execute(
        """
        DELETE FROM bus.segment
        WHERE position = %d
          AND part IN (SELECT p.part
                       FROM bus.segment_partition p
                       JOIN bus.shard s USING (shard_no)
                       WHERE s.shard = '%s')
        """
            .formatted(position, shard.value()));
  }

  void awaitLanded(long position) throws InterruptedException {
    if (!catalog
        .watermarks()
        .await(
            Map.of(new io.duckmesh.catalog.ShardId(shard.value()), position),
            Duration.ofSeconds(40))) {
      throw new AssertionError(
          "Position %d has not landed, watermark is %d".formatted(position, watermark()));
    }
  }

  long watermark() {
    return catalog.watermarks().load(new io.duckmesh.catalog.ShardId(shard.value())).position();
  }

  TableCounts counts(TableInfo table) {
    return catalog.tables().counts(table.id());
  }

  List<DataFile> files(TableInfo table) {
    Snapshot newest = catalog.snapshots().newest(tenant);
    return catalog.snapshots().manifest(tenant, newest.id(), table.name()).files();
  }

  /** Changes what only the product changes otherwise. */
  void execute(String sql) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The ids that a query would see, sorted. */
  List<Long> visibleIds(TableInfo table) throws SQLException {
    List<Long> ids = new ArrayList<>();
    for (DataFile file : files(table)) {
      Path path = store.localRoot().orElseThrow().resolve(new ObjectKey(file.objectKey()).value());
      try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
          Statement statement = duckdb.createStatement();
          ResultSet rows = statement.executeQuery("SELECT id FROM read_parquet('" + path + "')")) {
        while (rows.next()) {
          ids.add(rows.getLong(1));
        }
      }
    }
    ids.sort(Comparator.naturalOrder());
    return ids;
  }

  @Override
  public void close() throws IOException {
    bus.close();
    catalog.close();
    store.close();
    pool.close();
    allocator.close();
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private static final class SharedDatabase {
    static final String ADDRESS = newDatabase();
  }
}
