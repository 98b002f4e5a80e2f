package io.duckmesh.engine.query;

import java.util.List;
import java.util.Map;

/** Values for the parameters of a statement, which are bound and never become part of its text. */
public sealed interface QueryParameters {
  QueryParameters NONE = new Positional(List.of());

  /** How many there are. */
  int size();

  /** Values for {@code ?} in order, or for {@code $1}, {@code $2} and so on. */
  record Positional(List<ParameterValue> values) implements QueryParameters {
    public Positional {
      values = List.copyOf(values);
    }

    @Override
    public int size() {
      return values.size();
    }
  }

  /**
   * Values for {@code $name}. As everywhere in SQL, ASCII letters of a name are equal in either
   * case.
   */
  record Named(Map<String, ParameterValue> values) implements QueryParameters {
    public Named {
      values = Map.copyOf(values);
    }

    @Override
    public int size() {
      return values.size();
    }
  }
}
