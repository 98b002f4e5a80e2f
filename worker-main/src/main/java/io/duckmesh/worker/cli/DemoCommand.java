package io.duckmesh.worker.cli;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Loads the sample that is in the program and asks it questions. May be run again. */
@Command(
    name = "demo",
    description = "Loads a small real sample (flights from New York in 2013) and asks questions.")
public final class DemoCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final List<String> TABLES = List.of("airlines", "airports", "weather", "flights");

  private record Question(String text, String sql) {}

  private static final List<Question> QUESTIONS =
      List.of(
          new Question(
              "Which airlines flew most, and how late were they?",
              """
              SELECT a.name AS airline, count(*) AS flights,
                     round(avg(f.dep_delay), 1) AS avg_delay_minutes,
                     count(*) FILTER (f.dep_time IS NULL) AS cancelled
              FROM demo_flights f JOIN demo_airlines a ON a.carrier = f.carrier
              GROUP BY ALL ORDER BY flights DESC LIMIT 5"""),
          new Question(
              "Where did people go?",
              """
              SELECT f.dest, p.name AS airport, count(*) AS flights, max(f.distance) AS miles
              FROM demo_flights f LEFT JOIN demo_airports p ON p.faa = f.dest
              GROUP BY ALL ORDER BY flights DESC, f.dest LIMIT 5"""),
          new Question(
              "Which flights were latest?",
              """
              SELECT f.time_hour, a.name AS airline, f.flight, f.origin, f.dest,
                     f.dep_delay AS delay_minutes
              FROM demo_flights f JOIN demo_airlines a ON a.carrier = f.carrier
              WHERE f.dep_delay IS NOT NULL
              ORDER BY f.dep_delay DESC, f.flight_id LIMIT 5"""),
          new Question(
              "Does wind make flights late?",
              """
              SELECT CASE WHEN w.wind_speed < 8 THEN 'calm'
                          WHEN w.wind_speed < 16 THEN 'breeze' ELSE 'strong' END AS wind,
                     count(*) AS flights, round(avg(f.dep_delay), 1) AS avg_delay_minutes
              FROM demo_flights f JOIN demo_weather w
                ON w.origin = f.origin AND w.time_hour = f.time_hour
              WHERE w.wind_speed IS NOT NULL
              GROUP BY ALL ORDER BY min(w.wind_speed)"""));

  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  private final List<String> commands = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    Gateway gateway = gatewayOptions.gateway();
    Sender sender = new Sender(Duration.ofSeconds(60), Terminal.err()::println);
    say("Loading flights of 1 to 5 January 2013, with airlines, airports and weather");
    say("(US Bureau of Transportation Statistics, packaged by nycflights13, CC0)");
    say("");
    for (String name : TABLES) {
      load(gateway, sender, name);
    }
    for (Question question : QUESTIONS) {
      say("");
      say("# " + question.text());
      say(question.sql().indent(2).stripTrailing());
      say("");
      ask(gateway, question.sql(), Map.of());
      commands.add("query \"%s\"".formatted(oneLine(question.sql())));
    }
    ownWrite(gateway);
    say("");
    say("# Again by hand");
    commands.forEach(command -> say("  " + Terminal.program() + " " + command));
    return 0;
  }

  private void load(Gateway gateway, Sender sender, String name) throws IOException {
    String table = "demo_" + name;
    ObjectNode schema = (ObjectNode) Gateway.JSON.readTree(resource(name + ".schema.json"));
    boolean created = TablesCommand.createIfAbsent(gateway, sender, table, schema);
    long began = System.nanoTime();
    long rows = 0;
    JsonNode answer = Gateway.JSON.nullNode();
    try (Chunks chunks =
        Chunks.read(
            new java.io.ByteArrayInputStream(resource(name + ".ndjson.gz")),
            false,
            10_000,
            4 << 20)) {
      for (Optional<Chunk> chunk = chunks.next(); chunk.isPresent(); chunk = chunks.next()) {
        byte[] body = chunk.get().body();
        Map<String, String> headers =
            Map.of(
                "Content-Type",
                "application/x-ndjson",
                "Idempotency-Key",
                "demo-%s-%d".formatted(name, chunk.get().ordinal()));
        answer =
            sender.send(
                () ->
                    gateway.post(
                        "/v1/tables/%s/events?wait=visible&timeout=30s".formatted(table),
                        headers,
                        body,
                        TIMEOUT));
        rows += chunk.get().rows();
      }
    }
    say(
        "%-14s %,6d rows, visible after %,d ms%s"
            .formatted(
                table,
                rows,
                Duration.ofNanos(System.nanoTime() - began).toMillis(),
                created ? "" : " (was there already: nothing is added twice)"));
    if (answer.path("state").asString("").equals("accepted")) {
      say("  It is durable but not yet visible; see `duckmesh lag`");
    }
  }

  /** A write, and the same question before it and with its token. */
  private void ownWrite(Gateway gateway) {
    String count = "SELECT count(*) AS flights FROM demo_flights";
    say("");
    say("# Read your own write: one more flight, then the same question at two snapshots");
    JsonNode before = gateway.post("/v1/query", query(count), TIMEOUT);
    String flight =
        """
        {"flight_id":"DM1-%d","year":2013,"month":1,"day":6,"sched_dep_time":900,"carrier":"UA",\
        "flight":1,"origin":"JFK","dest":"BOS","distance":187,"hour":9,"minute":0,\
        "time_hour":"2013-01-06T14:00:00Z"}
        """
            .formatted(before.path("snapshot_id").asLong());
    JsonNode receipt =
        gateway.post(
            "/v1/tables/demo_flights/events",
            Map.of("Content-Type", "application/x-ndjson"),
            flight.getBytes(java.nio.charset.StandardCharsets.UTF_8),
            TIMEOUT);
    String token = receipt.path("token").asString("");
    say("  " + flight.strip());
    say("  -> " + receipt.path("state").asString("") + ", token " + token);
    say("");
    say("With the token of the write:");
    JsonNode after =
        gateway.post("/v1/query", query(count).put("min_visibility_token", token), TIMEOUT);
    Terminal.flush();
    QueryCommand.print(after);
    long earlier = before.path("snapshot_id").asLong();
    say("");
    say("At the snapshot before it, which never changes:");
    ask(gateway, count, Map.of("snapshot_id", earlier));
    commands.add("query \"%s\" --token %s".formatted(count, token));
    commands.add("query \"%s\" --snapshot %d".formatted(count, earlier));
  }

  private static void ask(Gateway gateway, String sql, Map<String, Long> more) {
    ObjectNode body = query(sql);
    more.forEach(body::put);
    Terminal.flush();
    QueryCommand.print(gateway.post("/v1/query", body, TIMEOUT));
  }

  private static ObjectNode query(String sql) {
    return Gateway.JSON.createObjectNode().put("sql", sql);
  }

  private static String oneLine(String sql) {
    return sql.replaceAll("\\s+", " ").strip();
  }

  private static void say(String line) {
    Terminal.out().println(line);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = DemoCommand.class.getResourceAsStream("/demo/" + name)) {
      if (in == null) {
        throw new IllegalStateException("The program has no resource demo/" + name);
      }
      return in.readAllBytes();
    }
  }
}
