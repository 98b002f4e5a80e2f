package io.duckmesh.catalog.memory;

import static java.util.Comparator.comparing;

import io.duckmesh.catalog.AsyncQuery;
import io.duckmesh.catalog.QueryCursor;
import io.duckmesh.catalog.QueryFilter;
import io.duckmesh.catalog.QueryHistory;
import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.TenantId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

final class InMemoryQueryHistory implements QueryHistory {
  private static final Comparator<QueryRecord> LAST_FIRST =
      comparing(QueryRecord::submittedAt)
          .thenComparing((QueryRecord query) -> query.id().toString())
          .reversed();

  private final State state;
  private final Clock clock;

  InMemoryQueryHistory(State state, Clock clock) {
    this.state = state;
    this.clock = clock;
  }

  @Override
  public void record(List<QueryRecord> queries) {
    for (QueryRecord query : queries) {
      if (!query.state().isFinished() || query.finishedAt() == null || query.outcome() == null) {
        throw new IllegalArgumentException("Query %s has not ended".formatted(query.id()));
      }
    }
    state.locked(() -> state.queryHistory.addAll(queries));
  }

  @Override
  public Optional<QueryRecord> find(TenantId tenant, QueryId id) {
    return state.locked(
        () ->
            state.queryHistory.stream()
                .filter(query -> query.tenant().equals(tenant) && query.id().equals(id))
                .min(LAST_FIRST)
                .map(this::withLabel));
  }

  @Override
  public List<QueryRecord> list(
      TenantId tenant, QueryFilter filter, @Nullable QueryCursor after, int limit) {
    return state.locked(
        () ->
            Stream.concat(
                    state.asyncQueries.values().stream()
                        .map(InMemoryAsyncQueries.Entry::query)
                        .map(AsyncQuery::record)
                        .filter(query -> !query.state().isFinished()),
                    state.queryHistory.stream())
                .filter(query -> query.tenant().equals(tenant) && fits(query, filter))
                .sorted(LAST_FIRST)
                .dropWhile(query -> after != null && !comesAfter(query, after))
                .limit(limit)
                .map(this::withLabel)
                .toList());
  }

  private boolean fits(QueryRecord query, QueryFilter filter) {
    Instant end = query.finishedAt() == null ? clock.instant() : query.finishedAt();
    Duration slowerThan = filter.slowerThan();
    return (filter.keyId() == null || filter.keyId().equals(query.keyId()))
        && (filter.state() == null || filter.state() == query.state())
        && (filter.outcome() == null || filter.outcome().equals(query.outcome()))
        && (filter.since() == null || !query.submittedAt().isBefore(filter.since()))
        && (slowerThan == null
            || Duration.between(query.submittedAt(), end).compareTo(slowerThan) >= 0);
  }

  private static boolean comesAfter(QueryRecord query, QueryCursor place) {
    int order = query.submittedAt().compareTo(place.submittedAt());
    return order < 0 || (order == 0 && query.id().toString().compareTo(place.id().toString()) < 0);
  }

  private QueryRecord withLabel(QueryRecord query) {
    var key = state.apiKeys.get(query.keyId());
    return new QueryRecord(
        query.id(),
        query.tenant(),
        query.keyId(),
        key == null ? null : key.label(),
        query.mode(),
        query.state(),
        query.text(),
        query.submittedAt(),
        query.startedAt(),
        query.finishedAt(),
        query.snapshot(),
        query.tables(),
        query.outcome(),
        query.stats());
  }

  @Override
  public void forgetBefore(LocalDate day) {
    Instant start = day.atStartOfDay(ZoneOffset.UTC).toInstant();
    state.locked(() -> state.queryHistory.removeIf(query -> query.submittedAt().isBefore(start)));
  }
}
