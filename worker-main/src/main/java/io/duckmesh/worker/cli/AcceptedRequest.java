package io.duckmesh.worker.cli;

import tools.jackson.databind.JsonNode;

/**
 * A request whose events are durable.
 *
 * @param receipt what the gateway said of them last: the answer to the request, or its receipt
 * @param replayed whether an earlier run had sent them, so that nothing was added for this request
 * @param fresh whether they were certainly added by this run; neither this nor {@code replayed}
 *     holds where a connection broke off and the next try found them there
 * @param sentAt when the last try began, in nanoseconds since the command began
 * @param answeredAt when it was answered, in nanoseconds since the command began
 */
record AcceptedRequest(
    JsonNode receipt, boolean replayed, boolean fresh, long sentAt, long answeredAt) {
  String receiptId() {
    return receipt.path("receipt_id").asString("");
  }

  String token() {
    return receipt.path("token").asString("");
  }

  /** Whether all events have landed: they are visible, duplicates or in quarantine. */
  boolean landed() {
    return !receipt.path("state").asString("accepted").equals("accepted");
  }

  long count(String field) {
    return receipt.path(field).asLong(0);
  }

  /** Events that queries see; an answer to a write does not count them, a receipt does. */
  long visible() {
    return landed() ? count("accepted") - count("duplicates") - count("quarantined") : 0;
  }

  AcceptedRequest withReceipt(JsonNode newer) {
    return new AcceptedRequest(newer, replayed, fresh, sentAt, answeredAt);
  }
}
