package io.duckmesh.workflows.compact;

import static java.util.Objects.requireNonNull;

/** Which rewrite, of which run. */
public record GroupInput(String runId, String tenant, long rewriteId) {
  public GroupInput {
    requireNonNull(runId, "runId is null");
    requireNonNull(tenant, "tenant is null");
  }
}
