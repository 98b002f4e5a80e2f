package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.History.Expired;
import io.duckmesh.bench.faults.History.Read;
import io.duckmesh.bench.faults.History.Seen;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads of whole tables, noted in the history. Thread-safe. */
final class Queries {
  private static final String OVERVIEW =
      """
      SELECT writer, count(*), count(DISTINCT n), min(n), max(n), CAST(sum(n) AS BIGINT),
             CAST(sum(variant) AS BIGINT)
      FROM %s GROUP BY writer ORDER BY writer
      """;

  private final Client client;
  private final History history;

  Queries(Client client, History history) {
    this.client = client;
    this.history = history;
  }

  Optional<Read> newest(int gateway, String table) {
    return read("newest", gateway, table, body(table));
  }

  Optional<Read> at(int gateway, String table, long snapshot) {
    return read("fixed", gateway, table, body(table).put("snapshot_id", snapshot));
  }

  Optional<Read> withToken(int gateway, String table, String token) {
    return read(
        "token",
        gateway,
        table,
        body(table).put("min_visibility_token", token).put("wait_timeout_ms", 10_000));
  }

  /** Runs any statement; empty when it was refused or not answered. */
  Optional<JsonNode> ask(String why, int gateway, ObjectNode body) {
    return ask(why, gateway, body, code -> false);
  }

  /**
   * The same.
   *
   * @param isRight whether a refusal with that code is right
   */
  Optional<JsonNode> ask(String why, int gateway, ObjectNode body, Predicate<String> isRight) {
    long began = history.now();
    Client.Answer answer =
        client.post(gateway, "/v1/query", "application/json", body.toString(), null);
    if (answer.ok()) {
      return Optional.of(answer.json());
    }
    history.add(
        new History.NoAnswer(why, gateway, began, history.now(), answer.status(), answer.text()));
    String code = answer.field("error_code");
    if (!answer.saysRetry() && (code == null || !isRight.test(code))) {
      history.violation(
          "REFUSED_FOR_GOOD",
          "query (%s) at gateway %d: %s".formatted(why, gateway, answer.text()));
    }
    return Optional.empty();
  }

  static ObjectNode statement(String sql) {
    return Client.JSON.createObjectNode().put("sql", sql);
  }

  private static ObjectNode body(String table) {
    return statement(OVERVIEW.formatted(table));
  }

  private Optional<Read> read(String why, int gateway, String table, ObjectNode body) {
    long began = history.now();
    Optional<Read> read =
        ask(why, gateway, body, code -> isRight(code, why, table, body))
            .map(
                answer ->
                    new Read(
                        why,
                        table,
                        gateway,
                        began,
                        history.now(),
                        answer.path("snapshot_id").asLong(),
                        seen(answer.path("rows"))));
    read.ifPresent(history::add);
    return read;
  }

  /** An earlier snapshot may have expired, and a table that is dropped again and again be away. */
  private boolean isRight(String code, String why, String table, ObjectNode body) {
    if (code.equals("SNAPSHOT_EXPIRED") && why.equals("fixed")) {
      history.add(new Expired(table, body.path("snapshot_id").asLong(), Instant.now()));
      return true;
    }
    return code.equals("TABLE_NOT_FOUND") && table.equals(Tables.TURNED);
  }

  private static List<Seen> seen(JsonNode rows) {
    List<Seen> seen = new ArrayList<>();
    for (JsonNode row : rows) {
      seen.add(
          new Seen(
              row.path(0).asInt(),
              row.path(1).asLong(),
              row.path(2).asLong(),
              row.path(3).asLong(),
              row.path(4).asLong(),
              row.path(5).asLong(),
              row.path(6).asLong()));
    }
    return seen;
  }
}
