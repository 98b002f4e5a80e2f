package io.duckmesh.api.receipt;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What has become of a receipt's events so far.
 *
 * @param state {@code accepted} while any of them has not landed; then {@code quarantined} if any
 *     could not land, else {@code visible}
 * @param snapshot the first that has all of them, null while they are only accepted
 * @param landed per shard, those that have landed
 * @param duplicates events whose key had landed before, over what has landed
 * @param quarantined events in quarantine, over what has landed
 * @param reasons why events are in quarantine
 */
public record ReceiptState(
    State state,
    @Nullable Snapshot snapshot,
    List<Landed> landed,
    long duplicates,
    long quarantined,
    List<String> reasons) {
  /** The stages of a receipt. */
  public enum State {
    ACCEPTED,
    VISIBLE,
    QUARANTINED
  }

  /** A part of the receipt that has landed. */
  public record Landed(String shard, long position, Snapshot snapshot) {
    public Landed {
      requireNonNull(shard, "shard is null");
      requireNonNull(snapshot, "snapshot is null");
    }
  }

  public ReceiptState {
    requireNonNull(state, "state is null");
    landed = List.copyOf(landed);
    reasons = List.copyOf(reasons);
  }
}
