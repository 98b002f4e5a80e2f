package io.duckmesh.engine.query.pruning;

import org.jspecify.annotations.Nullable;

/** Values of a statement's parameters as far as they can be compared with bounds. */
@FunctionalInterface
public interface ParameterValues {
  /** The parameter of that number or name; null if nothing certain can be said of its value. */
  @Nullable Constant find(String identifier);
}
