package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/**
 * An asynchronous query as it is submitted.
 *
 * @param format how the result is to be written, in words of the caller
 * @param request all that a gateway needs to run it, values of parameters included, in words of the
 *     caller; kept until the query ends
 * @param requestHash hash of what the client sent, by which a repeated request is known
 */
public record QueryDraft(
    QueryId id,
    TenantId tenant,
    String keyId,
    QueryText text,
    String format,
    String request,
    KeyHash requestHash) {
  public QueryDraft {
    requireNonNull(id, "id is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(keyId, "keyId is null");
    requireNonNull(text, "text is null");
    requireNonNull(format, "format is null");
    requireNonNull(request, "request is null");
    requireNonNull(requestHash, "requestHash is null");
  }

  @Override
  public String toString() {
    return "QueryDraft[id=%s, tenant=%s, keyId=%s]".formatted(id, tenant, keyId);
  }
}
