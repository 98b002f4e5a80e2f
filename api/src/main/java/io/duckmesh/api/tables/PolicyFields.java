package io.duckmesh.api.tables;

import io.duckmesh.api.json.Durations;
import io.duckmesh.api.json.JsonFields;
import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.upkeep.RowRetention;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import io.duckmesh.catalog.upkeep.UpkeepWindow;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads wishes of a tenant or a table: what is not named stays, what is null is no wish any more.
 */
public final class PolicyFields {
  static final String COMPACTION = "compaction";
  static final String TARGET_FILE_BYTES = "target_file_bytes";
  static final String KEEP_SNAPSHOTS = "keep_snapshots";
  static final String KEEP_AT_LEAST = "keep_at_least";
  static final String ROW_RETENTION = "row_retention";

  private static final Pattern WINDOW =
      Pattern.compile("([01]\\d|2[0-3]):([0-5]\\d)-([01]\\d|2[0-3]):([0-5]\\d)");
  private static final Set<String> TIMES = Set.of("DATE", "TIMESTAMP", "TIMESTAMPTZ");
  private static final Duration LONGEST = Duration.ofDays(36_500);
  private static final Duration LEAST_ROW_RETENTION = Duration.ofMinutes(1);
  private static final int MOST_KEPT = 1_000_000;

  private PolicyFields() {}

  /** Reads the wishes of a tenant; problems are left in the fields. */
  public static UpkeepPolicy readOfTenant(JsonFields fields, UpkeepPolicy before) {
    fields.refuse(ROW_RETENTION, "is of tables: a tenant has no columns");
    return read(fields, before, null);
  }

  /**
   * Reads the wishes of a table; problems are left in the fields.
   *
   * @param columns of the table
   */
  static UpkeepPolicy readOfTable(
      JsonFields fields, UpkeepPolicy before, List<ColumnDefinition> columns) {
    return read(fields, before, rows(fields, before.rows(), columns));
  }

  private static UpkeepPolicy read(
      JsonFields fields, UpkeepPolicy before, @Nullable RowRetention rows) {
    Boolean compact = before.compact();
    UpkeepWindow window = before.window();
    if (fields.value(COMPACTION) != null) {
      String text = fields.text(COMPACTION);
      window = text == null ? null : window(fields, text);
      compact = text == null ? null : (Boolean) !text.equals("off");
    }
    Long targetFileBytes = before.targetFileBytes();
    if (fields.value(TARGET_FILE_BYTES) != null) {
      targetFileBytes =
          fields.number(
              TARGET_FILE_BYTES, UpkeepPolicy.LEAST_TARGET_BYTES, UpkeepPolicy.MOST_TARGET_BYTES);
    }
    Duration keepSnapshots = before.keepSnapshots();
    if (fields.value(KEEP_SNAPSHOTS) != null) {
      keepSnapshots = duration(fields, KEEP_SNAPSHOTS, Duration.ZERO);
    }
    Integer keepAtLeast = before.keepAtLeast();
    if (fields.value(KEEP_AT_LEAST) != null) {
      Long number = fields.number(KEEP_AT_LEAST, 1, MOST_KEPT);
      keepAtLeast = number == null ? null : (Integer) number.intValue();
    }
    fields.refuse("grace", "is of the server, for all tenants: setting collect.grace-seconds");
    fields.refuseUnknown();
    return new UpkeepPolicy(compact, targetFileBytes, window, keepSnapshots, keepAtLeast, rows);
  }

  private static @Nullable UpkeepWindow window(JsonFields fields, String text) {
    Matcher matcher = WINDOW.matcher(text);
    if (matcher.matches()) {
      LocalTime from = LocalTime.parse(matcher.group(1) + ":" + matcher.group(2));
      LocalTime until = LocalTime.parse(matcher.group(3) + ":" + matcher.group(4));
      if (!from.equals(until)) {
        return new UpkeepWindow(from, until);
      }
    } else if (text.equals("off")) {
      return null;
    } else if (text.equals("always")) {
      return UpkeepWindow.ALWAYS;
    }
    fields.problem(
        COMPACTION,
        "is %s, possible are always, off, and hours in UTC such as 01:00-05:00".formatted(text));
    return null;
  }

  private static @Nullable Duration duration(JsonFields fields, String field, Duration least) {
    String text = fields.text(field);
    if (text == null) {
      return null;
    }
    try {
      Duration duration = Durations.parse(text);
      if (duration.compareTo(least) >= 0 && duration.compareTo(LONGEST) <= 0) {
        return duration;
      }
      fields.problem(
          field,
          "is %s, possible are %s to %s"
              .formatted(
                  text,
                  least.isZero() ? "0s" : Durations.format(least),
                  Durations.format(LONGEST)));
    } catch (IllegalArgumentException e) {
      fields.problem(field, "is not a duration such as 12h or 7d: " + text);
    }
    return null;
  }

  private static @Nullable RowRetention rows(
      JsonFields fields, @Nullable RowRetention before, List<ColumnDefinition> columns) {
    if (fields.value(ROW_RETENTION) == null) {
      return before;
    }
    JsonFields object = fields.object(ROW_RETENTION);
    if (object == null) {
      return null;
    }
    String name = object.requiredText("column");
    Duration keep = duration(object, "keep", LEAST_ROW_RETENTION);
    if (!object.has("keep")) {
      object.problem("keep", "is missing");
    }
    object.refuseUnknown();
    ColumnDefinition column =
        columns.stream()
            .filter(each -> each.name().equalsIgnoreCase(name))
            .findFirst()
            .orElse(null);
    if (column == null) {
      if (!name.isBlank()) {
        object.problem("column", "names a column that is not there: " + name);
      }
    } else if (!TIMES.contains(column.type())) {
      object.problem(
          "column",
          "names a column that is no time, %s of type %s; possible are DATE, TIMESTAMP and TIMESTAMPTZ"
              .formatted(column.name(), column.type()));
    } else if (keep != null) {
      return new RowRetention(column.fieldId(), keep);
    }
    return null;
  }
}
