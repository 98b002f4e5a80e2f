package io.duckmesh.workflows.collect;

import static java.util.Objects.requireNonNull;

/**
 * What a run is doing.
 *
 * @param state {@code marking}, {@code sweeping} or {@code ended}
 */
public record CollectStatus(String state, CollectProgress progress) {
  public CollectStatus {
    requireNonNull(state, "state is null");
    requireNonNull(progress, "progress is null");
  }
}
