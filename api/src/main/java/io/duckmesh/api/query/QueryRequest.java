package io.duckmesh.api.query;

import io.duckmesh.api.ApiSettings;
import io.duckmesh.api.json.JsonFields;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.engine.query.JsonStyle;
import io.duckmesh.engine.query.JsonStyle.Numbers;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryParameters;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A query as it is asked for.
 *
 * @param parameters values for the statement's parameters
 * @param snapshotId the snapshot to read, null for the newest or {@code asOf}
 * @param asOf read the newest snapshot of that time, null for the newest or {@code snapshotId}
 * @param tokens writes that the snapshot must have
 * @param maxWait how long to wait for them
 * @param maxStaleness a snapshot that was the newest this long ago will do, null for the newest
 * @param repeatable whether the same snapshot has to give the same bytes, null if not said
 * @param jsonStyle of numbers in JSON
 */
record QueryRequest(
    String sql,
    QueryParameters parameters,
    @Nullable SnapshotId snapshotId,
    @Nullable Instant asOf,
    List<String> tokens,
    Duration maxWait,
    @Nullable Duration maxStaleness,
    @Nullable Boolean repeatable,
    JsonStyle jsonStyle,
    QueryLimits limits) {
  private static final int MAX_TOKENS = 1_000;
  private static final Duration MAX_STALENESS = Duration.ofHours(1);

  /** How many values came with the statement. */
  int parameterCount() {
    return parameters.size();
  }

  static QueryRequest read(byte[] body, ApiSettings settings) {
    JsonFields fields = JsonFields.parse(body);
    String sql = fields.requiredText("sql");
    QueryParameters parameters = ParameterReader.read(fields);
    Long snapshot = fields.number("snapshot_id", 0, Long.MAX_VALUE);
    Instant asOf = fields.instant("as_of");
    if (snapshot != null && asOf != null) {
      fields.problem("as_of", "does not go with snapshot_id");
    }
    List<String> tokens = fields.oneOrMoreTexts("min_visibility_token");
    if (tokens.size() > MAX_TOKENS) {
      fields.problem(
          "min_visibility_token", "has %d tokens, at most %d".formatted(tokens.size(), MAX_TOKENS));
    }
    Long wait = fields.number("wait_timeout_ms", 0, settings.maxWait().toMillis());
    Long staleness = fields.number("max_staleness_ms", 0, MAX_STALENESS.toMillis());
    if (staleness != null && (snapshot != null || asOf != null)) {
      fields.problem("max_staleness_ms", "does not go with snapshot_id or as_of");
    }
    Boolean repeatable = fields.has("repeatable") ? fields.flag("repeatable") : null;
    JsonStyle style = style(fields.object("json"));
    QueryLimits limits = limits(fields.object("limits"), settings);
    fields.refuseUnknown();
    fields.check();
    return new QueryRequest(
        sql,
        parameters,
        snapshot == null ? null : new SnapshotId(snapshot),
        asOf,
        tokens,
        wait == null ? settings.defaultWait() : Duration.ofMillis(wait),
        staleness == null ? null : Duration.ofMillis(staleness),
        repeatable,
        style,
        limits);
  }

  /** Whether it names the snapshot that it reads, and so may be asked again for the same. */
  boolean atFixedSnapshot() {
    return snapshotId != null || asOf != null;
  }

  private static JsonStyle style(@Nullable JsonFields fields) {
    if (fields == null) {
      return JsonStyle.NUMBERS;
    }
    JsonStyle style = new JsonStyle(numbers(fields, "integers"), numbers(fields, "decimals"));
    fields.refuseUnknown();
    return style;
  }

  private static Numbers numbers(JsonFields fields, String name) {
    String word = fields.text(name);
    if (word != null && !word.equals("string") && !word.equals("number")) {
      fields.problem(name, "is %s, possible are number and string".formatted(word));
    }
    return "string".equals(word) ? Numbers.STRING : Numbers.NUMBER;
  }

  private static QueryLimits limits(@Nullable JsonFields fields, ApiSettings settings) {
    QueryLimits limits = settings.defaultLimits();
    if (fields == null) {
      return limits;
    }
    QueryLimits max = settings.maxLimits();
    Long timeout = fields.number("timeout_ms", 1, max.timeout().toMillis());
    Long rows = fields.number("max_rows", 1, max.maxRows());
    Long bytes = fields.number("max_bytes", 1, max.maxBytes());
    fields.refuseUnknown();
    return new QueryLimits(
        timeout == null ? limits.timeout() : Duration.ofMillis(timeout),
        rows == null ? limits.maxRows() : rows,
        bytes == null ? limits.maxBytes() : bytes);
  }
}
