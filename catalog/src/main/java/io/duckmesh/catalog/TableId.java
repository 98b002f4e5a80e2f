package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.util.UUID;

/** Identity of a table, kept through renames and never given to another. */
public record TableId(UUID value) {
  public TableId {
    requireNonNull(value, "value is null");
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
