package io.duckmesh.catalog.postgres;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads columns of types that JDBC has no getter for. */
final class Rows {
  static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  static @Nullable Long nullableLong(ResultSet row, String column) throws SQLException {
    return row.getObject(column, Long.class);
  }

  /** The elements of a {@code text[]} without nulls. */
  static List<String> texts(ResultSet row, String column) throws SQLException {
    return List.of((String[]) elements(row, column));
  }

  /** The elements of an array; the caller casts to the boxed type's array. */
  static Object elements(ResultSet row, String column) throws SQLException {
    Array array = row.getArray(column);
    try {
      return array.getArray();
    } finally {
      array.free();
    }
  }

  private Rows() {}
}
