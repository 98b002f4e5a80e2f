package io.duckmesh.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/**
 * Loads a file of flights with the client and compares ten answers with bare DuckDB's, value for
 * value.
 */
@Command(
    name = "compare-flights",
    mixinStandardHelpOptions = true,
    description = "Loads flights with the client and compares ten answers with bare DuckDB's.")
final class CompareFlights implements Callable<Integer> {
  private static final String SAMPLE = "worker-main/src/main/resources/demo";

  private static final List<String> QUESTIONS =
      List.of(
          "SELECT count(*) FROM flights",
          "SELECT carrier, count(*), avg(dep_delay), avg(arr_delay) FROM flights GROUP BY carrier"
              + " ORDER BY carrier",
          "SELECT year, month, count(*), sum(distance) FROM flights GROUP BY ALL ORDER BY ALL",
          "SELECT flight_id, carrier, dep_delay FROM flights ORDER BY dep_delay DESC NULLS LAST,"
              + " flight_id LIMIT 25",
          "SELECT count(*) FILTER (dep_delay IS NULL), count(*) FILTER (arr_delay IS NULL),"
              + " count(dep_time), count(*) FILTER (dep_delay IS NULL AND arr_delay IS NOT NULL)"
              + " FROM flights",
          "SELECT count(DISTINCT tailnum), count(DISTINCT flight_id), count(DISTINCT dest)"
              + " FROM flights",
          "SELECT origin, dest, count(*) AS n FROM flights GROUP BY ALL ORDER BY n DESC, origin,"
              + " dest LIMIT 50",
          "SELECT hour, quantile_cont(dep_delay, 0.5), max(air_time), min(air_time) FROM flights"
              + " GROUP BY hour ORDER BY hour",
          "SELECT carrier, month, n, rank() OVER (PARTITION BY month ORDER BY n DESC, carrier) FROM"
              + " (SELECT carrier, month, count(*) AS n FROM flights GROUP BY ALL) ORDER BY month,"
              + " carrier",
          "SELECT strftime(min(time_hour) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S'),"
              + " strftime(max(time_hour) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S'),"
              + " sum(hash(flight_id)::DECIMAL(38,0) % 1000000007) FROM flights");

  @Option(names = "--project", defaultValue = ".", description = "Folder of the project.")
  private Path project = Path.of(".");

  @Parameters(
      arity = "0..1",
      description = "NDJSON of flights, perhaps gzipped (default: the demo's sample).")
  private @Nullable Path file;

  private CompareFlights() {}

  @Override
  public Integer call() throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Path sample = project.resolve(SAMPLE);
    Path flights = (file == null ? sample.resolve("flights.ndjson.gz") : file).toAbsolutePath();
    int differences = 0;
    try (Server server = Server.start(project.toAbsolutePath().normalize());
        Connection duckDb = DriverManager.getConnection("jdbc:duckdb:")) {
      load(server, flights, sample.resolve("flights.schema.json").toAbsolutePath());
      try (Statement statement = duckDb.createStatement()) {
        statement.execute("SET TimeZone = 'UTC'");
        statement.execute(
            """
            CREATE TABLE flights AS
            SELECT * REPLACE (time_hour::TIMESTAMPTZ AS time_hour)
            FROM read_json('%s', format = 'newline_delimited')
            """
                .formatted(flights));
      }
      for (String question : QUESTIONS) {
        List<List<String>> ours = ours(server, question);
        List<List<String>> bare = bare(duckDb, question);
        boolean equal = ours.equals(bare);
        out.printf("%s  %,d rows  %s%n", equal ? "equal" : "DIFFERENT", bare.size(), question);
        if (!equal) {
          differences++;
          out.println("  DuckMesh: " + ours);
          out.println("  DuckDB:   " + bare);
        }
      }
    }
    out.printf("%d of %d answers differ%n", differences, QUESTIONS.size());
    return differences == 0 ? 0 : 1;
  }

  private void load(Server server, Path flights, Path schema)
      throws IOException, InterruptedException {
    int exit =
        new ProcessBuilder(
                project.toAbsolutePath().normalize().resolve("duckmesh").toString(),
                "ingest",
                "flights",
                flights.toString(),
                "--schema",
                schema.toString(),
                "--wait",
                "--home",
                server.home().toString())
            .inheritIO()
            .start()
            .waitFor();
    if (exit != 0) {
      throw new IllegalStateException("duckmesh ingest ended with " + exit);
    }
  }

  private static List<List<String>> ours(Server server, String question) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    for (JsonNode row : server.query(question).get("rows")) {
      List<String> values = new ArrayList<>();
      for (JsonNode value : row) {
        values.add(
            value.isNull()
                ? "NULL"
                : value.isNumber() ? number(value.decimalValue()) : value.asString());
      }
      rows.add(values);
    }
    return rows;
  }

  private static List<List<String>> bare(Connection duckDb, String question) throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    try (Statement statement = duckDb.createStatement();
        ResultSet result = statement.executeQuery(question)) {
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= columns; i++) {
          values.add(text(result.getObject(i)));
        }
        rows.add(values);
      }
    }
    return rows;
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "NULL";
      case Number number -> number(new BigDecimal(number.toString()));
      default -> value.toString();
    };
  }

  private static String number(BigDecimal value) {
    return value.stripTrailingZeros().toPlainString();
  }

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new CompareFlights()).execute(arguments));
  }
}
