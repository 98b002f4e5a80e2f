package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A table that is asked for. Field ids are given by the catalog, from 1 in order.
 *
 * @param columns columns in order; the field ids in them are ignored
 * @param eventKey columns whose values together are the event key, empty for none
 * @param sortBy columns that compaction sorts by, empty for none
 */
public record TableDraft(
    String name,
    List<ColumnDefinition> columns,
    List<String> eventKey,
    List<String> sortBy,
    TableSettings settings) {
  public TableDraft {
    requireNonNull(name, "name is null");
    requireNonNull(settings, "settings is null");
    columns = List.copyOf(columns);
    eventKey = List.copyOf(eventKey);
    sortBy = List.copyOf(sortBy);
  }
}
