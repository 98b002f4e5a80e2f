package io.duckmesh.engine.merge.duckdb;

import io.duckmesh.engine.schema.RowSchema;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/** The order of rows in plain Java. */
final class MergeOracle {
  private MergeOracle() {}

  /** Ascending, nulls last; for a sort that is stable. */
  static Comparator<Object[]> comparator(RowSchema schema, List<Integer> sortFieldIds) {
    int[] columns =
        sortFieldIds.stream()
            .mapToInt(
                fieldId ->
                    IntStream.range(0, schema.columns().size())
                        .filter(i -> schema.columns().get(i).fieldId() == fieldId)
                        .findFirst()
                        .orElseThrow())
            .toArray();
    return (left, right) -> {
      for (int column : columns) {
        int order = compare(left[column], right[column]);
        if (order != 0) {
          return order;
        }
      }
      return 0;
    };
  }

  private static int compare(Object left, Object right) {
    if (left == null || right == null) {
      return Boolean.compare(left == null, right == null);
    }
    return switch (left) {
      case Boolean flag -> flag.compareTo((Boolean) right);
      case String text -> Arrays.compareUnsigned(utf8(text), utf8((String) right));
      case byte[] bytes -> Arrays.compareUnsigned(bytes, (byte[]) right);
      case UUID id -> id.toString().compareTo(right.toString());
      case BigDecimal number -> number.compareTo((BigDecimal) right);
      case Float number -> compare(number.doubleValue(), ((Number) right).doubleValue());
      case Double number -> compare(number.doubleValue(), ((Number) right).doubleValue());
      case Number number -> Long.compare(number.longValue(), ((Number) right).longValue());
      default -> throw new IllegalArgumentException("Not sorted by: " + left);
    };
  }

  /** Both zeros are equal, and NaN is above all numbers. */
  private static int compare(double left, double right) {
    return Double.compare(left + 0d, right + 0d);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
