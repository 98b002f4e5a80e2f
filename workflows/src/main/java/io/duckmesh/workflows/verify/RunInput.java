package io.duckmesh.workflows.verify;

import static java.util.Objects.requireNonNull;

/** Which run, and of whom. */
public record RunInput(String runId, String tenant) {
  public RunInput {
    requireNonNull(runId, "runId is null");
    requireNonNull(tenant, "tenant is null");
  }
}
