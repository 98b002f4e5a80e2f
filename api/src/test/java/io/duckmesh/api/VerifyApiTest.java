package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.VerifyFinding;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class VerifyApiTest extends GatewayTestBase {
  @Test
  void startedRunIsKnownAtOnce() {
    TestGateway.Answer started = gateway().post("/v1/verify", "");
    String run = started.json().get("run_id").asString();

    assertThat(started.status()).isEqualTo(202);
    assertThat(started.json().get("state").asString()).isEqualTo("running");
    assertThat(gateway().get("/v1/verify/" + run).json().get("findings")).isEmpty();
    assertThat(gateway().get("/v1/verify?limit=1").json().get("runs"))
        .extracting(each -> each.get("run_id").asString())
        .containsExactly(run);
  }

  @Test
  void finishedRunNamesItsFindings() {
    String run = gateway().post("/v1/verify", "").json().get("run_id").asString();
    gateway().catalog().verifications().advance(run, 4, 12, 345);
    gateway()
        .catalog()
        .verifications()
        .record(
            run,
            List.of(
                new VerifyFinding(
                    VerifyFinding.Kind.FILE_SIZE, "data/a.parquet", "It has 1 byte, not 2")));
    gateway().catalog().verifications().finish(run);

    JsonNode answer = gateway().get("/v1/verify/" + run).json();

    assertThat(answer.get("state").asString()).isEqualTo("failed");
    assertThat(answer.get("files").asLong()).isEqualTo(12);
    assertThat(answer.get("finding_count").asLong()).isEqualTo(1);
    assertThat(answer.get("findings").get(0).toString())
        .isEqualTo(
            "{\"kind\":\"file_size\",\"subject\":\"data/a.parquet\",\"detail\":\"It has 1 byte, not 2\"}");
  }

  @Test
  void runOfAnotherTenantOrNoneIsNotFound() {
    TenantId other = new TenantId("verify-other");
    gateway().catalog().tenants().ensure(other, 1);
    gateway().catalog().verifications().begin("other's", other);

    assertThat(gateway().get("/v1/verify/other's").errorCode()).isEqualTo("RUN_NOT_FOUND");
    assertThat(gateway().get("/v1/verify/never").status()).isEqualTo(404);
    assertThat(gateway().get("/v1/verify?limit=0").errorCode()).isEqualTo("INVALID_REQUEST");
  }

  @Test
  void onlyAnOperatorStartsAndReadsRuns() {
    String key =
        gateway().newKey(TestDatabase.TENANT, EnumSet.complementOf(EnumSet.of(Role.OPS_ADMIN)));

    for (String method : List.of("GET", "POST")) {
      TestGateway.Answer answer =
          gateway()
              .send(
                  gateway()
                      .request("/v1/verify")
                      .setHeader("Authorization", "Bearer " + key)
                      .method(method, java.net.http.HttpRequest.BodyPublishers.noBody())
                      .build());
      assertThat(answer.errorCode()).isEqualTo("FORBIDDEN");
    }
  }
}
