package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What is wanted of a table alone.
 *
 * @param sortBy columns by which rows are sorted in files that are merged from now on
 */
public record TableWishes(UpkeepPolicy policy, List<String> sortBy) {
  public TableWishes {
    requireNonNull(policy, "policy is null");
    sortBy = List.copyOf(sortBy);
  }
}
