package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectWriter;
import io.duckmesh.engine.objects.cache.ObjectCache;
import io.duckmesh.engine.objects.local.LocalObjects;
import io.duckmesh.engine.parquet.ColumnStats;
import io.duckmesh.engine.parquet.DataFileWriter;
import io.duckmesh.engine.parquet.RowBatches;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.BoundTable.TableFile;
import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.ParameterValue;
import io.duckmesh.engine.query.QueryEngine;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.schema.RowSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** A query engine over a local store, and tables in it. */
final class QueryFixture implements AutoCloseable {
  static final String TENANT = "acme";

  private final BufferAllocator allocator = new RootAllocator();
  final ObjectStore store;
  final ObjectCache cache;
  final QueryEngine engine;

  QueryFixture(Path folder) {
    this(folder, DuckDbOptions.defaults(folder.resolve("spill")));
  }

  QueryFixture(Path folder, DuckDbOptions options) {
    this.store = LocalObjects.open(folder.resolve("objects"), Clock.systemUTC());
    this.cache = ObjectCache.open(store, folder.resolve("cache"), 1 << 30);
    this.engine = DuckDbQueries.create(cache, options);
  }

  /** Writes a data file. */
  TableFile file(RowSchema schema, Object[]... rows) {
    return file(TENANT, schema, rows);
  }

  /** A data file and what its writer says of it. */
  record StatedFile(RowSchema schema, TableFile file, List<ColumnStats> statistics) {}

  TableFile file(String tenant, RowSchema schema, Object[]... rows) {
    TableFile file = write(tenant, schema, rows).file();
    return new TableFile(file.key(), file.sizeBytes(), file.rowCount());
  }

  /** Writes a data file of the version of the schema, with what its writer says of it. */
  StatedFile statedFile(RowSchema schema, Object[]... rows) {
    return write(TENANT, schema, rows);
  }

  private StatedFile write(String tenant, RowSchema schema, Object[]... rows) {
    ObjectKey key = new ObjectKey(tenant + "/table/" + UUID.randomUUID() + ".parquet");
    try (ObjectWriter writer = store.create(key);
        RowBatch batch = RowBatches.of(allocator, schema, rows)) {
      WrittenFile written =
          DataFileWriter.write(schema, List.of(RowSelection.all(batch)), writer.stream());
      writer.publish();
      return new StatedFile(
          schema,
          new TableFile(
              key,
              written.sizeBytes(),
              written.rowCount(),
              written.contentHash(),
              schema.version()),
          written.statistics());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static BoundTable table(String name, RowSchema schema, TableFile... files) {
    return new BoundTable(
        new TableReference(name, null, null),
        name + Arrays.hashCode(files) + schema.hashCode(),
        schema,
        List.of(files));
  }

  static BoundTable tableAt(long version, String name, RowSchema schema, TableFile... files) {
    return new BoundTable(
        new TableReference(name, version, null),
        name + Arrays.hashCode(files) + schema.hashCode(),
        schema,
        List.of(files));
  }

  QueryExecution start(String sql, QueryLimits limits, List<BoundTable> tables, Object... params) {
    CheckedQuery query = engine.check(sql);
    return engine.start("q-1", TENANT, query, tables, positional(params), limits);
  }

  static QueryParameters positional(Object... values) {
    return new QueryParameters.Positional(
        Arrays.stream(values)
            .map(
                value ->
                    value instanceof ParameterValue given ? given : new ParameterValue.Plain(value))
            .toList());
  }

  QueryExecution start(String sql, QueryParameters parameters, BoundTable... tables) {
    return engine.start(
        "q-1", TENANT, engine.check(sql), List.of(tables), parameters, QueryLimits.DEFAULTS);
  }

  QueryExecution start(String sql, BoundTable... tables) {
    return start(sql, QueryLimits.DEFAULTS, List.of(tables));
  }

  /** The answer as JSON rows. */
  String query(String sql, BoundTable... tables) {
    return query(ResultFormat.JSON_ROWS, sql, tables);
  }

  String query(ResultFormat format, String sql, BoundTable... tables) {
    try (QueryExecution execution = start(sql, tables)) {
      return text(format, execution);
    }
  }

  static String text(ResultFormat format, QueryExecution execution) {
    return new String(bytes(format, execution), StandardCharsets.UTF_8);
  }

  static byte[] bytes(ResultFormat format, QueryExecution execution) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      execution.write(format, out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  static QueryLimits timeout(Duration timeout) {
    return new QueryLimits(timeout, 1_000_000, 256L << 20);
  }

  @Override
  public void close() {
    engine.close();
    cache.close();
    store.close();
    allocator.close();
  }
}
