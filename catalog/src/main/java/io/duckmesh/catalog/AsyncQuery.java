package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous query as it stands.
 *
 * @param format how the result is written, in words of who submitted it
 * @param cancelRequested whether it is to be cancelled, or was
 * @param phase what it is doing, in words of who runs it; null if it is not running
 * @param progress how much of it is done, from 0 to 1, null if it can not be told
 * @param error why it did not succeed, in words of who ran it; null if it did or has not ended
 * @param resultKey object of the result; null before it is written and after it was deleted
 * @param expiresAt until when the result of a query that has succeeded is kept, else null
 */
public record AsyncQuery(
    QueryRecord record,
    String format,
    boolean cancelRequested,
    @Nullable String phase,
    @Nullable Double progress,
    @Nullable String error,
    @Nullable String resultKey,
    @Nullable Instant expiresAt) {
  public AsyncQuery {
    requireNonNull(record, "record is null");
    requireNonNull(format, "format is null");
  }

  public QueryId id() {
    return record.id();
  }

  public TenantId tenant() {
    return record.tenant();
  }

  public QueryState state() {
    return record.state();
  }
}
