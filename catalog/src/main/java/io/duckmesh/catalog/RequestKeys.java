package io.duckmesh.catalog;

import java.util.Optional;

/** Request keys, so that a repeated request gets the first one's receipt. */
public interface RequestKeys {
  /**
   * Claims the key for a body, durably. The first caller's claim is recorded and returned; later
   * callers, at any gateway and within the table's key window, get that first claim, whatever body
   * they bring. The caller compares the hashes.
   */
  RequestClaim claim(TableId table, String requestKey, KeyHash bodyHash);

  /** The claim that stands for the key, if there is one within the table's key window. */
  Optional<RequestClaim> find(TableId table, String requestKey);

  /**
   * Gives up a claim whose events are known not to be in the log: the key may be claimed for
   * another body then. Only the call that made the claim can do so, and only if no other got it
   * meanwhile, since nobody knows what that one did; else nothing happens. Repeatable.
   *
   * @param claim what {@link #claim} returned
   */
  void release(TableId table, String requestKey, RequestClaim claim);

  /**
   * Records the receipt once the events are in the log. The first one recorded stays and is
   * returned; so two callers that published the same request answer alike.
   *
   * @throws IllegalStateException if the key is not claimed
   */
  String complete(TableId table, String requestKey, String receiptId);
}
