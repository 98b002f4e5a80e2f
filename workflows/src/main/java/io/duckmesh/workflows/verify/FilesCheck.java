package io.duckmesh.workflows.verify;

import static java.util.Objects.requireNonNull;

/** Files to be looked at by a run, from where it has come to. */
public record FilesCheck(String runId, String tenant, VerifyProgress progress) {
  public FilesCheck {
    requireNonNull(runId, "runId is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(progress, "progress is null");
  }
}
