package io.duckmesh.workflows.materialize;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How writing a batch ended.
 *
 * @param outcome {@link #PREPARED} or {@link #LOST}
 * @param writeId the write that waits to be committed, null when the batch was lost
 * @param files data files written
 * @param visible events that will be visible
 * @param duplicates events whose key had landed before
 * @param quarantined events that could not land
 * @param tables names of tables in the batch, the first ten
 * @param reason why the batch was lost, in words
 * @param millis how long it took
 */
public record WriteResult(
    String outcome,
    @Nullable Long writeId,
    int files,
    long visible,
    long duplicates,
    long quarantined,
    @Nullable List<String> tables,
    @Nullable String reason,
    long millis) {
  /** The batch is written and waits to be committed. */
  public static final String PREPARED = "prepared";

  /** Somebody else has the batch, or has landed it: there is nothing to commit. */
  public static final String LOST = "lost";

  public WriteResult {
    requireNonNull(outcome, "outcome is null");
    tables = tables == null ? List.of() : List.copyOf(tables);
  }

  public static WriteResult lost(String reason, long millis) {
    return new WriteResult(LOST, null, 0, 0, 0, 0, null, reason, millis);
  }
}
