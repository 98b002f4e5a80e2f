package io.duckmesh.api.ingest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answer to a request that was accepted.
 *
 * @param state {@code accepted}, {@code visible} or {@code quarantined}
 * @param accepted events that are durable
 * @param duplicates of them, those known to have landed before
 * @param quarantined of them, those known to be in quarantine or on their way there
 * @param errors why; while the events have not landed, what is wrong with the first of them
 * @param snapshotId the first snapshot that has all of them, null while it is not known
 */
record IngestAnswer(
    String receiptId,
    String token,
    String state,
    long accepted,
    long duplicates,
    long quarantined,
    List<String> errors,
    @Nullable Long snapshotId) {
  IngestAnswer {
    errors = List.copyOf(errors);
  }
}
