package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A table that a statement names, perhaps at a version of its own.
 *
 * @param name as written, without quotes
 * @param version the constant of {@code AT (VERSION => n)}, null without
 * @param timestamp the constant text of {@code AT (TIMESTAMP => t)}, null without
 */
public record TableReference(String name, @Nullable Long version, @Nullable String timestamp) {
  public TableReference {
    requireNonNull(name, "name is null");
  }
}
