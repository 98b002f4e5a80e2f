package io.duckmesh.api.problem;

/**
 * The stable codes of refusals, with their HTTP status and whether the same request may succeed
 * later. Codes are never renamed or reused.
 */
public enum ApiError {
  /** The request itself is wrong; {@code context} says where. */
  INVALID_REQUEST(400, false, "The request is not valid"),
  UNAUTHENTICATED(401, false, "No valid API key"),
  FORBIDDEN(403, false, "The key may not do this"),
  /** No such path. */
  NOT_FOUND(404, false, "There is nothing at this path"),
  METHOD_NOT_ALLOWED(405, false, "The path has no such method"),
  NOT_ACCEPTABLE(406, false, "The answer has no such format"),
  /** What is to be changed is not what {@code If-Match} names; nothing was changed. */
  PRECONDITION_FAILED(412, false, "It has changed meanwhile"),
  UNSUPPORTED_MEDIA_TYPE(415, false, "The body's format is not known"),
  PAYLOAD_TOO_LARGE(413, false, "The body is too large"),
  TABLE_NOT_FOUND(404, false, "There is no such table"),
  TABLE_EXISTS(409, false, "There is such a table"),
  /** Rows do not fit the table's schema; nothing was taken. */
  SCHEMA_MISMATCH(422, false, "Rows do not fit the table"),
  SCHEMA_INCOMPATIBLE(409, false, "The change breaks the table's compatibility"),
  /** The idempotency key came before with another body. */
  IDEMPOTENCY_CONFLICT(409, false, "The key belongs to another request"),
  RATE_LIMITED(429, true, "Too much at once"),
  /** Too much of the tenant has not landed yet. */
  BACKLOG_FULL(429, true, "The backlog is full"),
  RECEIPT_NOT_FOUND(404, false, "There is no such receipt"),
  /** The receipt is genuine and older than what is kept of landed events. */
  RECEIPT_EXPIRED(410, false, "The receipt has expired"),
  QUARANTINE_NOT_FOUND(404, false, "There is no such entry in quarantine"),
  /** The entry was dropped and is to be replayed, or was replayed and is to be dropped. */
  QUARANTINE_FINISHED(409, false, "The entry is finished already"),
  /** The entry cannot be replayed as it is, but with its rows in the body. */
  REPLAY_NOT_POSSIBLE(422, false, "The entry cannot be replayed as it is"),
  VISIBILITY_TOKEN_INVALID(400, false, "The token is not valid"),
  /** The token is of another installation or tenant. */
  TOKEN_SCOPE_MISMATCH(403, false, "The token is from elsewhere"),
  /** The barrier did not open in time; the write is safe and will be visible. */
  CONSISTENCY_TIMEOUT(504, true, "The write is not visible yet"),
  SNAPSHOT_NOT_FOUND(404, false, "There is no such snapshot"),
  SNAPSHOT_EXPIRED(410, false, "The snapshot has expired"),
  PIN_NOT_FOUND(404, false, "There is no such pin"),
  QUERY_REJECTED(400, false, "The statement is not allowed or does not fit the tables"),
  QUERY_FAILED(422, false, "The statement failed"),
  QUERY_TIMEOUT(504, false, "The statement took too long"),
  LIMIT_EXCEEDED(422, false, "A limit is exceeded"),
  QUERY_CANCELLED(409, false, "The statement was cancelled"),
  QUERY_NOT_FOUND(404, false, "There is no such query"),
  /** The query is waiting or running. */
  RESULT_NOT_READY(409, true, "There is no result yet"),
  RESULT_EXPIRED(410, false, "The result is no longer kept"),
  /** The query has ended without a result; {@code context} has the problem that ended it. */
  NO_RESULT(410, false, "There will be no result"),
  RUN_ACTIVE(409, true, "A run is active"),
  RUN_NOT_FOUND(404, false, "There is no such run"),
  /** The object store lost or changed an object that a snapshot has. */
  FILE_DAMAGED(500, false, "A data file is missing or changed"),
  UNAVAILABLE(503, true, "A part of the service does not answer"),
  INTERNAL(500, false, "Something unexpected happened");

  private final int status;
  private final boolean retryable;
  private final String title;

  ApiError(int status, boolean retryable, String title) {
    this.status = status;
    this.retryable = retryable;
    this.title = title;
  }

  public int status() {
    return status;
  }

  /** Whether the same request may succeed later without change. */
  public boolean retryable() {
    return retryable;
  }

  public String title() {
    return title;
  }
}
