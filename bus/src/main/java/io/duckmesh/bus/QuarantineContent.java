package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

/**
 * An entry of the quarantine with its bytes.
 *
 * @param payload the segment as it was appended, empty once the entry is replayed or dropped; not
 *     copied, and must not be changed
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record QuarantineContent(QuarantineEntry entry, byte[] payload) {
  public QuarantineContent {
    requireNonNull(entry, "entry is null");
    requireNonNull(payload, "payload is null");
  }
}
