package io.duckmesh.workflows.verify;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a run starts with, and hands to the run that continues it.
 *
 * @param searchAttributes whether the server knows {@link io.duckmesh.workflows.SearchAttributes};
 *     without them the run keeps none
 * @param progress where the run before has come to, null at the beginning
 */
public record VerifyInput(
    String tenant, @Nullable Boolean searchAttributes, @Nullable VerifyProgress progress) {
  public VerifyInput {
    requireNonNull(tenant, "tenant is null");
    searchAttributes = searchAttributes != null && searchAttributes;
  }

  /** A new run. */
  public static VerifyInput first(String tenant, boolean searchAttributes) {
    return new VerifyInput(tenant, searchAttributes, null);
  }
}
