package io.duckmesh.catalog.memory;

import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.RequestClaim;
import io.duckmesh.catalog.RequestKeys;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.memory.State.Request;
import io.duckmesh.catalog.memory.State.RequestKey;
import java.time.Clock;
import java.time.Instant;

final class InMemoryRequestKeys implements RequestKeys {
  private final State state;
  private final Clock clock;

  InMemoryRequestKeys(State state, Clock clock) {
    this.state = state;
    this.clock = clock;
  }

  @Override
  public RequestClaim claim(TableId table, String requestKey, KeyHash bodyHash) {
    return state.locked(
        () -> {
          Instant now = clock.instant();
          Instant oldest = now.minus(state.table(table).info.settings().keyWindow());
          Request standing =
              state.requests.merge(
                  new RequestKey(table, requestKey),
                  new Request(bodyHash, null, now),
                  (old, young) -> old.claimedAt().isBefore(oldest) ? young : old);
          return new RequestClaim(standing.bodyHash(), standing.receiptId());
        });
  }

  @Override
  public String complete(TableId table, String requestKey, String receiptId) {
    return state.locked(
        () -> {
          RequestKey key = new RequestKey(table, requestKey);
          Request request = state.requests.get(key);
          if (request == null) {
            throw new IllegalStateException(
                "Request key %s of table %s was not claimed".formatted(requestKey, table));
          }
          String recorded = request.receiptId();
          if (recorded != null) {
            return recorded;
          }
          state.requests.put(key, new Request(request.bodyHash(), receiptId, request.claimedAt()));
          return receiptId;
        });
  }
}
