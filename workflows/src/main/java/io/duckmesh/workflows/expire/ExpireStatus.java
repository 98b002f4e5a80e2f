package io.duckmesh.workflows.expire;

import static java.util.Objects.requireNonNull;

/**
 * What a run is doing.
 *
 * @param state {@code snapshots}, {@code rows}, {@code forget} or {@code ended}
 */
public record ExpireStatus(String tenant, String state, ExpireProgress progress) {
  public ExpireStatus {
    requireNonNull(tenant, "tenant is null");
    requireNonNull(state, "state is null");
    requireNonNull(progress, "progress is null");
  }
}
