package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What the catalog knows of a request key.
 *
 * @param bodyHash hash of the body that first came with the key
 * @param receiptId the receipt it got, null while its events are not known to be in the log
 */
public record RequestClaim(KeyHash bodyHash, @Nullable String receiptId) {
  public RequestClaim {
    requireNonNull(bodyHash, "bodyHash is null");
  }
}
