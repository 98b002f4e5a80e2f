package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.RequestClaim;
import io.duckmesh.catalog.RequestKeys;
import io.duckmesh.catalog.TableId;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

final class JdbiRequestKeys implements RequestKeys {
  /** Each further one takes a rival that acts between two statements of this call. */
  private static final int ATTEMPTS = 20;

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
        dao -> {
          // What rivals do while the statement runs hinders it but is not seen by it; the next one
          // sees it.
          for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<RequestClaim> claim =
                dao.claim(table.value(), requestKey, bodyHash.high(), bodyHash.low(), now);
            if (claim.isPresent()) {
              return claim.get();
            }
          }
          throw new IllegalArgumentException("Table does not exist: " + table);
        });
  }

  @Override
  public Optional<RequestClaim> find(TableId table, String requestKey) {
    Instant now = clock.instant();
    return database.call(
        "find request key " + requestKey + " of table " + table,
        RequestKeyDao.class,
        dao -> dao.find(table.value(), requestKey, now));
  }

  @Override
  public void release(TableId table, String requestKey, RequestClaim claim) {
    Instant madeAt = claim.madeAt();
    if (madeAt == null) {
      return;
    }
    KeyHash body = claim.bodyHash();
    database.call(
        "release request key " + requestKey + " of table " + table,
        RequestKeyDao.class,
        dao -> dao.release(table.value(), requestKey, body.high(), body.low(), madeAt));
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
