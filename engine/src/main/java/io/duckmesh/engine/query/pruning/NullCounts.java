package io.duckmesh.engine.query.pruning;

import io.duckmesh.engine.schema.ColumnType;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** A column whose values have no order that bounds could be of. */
final class NullCounts extends FileBounds {
  @Override
  void growBounds(int size) {}

  @Override
  void copyBounds(int file, FileBounds other, int from) {}

  @Override
  boolean setLower(int file, ColumnType writtenAs, String min) {
    return false;
  }

  @Override
  boolean setUpper(int file, ColumnType writtenAs, String max) {
    return false;
  }

  @Override
  @Nullable IntPredicate mayHold(Operator operator, Constant constant) {
    return null;
  }
}
