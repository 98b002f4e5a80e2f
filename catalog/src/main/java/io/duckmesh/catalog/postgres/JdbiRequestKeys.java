package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.RequestClaim;
import io.duckmesh.catalog.RequestKeys;
import io.duckmesh.catalog.TableId;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

final class JdbiRequestKeys implements RequestKeys {
  private final Database database;
  private final Clock clock;

  JdbiRequestKeys(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public RequestClaim claim(TableId table, String requestKey, KeyHash bodyHash) {
    Instant now = clock.instant();
    return database.call(
        "claim request key " + requestKey + " of table " + table,
        RequestKeyDao.class,
        dao ->
            dao.claim(table.value(), requestKey, bodyHash.high(), bodyHash.low(), now)
                // A claim that was made while the statement ran hinders it but is not seen by it;
                // a second statement sees it.
                .or(
                    () ->
                        dao.claim(table.value(), requestKey, bodyHash.high(), bodyHash.low(), now))
                .orElseThrow(() -> new IllegalArgumentException("Table does not exist: " + table)));
  }

  @Override
  public String complete(TableId table, String requestKey, String receiptId) {
    Optional<String> recorded =
        database.call(
            "complete request key " + requestKey + " of table " + table,
            RequestKeyDao.class,
            dao -> dao.complete(table.value(), requestKey, receiptId));
    return recorded.orElseThrow(
        () ->
            new IllegalStateException(
                "Request key %s of table %s was not claimed".formatted(requestKey, table)));
  }
}
