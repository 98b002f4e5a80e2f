package io.duckmesh.engine.merge.duckdb;

import io.duckmesh.engine.merge.MergeSource;
import io.duckmesh.engine.objects.InMemoryObjectStore;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectWriter;
import io.duckmesh.engine.parquet.DataFileWriter;
import io.duckmesh.engine.parquet.RowBatches;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.schema.RowSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** Files in a store, and a look into files. */
final class MergeFixture implements AutoCloseable {
  final InMemoryObjectStore store = new InMemoryObjectStore(Clock.systemUTC());
  private final BufferAllocator allocator = new RootAllocator();
  private final Connection duckdb;
  private int files;

  MergeFixture() {
    try {
      duckdb = DriverManager.getConnection("jdbc:duckdb:");
      try (Statement statement = duckdb.createStatement()) {
        statement.execute("SET TimeZone = 'UTC'");
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Bytes of a file and what was written. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Written(WrittenFile file, byte[] bytes) {}

  /** A file as one that lands. */
  Written write(RowSchema schema, List<Object[]> rows) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (RowBatch batch = RowBatches.of(allocator, schema, rows.toArray(Object[][]::new))) {
      return new Written(
          DataFileWriter.write(schema, List.of(RowSelection.all(batch)), out), out.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Publishes a file of the rows. */
  MergeSource source(RowSchema schema, List<Object[]> rows) {
    Written written = write(schema, rows);
    ObjectKey key = publish(written.bytes());
    return new MergeSource(key, written.file().sizeBytes(), written.file().contentHash(), schema);
  }

  /** Publishes bytes as they are. */
  ObjectKey publish(byte[] bytes) {
    // Later files come earlier by name: nothing may sort them.
    ObjectKey key = new ObjectKey("tenant/file-%05d.parquet".formatted(99_999 - files++));
    try (ObjectWriter writer = store.create(key)) {
      writer.stream().write(bytes);
      writer.publish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return key;
  }

  /** The file's rows as text, in their order. */
  List<String> rows(Path folder, byte[] bytes) {
    return query(folder, bytes, "SELECT t::VARCHAR FROM read_parquet('%s') t");
  }

  /** Names, types, field ids of the file's columns and all below them. */
  List<String> schema(Path folder, byte[] bytes) {
    return query(
        folder,
        bytes,
        """
        SELECT {name: name, type: type, length: type_length, repetition: repetition_type,
                children: num_children, meaning: duckdb_type, field_id: field_id}::VARCHAR
        FROM parquet_schema('%s')
        OFFSET 1
        """);
  }

  /** The types that a query sees. */
  List<String> types(Path folder, byte[] bytes) {
    return query(
        folder,
        bytes,
        "SELECT column_name || ' ' || column_type FROM (DESCRIBE FROM read_parquet('%s'))");
  }

  /** Rows of each row group and the codecs of its chunks. */
  List<String> rowGroups(Path folder, byte[] bytes) {
    return query(
        folder,
        bytes,
        """
        SELECT row_group_num_rows || ' ' || list(DISTINCT compression)::VARCHAR
        FROM parquet_metadata('%s')
        GROUP BY row_group_id, row_group_num_rows
        ORDER BY row_group_id
        """);
  }

  private List<String> query(Path folder, byte[] bytes, String sql) {
    try {
      Path file = Files.createTempFile(folder, "look", ".parquet");
      Files.write(file, bytes);
      List<String> lines = new ArrayList<>();
      try (Statement statement = duckdb.createStatement();
          ResultSet rows = statement.executeQuery(sql.formatted(file))) {
        while (rows.next()) {
          lines.add(rows.getString(1));
        }
      }
      Files.delete(file);
      return lines;
    } catch (IOException | SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    allocator.close();
    try {
      duckdb.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
