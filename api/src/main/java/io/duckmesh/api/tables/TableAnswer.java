package io.duckmesh.api.tables;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.duckmesh.api.json.Durations;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableInfo;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A table as clients see it. */
record TableAnswer(
    String name,
    String tableId,
    int schemaVersion,
    List<ColumnAnswer> columns,
    List<String> eventKey,
    List<String> sortBy,
    SettingsAnswer settings,
    List<String> shards,
    Instant createdAt,
    long createdIn,
    @Nullable PolicyAnswer policy,
    @Nullable CountsAnswer counts) {
  /**
   * @param defaultValue JSON text
   */
  record ColumnAnswer(
      int fieldId,
      String name,
      String type,
      boolean required,
      @com.fasterxml.jackson.annotation.JsonProperty("default") @JsonRawValue
          @Nullable String defaultValue) {}

  record SettingsAnswer(int shards, String keyWindow) {}

  record CountsAnswer(long visible, long duplicates, long quarantined) {}

  static TableAnswer of(
      TableInfo info, @Nullable PolicyAnswer policy, @Nullable TableCounts counts) {
    return new TableAnswer(
        info.name(),
        info.id().toString(),
        info.schema().version(),
        info.schema().columns().stream()
            .map(
                column ->
                    new ColumnAnswer(
                        column.fieldId(),
                        column.name(),
                        column.type(),
                        column.required(),
                        column.defaultValue()))
            .toList(),
        info.eventKey(),
        info.sortBy(),
        new SettingsAnswer(info.settings().shards(), Durations.format(info.settings().keyWindow())),
        info.shards().stream().map(ShardId::value).toList(),
        info.createdAt(),
        info.createdIn().value(),
        policy,
        counts == null
            ? null
            : new CountsAnswer(counts.visible(), counts.duplicates(), counts.quarantined()));
  }
}
