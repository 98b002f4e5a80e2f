package io.duckmesh.engine.query.pruning;

import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Bounds of VARCHAR and UUID, in the order of their characters. */
final class TextBounds extends FileBounds {
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private final Primitive type;
  private @Nullable String[] lower = new @Nullable String[0];
  private @Nullable String[] upper = new @Nullable String[0];

  TextBounds(Primitive type) {
    this.type = type;
  }

  @Override
  void growBounds(int size) {
    lower = Arrays.copyOf(lower, size);
    upper = Arrays.copyOf(upper, size);
  }

  @Override
  void copyBounds(int file, FileBounds other, int from) {
    TextBounds texts = (TextBounds) other;
    lower[file] = texts.lower[from];
    upper[file] = texts.upper[from];
  }

  @Override
  boolean setLower(int file, ColumnType writtenAs, String min) {
    lower[file] = min;
    return writtenAs == type;
  }

  @Override
  boolean setUpper(int file, ColumnType writtenAs, String max) {
    // Most files of a column that is not sorted have few different values, or only one.
    upper[file] = max.equals(lower[file]) ? lower[file] : max;
    return writtenAs == type;
  }

  @Override
  @Nullable IntPredicate mayHold(Operator operator, Constant constant) {
    String value = value(constant);
    if (value == null) {
      return null;
    }
    return switch (operator) {
      case EQUAL -> file -> notAbove(file, value, true) && notBelow(file, value, true);
      case LESS -> file -> notAbove(file, value, false);
      case LESS_OR_EQUAL -> file -> notAbove(file, value, true);
      case GREATER -> file -> notBelow(file, value, false);
      case GREATER_OR_EQUAL -> file -> notBelow(file, value, true);
    };
  }

  private @Nullable String value(Constant constant) {
    return switch (constant.kind()) {
      case UNTYPED, VARCHAR, UUID -> {
        if (type == Primitive.VARCHAR) {
          yield constant.kind() == Constant.Kind.UUID ? null : constant.text();
        }
        yield UUID_TEXT.matcher(constant.text()).matches()
            ? constant.text().toLowerCase(Locale.ROOT)
            : null;
      }
      default -> null;
    };
  }

  private boolean notAbove(int file, String value, boolean orEqual) {
    String bound = hasLower(file) ? lower[file] : null;
    if (bound == null) {
      return true;
    }
    int order = compare(bound, value);
    return orEqual ? order <= 0 : order < 0;
  }

  private boolean notBelow(int file, String value, boolean orEqual) {
    String bound = hasUpper(file) ? upper[file] : null;
    if (bound == null) {
      return true;
    }
    int order = compare(bound, value);
    return orEqual ? order >= 0 : order > 0;
  }

  /** The order of the texts' bytes in UTF-8, which is the one of their characters' numbers. */
  static int compare(String left, String right) {
    int length = Math.min(left.length(), right.length());
    for (int i = 0; i < length; i++) {
      char l = left.charAt(i);
      char r = right.charAt(i);
      if (l != r) {
        // Halves of characters beyond U+FFFF are above all others, U+E000 to U+FFFF too.
        boolean beyondLeft = Character.isSurrogate(l);
        boolean beyondRight = Character.isSurrogate(r);
        return beyondLeft == beyondRight ? l - r : beyondLeft ? 1 : -1;
      }
    }
    return left.length() - right.length();
  }

  @Override
  long weight() {
    long bytes = super.weight();
    for (int i = 0; i < lower.length; i++) {
      bytes += 8 + weight(lower[i]);
      if (upper[i] != lower[i]) {
        bytes += weight(upper[i]);
      }
    }
    return bytes;
  }

  private static long weight(@Nullable String text) {
    return text == null ? 0 : 48L + text.length();
  }
}
