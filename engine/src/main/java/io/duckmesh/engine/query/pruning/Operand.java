package io.duckmesh.engine.query.pruning;

import static java.util.Objects.requireNonNull;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What stands on the other side of a comparison. */
public sealed interface Operand {
  /** A value in the statement. */
  record Literal(Constant constant) implements Operand {
    public Literal {
      requireNonNull(constant, "constant is null");
    }
  }

  /**
   * A parameter, whose value comes with each run.
   *
   * @param identifier its number or name, as the parser calls it
   * @param cast what its text is cast to, null if it is compared as it is
   */
  record Parameter(String identifier, @Nullable Cast cast) implements Operand {
    public Parameter {
      requireNonNull(identifier, "identifier is null");
    }
  }

  /**
   * A cast of a text.
   *
   * @param scale digits after the point that a number keeps; 0 for all else
   */
  record Cast(Constant.Kind kind, int scale) {
    private static final Pattern NUMBER = Pattern.compile("-?\\d{1,38}(\\.(\\d{1,38}))?");

    public Cast {
      requireNonNull(kind, "kind is null");
    }

    /** The text as that kind; null if the cast would change what it says. */
    @Nullable Constant of(String text) {
      if (kind == Constant.Kind.NUMBER) {
        Matcher number = NUMBER.matcher(text);
        if (!number.matches() || (number.group(2) != null && number.group(2).length() > scale)) {
          return null;
        }
      }
      return new Constant(kind, text);
    }
  }
}
