package io.duckmesh.workflows.verify;

import static java.util.Objects.requireNonNull;

/**
 * Where looking at files has come to.
 *
 * @param done whether the last file was looked at
 */
public record FilesResult(VerifyProgress progress, boolean done) {
  public FilesResult {
    requireNonNull(progress, "progress is null");
  }
}
