package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.testing.S3Server;
import io.duckmesh.testing.TemporalServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What goes on, and what goes on again by itself, while a part is away or stopped. */
class OutageIT {
  private static final String COLUMNS =
      """
      {"name": "%s", "event_key": ["id"],
       "columns": [{"name": "id", "type": "BIGINT", "required": true}]}
      """;

  @TempDir private Path folder;

  @Test
  void eventsAreTakenAndQueriesAnsweredWhileTemporalAndTheObjectStoreAreAway() throws Exception {
    try (TemporalServer temporal = TemporalServer.start();
        S3Server s3 = S3Server.start();
        Deployment deployment =
            Deployment.start(
                folder,
                temporal,
                """
                object-store:
                  url: s3://%s/lake
                  endpoint: %s
                  region: %s
                  path-style: true
                  access-key: %s
                """
                    .formatted(s3.createBucket(), s3.endpoint(), s3.region(), s3.accessKey()),
                Map.of("DUCKMESH_OBJECT_STORE_SECRET_KEY", s3.secretKey()))) {
      deployment.startMaterializer("materializer");
      deployment.post("/v1/tables", "application/json", COLUMNS.formatted("readings"));
      deployment.landed(receipt(deployment.send("readings", "before", ids(0, 10))));
      assertThat(deployment.rows("SELECT count(*) FROM readings")).isEqualTo("[[10]]");

      s3.kill();
      String withoutStore = receipt(deployment.send("readings", "store", ids(10, 20)));
      assertThat(deployment.rows("SELECT count(*) FROM readings")).isEqualTo("[[10]]");
      temporal.kill();
      String withoutBoth = receipt(deployment.send("readings", "both", ids(20, 30)));
      assertThat(deployment.rows("SELECT count(*) FROM readings")).isEqualTo("[[10]]");
      s3.restart();
      String withoutTemporal = receipt(deployment.send("readings", "temporal", ids(30, 40)));
      temporal.restart();

      for (String receipt : List.of(withoutStore, withoutBoth, withoutTemporal)) {
        assertThat(deployment.landed(receipt).get("visible").asInt()).isEqualTo(10);
      }
      assertThat(deployment.rows("SELECT count(*), count(DISTINCT id) FROM readings"))
          .isEqualTo("[[40,40]]");
    }
  }

  @Test
  void aDiskThatIsFullBeforeTheFirstRequestKeepsTheGatewayFromNothingThatNeedsNoSpace()
      throws Exception {
    try (TemporalServer temporal = TemporalServer.start();
        Deployment deployment =
            Deployment.start(
                folder,
                temporal,
                "object-store.url: " + folder.resolve("objects").toUri(),
                Map.of())) {
      deployment.fillDiskOfGateway();

      deployment.post("/v1/tables", "application/json", COLUMNS.formatted("readings"));
      String receipt = receipt(deployment.send("readings", "full", ids(0, 10)));
      deployment.startMaterializer("materializer");

      assertThat(deployment.landed(receipt).get("visible").asInt()).isEqualTo(10);
      assertThat(deployment.rows("SELECT count(*) FROM readings")).isEqualTo("[[10]]");
    }
  }

  @Test
  void materializerThatWakesUpAfterItsLeaseCommitsNothingAndLeavesNothingLive() throws Exception {
    try (TemporalServer temporal = TemporalServer.start();
        Deployment deployment =
            Deployment.start(
                folder,
                temporal,
                "object-store.url: " + folder.resolve("objects").toUri(),
                Map.of())) {
      deployment.post("/v1/tables", "application/json", COLUMNS.formatted("readings"));
      Process stopped = deployment.startMaterializer("stopped");
      deployment.landed(receipt(deployment.send("readings", "first", ids(0, 1))));
      List<String> receipts = new ArrayList<>();
      int sent = 1;
      long held = 0;
      while (held == 0) {
        receipts.add(
            receipt(deployment.send("readings", "from-" + sent, ids(sent, sent + 20_000))));
        sent += 20_000;
        Stack.await("a write is open", Deployment.LIMIT, () -> openWrite(deployment) > 0);
        Deployment.signal(stopped, "STOP");
        held = openWrite(deployment);
        if (held == 0) {
          Deployment.signal(stopped, "CONT");
        }
      }

      deployment.startMaterializer("successor");
      for (String receipt : receipts) {
        deployment.landed(receipt);
      }
      Deployment.signal(stopped, "CONT");

      Stack.await("the held write has ended", Deployment.LIMIT, () -> openWrite(deployment) == 0);
      String last = receipt(deployment.send("readings", "last", ids(0, sent + 5)));
      assertThat(deployment.landed(last).get("duplicates").asInt()).isEqualTo(sent);
      assertThat(deployment.rows("SELECT count(*), count(DISTINCT id) FROM readings"))
          .isEqualTo("[[%d,%d]]".formatted(sent + 5, sent + 5));
      assertThat(
              number(
                  deployment,
                  """
                  SELECT count(*)
                  FROM catalog.write
                  WHERE write_id = %d AND state <> 'committed'
                  """
                      .formatted(held)))
          .isOne();
      assertThat(
              number(
                  deployment,
                  """
                  SELECT count(*)
                  FROM catalog.data_file
                  WHERE write_id = %d AND begin_snapshot IS NOT NULL
                  """
                      .formatted(held)))
          .isZero();
    }
  }

  private static String ids(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(id -> "{\"id\":" + id + "}")
        .collect(Collectors.joining("\n"));
  }

  private static String receipt(JsonNode answer) {
    return answer.get("receipt_id").asString();
  }

  /** The write that is under way, 0 if there is none. */
  private static long openWrite(Deployment deployment) {
    return number(
        deployment, "SELECT coalesce(max(write_id), 0) FROM catalog.write WHERE state = 'open'");
  }

  private static long number(Deployment deployment, String sql) {
    try (Connection connection = DriverManager.getConnection(deployment.database());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }
}
