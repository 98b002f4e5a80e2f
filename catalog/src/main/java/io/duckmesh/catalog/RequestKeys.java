package io.duckmesh.catalog;

/** Request keys, so that a repeated request gets the first one's receipt. */
public interface RequestKeys {
  /**
   * Claims the key for a body. The first caller's claim is recorded and returned; later callers, at
   * any gateway and within the table's key window, get that first claim, whatever body they bring.
   * The caller compares the hashes.
   */
  RequestClaim claim(TableId table, String requestKey, KeyHash bodyHash);

  /**
   * Records the receipt once the events are in the log. The first one recorded stays and is
   * returned; so two callers that published the same request answer alike.
   *
   * @throws IllegalStateException if the key is not claimed
   */
  String complete(TableId table, String requestKey, String receiptId);
}
