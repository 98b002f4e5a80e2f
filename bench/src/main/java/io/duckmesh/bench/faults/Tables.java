package io.duckmesh.bench.faults;

/** The tables that the load uses, one for each way of writing. */
final class Tables {
  /** One shard; each request has a key and is repeated until it is acknowledged. */
  static final String ORDERED = "ordered";

  /** Two shards; rows have event keys and are sent again on purpose. */
  static final String KEYED = "keyed";

  /** One shard; no keys, so no request is repeated. */
  static final String BARE = "bare";

  private static final String COLUMNS =
      """
      "columns":[{"name":"writer","type":"INTEGER","required":true},
                 {"name":"n","type":"BIGINT","required":true},
                 {"name":"variant","type":"INTEGER","required":true},
                 {"name":"k","type":"VARCHAR","required":true}]
      """;

  private Tables() {}

  static void create(Client client) {
    create(client, ORDERED, "");
    create(client, KEYED, ",\"event_key\":[\"k\"],\"settings\":{\"shards\":2}");
    create(client, BARE, "");
  }

  private static void create(Client client, String name, String rest) {
    String body = "{\"name\":\"%s\",%s%s}".formatted(name, COLUMNS, rest);
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
