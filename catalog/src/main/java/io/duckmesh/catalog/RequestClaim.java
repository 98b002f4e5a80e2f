package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the catalog knows of a request key.
 *
 * @param bodyHash hash of the body that first came with the key
 * @param receiptId the receipt it got, null while its events are not known to be in the log
 * @param madeAt when the call that returned this made the claim, null if it stood before
 */
public record RequestClaim(KeyHash bodyHash, @Nullable String receiptId, @Nullable Instant madeAt) {
  public RequestClaim {
    requireNonNull(bodyHash, "bodyHash is null");
  }
}
