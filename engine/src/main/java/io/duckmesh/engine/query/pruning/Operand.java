package io.duckmesh.engine.query.pruning;

import static java.util.Objects.requireNonNull;

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
   */
  record Parameter(String identifier) implements Operand {
    public Parameter {
      requireNonNull(identifier, "identifier is null");
    }
  }
}
