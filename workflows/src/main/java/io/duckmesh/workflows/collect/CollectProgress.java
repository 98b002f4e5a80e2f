package io.duckmesh.workflows.collect;

import org.jspecify.annotations.Nullable;

/**
 * What a run has done so far; of a dry run, what it would do.
 *
 * @param tenant the tenant that is being marked, null before the first one
 * @param after where marking or sweeping goes on in a dry run, null at the beginning
 * @param sweeping whether all tenants are marked
 * @param tenants tenants that are marked
 * @param marked objects that became garbage
 * @param markedBytes bytes of them
 * @param deleted objects that were deleted
 * @param deletedBytes bytes of them
 * @param failures objects that could not be deleted, and tenants that could not be marked
 * @param failure why something failed, null if nothing did
 */
public record CollectProgress(
    @Nullable String tenant,
    @Nullable String after,
    boolean sweeping,
    int tenants,
    long marked,
    long markedBytes,
    long deleted,
    long deletedBytes,
    long failures,
    @Nullable String failure) {
  public static final CollectProgress NONE =
      new CollectProgress(null, null, false, 0, 0, 0, 0, 0, 0, null);

  /** Before the first slice of the tenant. */
  CollectProgress begin(String next) {
    return new CollectProgress(
        next,
        null,
        sweeping,
        tenants,
        marked,
        markedBytes,
        deleted,
        deletedBytes,
        failures,
        failure);
  }

  CollectProgress plus(MarkResult slice) {
    return new CollectProgress(
        tenant,
        slice.after(),
        sweeping,
        tenants + (slice.done() ? 1 : 0),
        marked + slice.files(),
        markedBytes + slice.bytes(),
        deleted,
        deletedBytes,
        failures,
        failure);
  }

  CollectProgress plusFailure(String reason) {
    return new CollectProgress(
        tenant,
        after,
        sweeping,
        tenants,
        marked,
        markedBytes,
        deleted,
        deletedBytes,
        failures + 1,
        reason);
  }

  CollectProgress sweep() {
    return new CollectProgress(
        null, null, true, tenants, marked, markedBytes, deleted, deletedBytes, failures, failure);
  }

  CollectProgress plus(SweepResult slice) {
    return new CollectProgress(
        tenant,
        slice.after(),
        sweeping,
        tenants,
        marked,
        markedBytes,
        deleted + slice.deleted(),
        deletedBytes + slice.bytes(),
        failures + slice.failed(),
        slice.reason() == null ? failure : slice.reason());
  }
}
