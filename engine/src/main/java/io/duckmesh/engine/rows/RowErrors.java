package io.duckmesh.engine.rows;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Errors of one body: the first ones are kept, all are counted. */
final class RowErrors {
  private final int maxErrors;
  private final List<RowError> kept = new ArrayList<>();
  private long count;
  private long row = 1;

  RowErrors(int maxErrors) {
    this.maxErrors = maxErrors;
  }

  /** Says which row is being read. */
  void beginRow(long row) {
    this.row = row;
  }

  long row() {
    return row;
  }

  long count() {
    return count;
  }

  /** Adds an error of the current row; column and value are made only if it is kept. */
  void add(Supplier<@Nullable String> column, Supplier<@Nullable String> value, String rule) {
    count++;
    if (kept.size() < maxErrors) {
      kept.add(new RowError(row, column.get(), value.get(), rule));
    }
  }

  /** Adds an error of the body as a whole. */
  void addBody(@Nullable String value, String rule) {
    count++;
    if (kept.size() < maxErrors) {
      kept.add(new RowError(RowError.WHOLE_BODY, null, value, rule));
    }
  }

  /** Adds an error of the current row as a whole. */
  void add(@Nullable String value, String rule) {
    count++;
    if (kept.size() < maxErrors) {
      kept.add(new RowError(row, null, value, rule));
    }
  }

  /** Forgets what was added since there were {@code earlierCount} errors. */
  void rollback(long earlierCount) {
    count = earlierCount;
    while (kept.size() > earlierCount) {
      kept.removeLast();
    }
  }

  /** Those kept that were added since there were {@code earlierCount} errors, which is none. */
  List<RowError> since(long earlierCount) {
    return List.copyOf(kept.subList((int) Math.min(earlierCount, kept.size()), kept.size()));
  }

  /** Throws if there are any. */
  void check() {
    if (count > 0) {
      throw new InvalidRowsException(kept, count);
    }
  }
}
