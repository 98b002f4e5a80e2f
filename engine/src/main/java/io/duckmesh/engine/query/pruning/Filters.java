package io.duckmesh.engine.query.pruning;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.RowSchema;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Decides conditions about the files of one table. */
final class Filters {
  /** Longer lists are not worth the comparison with each file. */
  private static final int MAX_VALUES = 1_000;

  private static final Constant TRUE = new Constant(Constant.Kind.BOOLEAN, "true");

  /** By name as SQL compares it. */
  private final Map<String, Column> columns = new HashMap<>();

  private final TableStatistics statistics;
  private final ParameterValues parameters;

  Filters(RowSchema schema, TableStatistics statistics, ParameterValues parameters) {
    for (Column column : schema.columns()) {
      columns.put(foldCase(column.name()), column);
    }
    this.statistics = statistics;
    this.parameters = parameters;
  }

  /** Clears those of the first {@code known} files that the scan needs no row of. */
  void clearUnneeded(Scan scan, BitSet files, int known) {
    for (Scan.Filter filter : scan.filters()) {
      if (filter.onlyIfNullsFail() && mayBeTrueOfNulls(filter.condition())) {
        continue;
      }
      IntPredicate mayBeTrue = mayBeTrue(filter.condition());
      if (mayBeTrue != null) {
        for (int file = files.nextSetBit(0);
            file >= 0 && file < known;
            file = files.nextSetBit(file + 1)) {
          if (!mayBeTrue.test(file)) {
            files.clear(file);
          }
        }
      }
    }
  }

  /** Whether a row of nulls in place of this table's may meet the condition. */
  private boolean mayBeTrueOfNulls(Condition condition) {
    return switch (condition) {
      case Condition.Unknown unknown -> true;
      case Condition.IsNull isNull -> true;
      case Condition.Compared compared -> column(compared.column()) == null;
      case Condition.Between between -> column(between.column()) == null;
      case Condition.OneOf oneOf -> column(oneOf.column()) == null;
      case Condition.HasValue hasValue -> column(hasValue.column()) == null;
      case Condition.IsTrue isTrue -> column(isTrue.column()) == null;
      case Condition.All all -> all.parts().stream().allMatch(this::mayBeTrueOfNulls);
      case Condition.Any any -> any.parts().stream().anyMatch(this::mayBeTrueOfNulls);
    };
  }

  /** Files that may have a row of which the condition is true; null for all. */
  private @Nullable IntPredicate mayBeTrue(Condition condition) {
    return switch (condition) {
      case Condition.Unknown unknown -> null;
      case Condition.IsNull isNull -> {
        FileBounds bounds = bounds(isNull.column());
        yield bounds == null ? null : bounds::mayHoldNull;
      }
      case Condition.HasValue hasValue -> {
        FileBounds bounds = bounds(hasValue.column());
        yield bounds == null ? null : bounds::mayHoldValue;
      }
      case Condition.IsTrue isTrue -> {
        Column column = column(isTrue.column());
        yield column != null && column.type() == Primitive.BOOLEAN
            ? compared(isTrue.column(), Operator.EQUAL, TRUE)
            : null;
      }
      case Condition.Compared compared ->
          compared(compared.column(), compared.operator(), constant(compared.operand()));
      case Condition.Between between ->
          between(between.column(), constants(List.of(between.lower(), between.upper())));
      case Condition.OneOf oneOf -> oneOf(oneOf.column(), constants(oneOf.values()));
      case Condition.All all -> {
        List<IntPredicate> parts = new ArrayList<>();
        for (Condition part : all.parts()) {
          IntPredicate mayBeTrue = mayBeTrue(part);
          if (mayBeTrue != null) {
            parts.add(mayBeTrue);
          }
        }
        yield parts.isEmpty() ? null : file -> allOf(parts, file);
      }
      case Condition.Any any -> {
        List<IntPredicate> parts = new ArrayList<>();
        for (Condition part : any.parts()) {
          IntPredicate mayBeTrue = mayBeTrue(part);
          if (mayBeTrue == null) {
            yield null;
          }
          parts.add(mayBeTrue);
        }
        yield file -> anyOf(parts, file);
      }
    };
  }

  private @Nullable IntPredicate compared(
      String name, Operator operator, @Nullable Constant constant) {
    FileBounds bounds = bounds(name);
    if (bounds == null) {
      return null;
    }
    IntPredicate mayHold = constant == null ? null : bounds.mayHold(operator, constant);
    return mayHold == null
        ? bounds::mayHoldValue
        : file -> bounds.mayHoldValue(file) && mayHold.test(file);
  }

  private @Nullable IntPredicate between(String name, List<Constant> ends) {
    IntPredicate hasValue = compared(name, Operator.EQUAL, null);
    if (hasValue == null || ends.isEmpty()) {
      return hasValue;
    }
    IntPredicate above = compared(name, Operator.GREATER_OR_EQUAL, ends.get(0));
    IntPredicate below = compared(name, Operator.LESS_OR_EQUAL, ends.get(1));
    return file -> requireNonNull(above).test(file) && requireNonNull(below).test(file);
  }

  private @Nullable IntPredicate oneOf(String name, List<Constant> values) {
    IntPredicate hasValue = compared(name, Operator.EQUAL, null);
    if (hasValue == null || values.isEmpty() || values.size() > MAX_VALUES) {
      return hasValue;
    }
    List<IntPredicate> equal = new ArrayList<>(values.size());
    for (Constant value : values) {
      equal.add(requireNonNull(compared(name, Operator.EQUAL, value)));
    }
    return file -> anyOf(equal, file);
  }

  /** The operands' values if all are known and of one kind, else none. */
  private List<Constant> constants(List<Operand> operands) {
    List<Constant> constants = new ArrayList<>(operands.size());
    for (Operand operand : operands) {
      Constant constant = constant(operand);
      if (constant == null
          || (!constants.isEmpty() && constants.getFirst().kind() != constant.kind())) {
        return List.of();
      }
      constants.add(constant);
    }
    return constants;
  }

  private static boolean anyOf(List<IntPredicate> parts, int file) {
    for (IntPredicate part : parts) {
      if (part.test(file)) {
        return true;
      }
    }
    return false;
  }

  private static boolean allOf(List<IntPredicate> parts, int file) {
    for (IntPredicate part : parts) {
      if (!part.test(file)) {
        return false;
      }
    }
    return true;
  }

  private @Nullable Constant constant(Operand operand) {
    return switch (operand) {
      case Operand.Literal literal -> literal.constant();
      case Operand.Parameter parameter -> {
        Constant value = parameters.find(parameter.identifier());
        Operand.Cast cast = parameter.cast();
        if (value == null || cast == null) {
          yield value;
        }
        yield value.kind() == Constant.Kind.UNTYPED ? cast.of(value.text()) : null;
      }
    };
  }

  private @Nullable FileBounds bounds(String name) {
    Column column = column(name);
    return column == null ? null : statistics.column(column.fieldId());
  }

  private @Nullable Column column(String name) {
    return columns.get(foldCase(name));
  }

  /** A name as DuckDB compares it: only the letters A to Z are equal in either case. */
  private static String foldCase(String name) {
    StringBuilder folded = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      folded.append(c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c);
    }
    return folded.toString();
  }
}
