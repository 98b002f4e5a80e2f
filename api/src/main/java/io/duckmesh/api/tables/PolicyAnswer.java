package io.duckmesh.api.tables;

import static java.util.Objects.requireNonNull;

import io.duckmesh.api.json.Durations;
import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.upkeep.RowRetention;
import io.duckmesh.catalog.upkeep.TablePolicy;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import io.duckmesh.catalog.upkeep.UpkeepWindow;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What holds for a table or a tenant, as clients see it.
 *
 * @param compaction {@code always}, {@code off}, or hours such as {@code 01:00-05:00} in UTC
 * @param own names of those of the others that were set here; the rest is the tenant's, or the
 *     default
 */
public record PolicyAnswer(
    String compaction,
    long targetFileBytes,
    String keepSnapshots,
    int keepAtLeast,
    @Nullable RowRetentionAnswer rowRetention,
    List<String> own) {
  public PolicyAnswer {
    requireNonNull(compaction, "compaction is null");
    requireNonNull(keepSnapshots, "keepSnapshots is null");
    own = List.copyOf(own);
  }

  /** Rows whose value of the column is older go. */
  public record RowRetentionAnswer(String column, String keep) {}

  static PolicyAnswer ofTable(TableInfo table, TablePolicy effective, UpkeepPolicy wishes) {
    return new PolicyAnswer(
        compaction(effective),
        effective.targetFileBytes(),
        Durations.format(effective.keepSnapshots()),
        effective.keepAtLeast(),
        rows(table, effective.rows()),
        own(wishes));
  }

  /** What holds for tables of the tenant that say nothing themselves. */
  public static PolicyAnswer ofTenant(UpkeepPolicy wishes) {
    boolean compact = !Boolean.FALSE.equals(wishes.compact());
    Long target = wishes.targetFileBytes();
    return new PolicyAnswer(
        compaction(compact, wishes.window()),
        target == null ? TablePolicy.DEFAULT_TARGET_BYTES : target,
        Durations.format(
            wishes.keepSnapshots() == null
                ? TablePolicy.DEFAULT_KEEP_SNAPSHOTS
                : wishes.keepSnapshots()),
        wishes.keepAtLeast() == null ? TablePolicy.DEFAULT_KEEP_AT_LEAST : wishes.keepAtLeast(),
        null,
        own(wishes));
  }

  /** When files of the table are merged, in a word. */
  public static String compaction(TablePolicy policy) {
    return compaction(policy.compact(), policy.window());
  }

  private static String compaction(boolean compact, @Nullable UpkeepWindow window) {
    if (!compact) {
      return "off";
    }
    return window == null || window.equals(UpkeepWindow.ALWAYS)
        ? "always"
        : window.from() + "-" + window.until();
  }

  private static @Nullable RowRetentionAnswer rows(TableInfo table, @Nullable RowRetention rows) {
    if (rows == null) {
      return null;
    }
    String column =
        table.schema().columns().stream()
            .filter(each -> each.fieldId() == rows.fieldId())
            .map(ColumnDefinition::name)
            .findFirst()
            .orElse("");
    return new RowRetentionAnswer(column, Durations.format(rows.keep()));
  }

  private static List<String> own(UpkeepPolicy wishes) {
    List<String> own = new ArrayList<>();
    if (wishes.compact() != null || wishes.window() != null) {
      own.add(PolicyFields.COMPACTION);
    }
    if (wishes.targetFileBytes() != null) {
      own.add(PolicyFields.TARGET_FILE_BYTES);
    }
    if (wishes.keepSnapshots() != null) {
      own.add(PolicyFields.KEEP_SNAPSHOTS);
    }
    if (wishes.keepAtLeast() != null) {
      own.add(PolicyFields.KEEP_AT_LEAST);
    }
    if (wishes.rows() != null) {
      own.add(PolicyFields.ROW_RETENTION);
    }
    return own;
  }
}
