package io.duckmesh.catalog;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which queries to list; null stands for any.
 *
 * @param keyId asked by this key
 * @param outcome ended with this
 * @param slowerThan took at least so long, from being asked to their end or until now
 * @param since asked at that time or later
 */
public record QueryFilter(
    @Nullable String keyId,
    @Nullable QueryState state,
    @Nullable String outcome,
    @Nullable Duration slowerThan,
    @Nullable Instant since) {
  public static final QueryFilter ALL = new QueryFilter(null, null, null, null, null);

  public QueryFilter withKeyId(String keyId) {
    return new QueryFilter(keyId, state, outcome, slowerThan, since);
  }

  public QueryFilter withState(QueryState state) {
    return new QueryFilter(keyId, state, outcome, slowerThan, since);
  }

  public QueryFilter withOutcome(String outcome) {
    return new QueryFilter(keyId, state, outcome, slowerThan, since);
  }

  public QueryFilter withSlowerThan(Duration slowerThan) {
    return new QueryFilter(keyId, state, outcome, slowerThan, since);
  }

  public QueryFilter withSince(Instant since) {
    return new QueryFilter(keyId, state, outcome, slowerThan, since);
  }
}
