package io.duckmesh.catalog.memory;

import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.RequestClaim;
import io.duckmesh.catalog.RequestKeys;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.memory.State.Request;
import io.duckmesh.catalog.memory.State.RequestKey;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

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
          RequestKey key = new RequestKey(table, requestKey);
          Request old = state.requests.get(key);
          if (old == null || old.claimedAt().isBefore(oldest)) {
            state.requests.put(key, new Request(bodyHash, null, now));
            return new RequestClaim(bodyHash, null, now);
          }
          if (old.receiptId() == null && old.bodyHash().equals(bodyHash)) {
            state.requests.put(
                key, new Request(bodyHash, null, old.claimedAt().plus(1, ChronoUnit.MICROS)));
          }
          return new RequestClaim(old.bodyHash(), old.receiptId(), null);
        });
  }

  @Override
  public Optional<RequestClaim> find(TableId table, String requestKey) {
    return state.locked(
        () -> {
          Instant oldest = clock.instant().minus(state.table(table).info.settings().keyWindow());
          return Optional.ofNullable(state.requests.get(new RequestKey(table, requestKey)))
              .filter(request -> !request.claimedAt().isBefore(oldest))
              .map(request -> new RequestClaim(request.bodyHash(), request.receiptId(), null));
        });
  }

  @Override
  public void release(TableId table, String requestKey, RequestClaim claim) {
    Instant madeAt = claim.madeAt();
    if (madeAt == null) {
      return;
    }
    state.locked(
        () ->
            state.requests.remove(
                new RequestKey(table, requestKey), new Request(claim.bodyHash(), null, madeAt)));
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
