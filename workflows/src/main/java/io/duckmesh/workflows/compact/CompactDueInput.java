package io.duckmesh.workflows.compact;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Whose tables.
 *
 * @param searchAttributes whether the server knows {@link io.duckmesh.workflows.SearchAttributes}
 */
public record CompactDueInput(String tenant, @Nullable Boolean searchAttributes) {
  public CompactDueInput {
    requireNonNull(tenant, "tenant is null");
    searchAttributes = searchAttributes != null && searchAttributes;
  }
}
