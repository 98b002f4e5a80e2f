package io.duckmesh.bench.faults;

import java.time.Duration;
import java.util.List;

/** The tables that the load uses, one for each way of writing. */
final class Tables {
  /** One shard; each request has a key and is repeated until it is acknowledged. */
  static final String ORDERED = "ordered";

  /** Two shards; rows have event keys and are sent again on purpose. */
  static final String KEYED = "keyed";

  /** One shard; no keys, so no request is repeated. */
  static final String BARE = "bare";

  /** One shard; restored, dropped and given back while requests with keys are sent to it. */
  static final String TURNED = "turned";

  /** One shard; rows with a time go when they are older than {@link #KEEP_ROWS}. */
  static final String AGED = "aged";

  static final List<String> ALL = List.of(ORDERED, KEYED, BARE, TURNED, AGED);

  /** How long snapshots can be read, beside pinned ones. */
  static final Duration KEEP_SNAPSHOTS = Duration.ofSeconds(25);

  /** The same of the table that goes back to earlier ones. */
  static final Duration KEEP_TURNED = Duration.ofSeconds(90);

  static final Duration KEEP_ROWS = Duration.ofMinutes(1);

  private static final String COLUMNS =
      """
      "columns":[{"name":"writer","type":"INTEGER","required":true},
                 {"name":"n","type":"BIGINT","required":true},
                 {"name":"variant","type":"INTEGER","required":true},
                 {"name":"k","type":"VARCHAR","required":true}%s]
      """;

  private static final String TIME = ",{\"name\":\"seen\",\"type\":\"TIMESTAMPTZ\"}";

  private Tables() {}

  /**
   * @param upkeep whether also those are made that go back and whose rows go, and all are to be
   *     kept in shape all the time
   */
  static void create(Client client, boolean upkeep) {
    create(client, ORDERED, "", "");
    create(client, KEYED, "", ",\"event_key\":[\"k\"],\"settings\":{\"shards\":2}");
    create(client, BARE, "", "");
    if (!upkeep) {
      return;
    }
    create(client, TURNED, "", ",\"sort_by\":[\"n\"]");
    create(client, AGED, TIME, "");
    String ofTenant =
        "{\"keep_snapshots\":\"%ds\",\"keep_at_least\":1}".formatted(KEEP_SNAPSHOTS.toSeconds());
    Client.Answer set = client.send(0, "PUT", "/v1/maintenance/policy", ofTenant);
    if (!set.ok()) {
      throw new IllegalStateException("No policy of the tenant: " + set.text());
    }
    for (String table : ALL) {
      Duration keep = table.equals(TURNED) ? KEEP_TURNED : KEEP_SNAPSHOTS;
      String rows =
          table.equals(AGED)
              ? ",\"row_retention\":{\"column\":\"seen\",\"keep\":\"%ds\"}"
                  .formatted(KEEP_ROWS.toSeconds())
              : "";
      String policy =
          "{\"policy\":{\"target_file_bytes\":1048576,\"keep_snapshots\":\"%ds\",\"keep_at_least\":1%s}}"
              .formatted(keep.toSeconds(), rows);
      Client.Answer answer = client.send(0, "PATCH", "/v1/tables/" + table, policy);
      if (!answer.ok()) {
        throw new IllegalStateException("No policy of %s: %s".formatted(table, answer.text()));
      }
    }
  }

  private static void create(Client client, String name, String columns, String rest) {
    String body = "{\"name\":\"%s\",%s%s}".formatted(name, COLUMNS.formatted(columns), rest);
    Client.Answer answer = client.post(0, "/v1/tables", "application/json", body, null);
    if (!answer.ok()) {
      throw new IllegalStateException("No table %s: %s".formatted(name, answer.text()));
    }
  }

  /** One row a line. */
  static void appendRow(StringBuilder body, int writer, long n, int variant) {
    body.append("{\"writer\":").append(writer).append(",\"n\":").append(n);
    body.append(",\"variant\":").append(variant);
    body.append(",\"k\":\"").append(writer).append('-').append(n).append("\"}\n");
  }

  static String rows(int writer, long first, int rows, int variant) {
    StringBuilder body = new StringBuilder(rows * 48);
    for (long n = first; n < first + rows; n++) {
      appendRow(body, writer, n, variant);
    }
    return body.toString();
  }
}
