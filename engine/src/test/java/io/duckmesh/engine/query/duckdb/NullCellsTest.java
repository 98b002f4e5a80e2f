package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.query.ResultFormat;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NullCellsTest {
  @TempDir private static Path folder;
  private static QueryFixture fixture;

  @BeforeAll
  static void open() {
    fixture = new QueryFixture(folder);
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BOOLEAN",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "REAL",
        "DOUBLE",
        "DECIMAL(4,1)",
        "DECIMAL(38,2)",
        "VARCHAR",
        "DATE",
        "TIME",
        "TIMESTAMP",
        "TIMESTAMPTZ",
        "INTERVAL",
        "UUID",
        "BLOB",
        "JSON",
        "ENUM('a', 'b')",
        "BIGINT[]",
        "BIGINT[3]",
        "STRUCT(a DOUBLE, b STRUCT(c UUID, d BIGINT[]))",
        "STRUCT(a DOUBLE)[2]",
        "MAP(VARCHAR, DOUBLE)"
      })
  void cellsThatHoldNothingAreZero(String type) throws IOException {
    byte[] answer =
        answer(
            // What is cast where it is not null leaves its working in the cells of the others.
            """
            SELECT CASE WHEN i < 0 THEN CAST(v AS %1$s) END AS v
            FROM range(2000) t(i)
            LEFT JOIN (SELECT NULL::%1$s AS v, repeat('SECRET', 9) AS s WHERE false) u ON u.s = i::VARCHAR
            """
                .formatted(type));

    try (RootAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(answer), allocator)) {
      int rows = 0;
      while (reader.loadNextBatch()) {
        rows += reader.getVectorSchemaRoot().getRowCount();
        for (ArrowBuf buffer : reader.getVectorSchemaRoot().getVector(0).getBuffers(false)) {
          for (long at = 0; at < buffer.readableBytes(); at++) {
            assertThat(buffer.getByte(at)).as("byte %d of %s", at, buffer).isZero();
          }
        }
      }
      assertThat(rows).isEqualTo(2000);
    }
  }

  @Test
  void answersWithNullsAreTheSameBytesFromMemoryWithOtherThingsInIt() {
    String sql =
        """
        SELECT CASE WHEN i % 3 = 0 THEN i / 7 END AS d,
          CASE WHEN i % 5 = 0 THEN {'a': i::DOUBLE, 'b': [i, NULL]} END AS s,
          CASE WHEN i % 2 = 0 THEN i > 10 END AS b,
          CASE WHEN i % 4 = 0 THEN [i::DOUBLE, NULL]::DOUBLE[2] END AS f,
          CASE WHEN i % 7 = 0 THEN uuid '00000000-0000-0000-0000-000000000001' END AS u
        FROM range(1003) t(i)
        """;
    byte[] first = answer(sql);

    for (int run = 0; run < 20; run++) {
      String word = "secret-%d-".formatted(run).repeat(3);
      fixture.query("SELECT string_agg('%s' || i) FROM range(5000) t(i)".formatted(word));
      byte[] again = answer(sql);
      assertThat(again).isEqualTo(first);
      assertThat(new String(again, StandardCharsets.ISO_8859_1)).doesNotContain("secret");
    }
  }

  private static byte[] answer(String sql) {
    try (var execution = fixture.start(sql)) {
      return QueryFixture.bytes(ResultFormat.ARROW, execution);
    }
  }
}
