package io.duckmesh.api.tables;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.SnapshotId;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The one refusal for a table that is not there. */
public final class MissingTable {
  private MissingTable() {}

  /**
   * Says that the name is of no table, and which one was probably meant.
   *
   * @param snapshot where it was looked for, null for the tables as they are now
   * @param known names of the tables that are there
   */
  public static ProblemException problem(
      String name, @Nullable SnapshotId snapshot, Collection<String> known) {
    String suggestion = Suggestions.closest(name, known).orElse(null);
    Map<String, Object> context = new LinkedHashMap<>();
    context.put("table", name);
    if (snapshot != null) {
      context.put("snapshot_id", snapshot.value());
    }
    if (suggestion != null) {
      context.put("suggestion", suggestion);
    }
    return new ProblemException(
        ApiError.TABLE_NOT_FOUND,
        "There is no table %s%s%s"
            .formatted(
                name,
                snapshot == null ? "" : " at snapshot " + snapshot,
                suggestion == null ? "" : "; did you mean " + suggestion + "?"),
        context);
  }
}
