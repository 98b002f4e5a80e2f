package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.testing.PostgresServer;
import org.junit.jupiter.api.Test;

class OutageTest extends GatewayTestBase {
  @Test
  void withoutADatabaseTheGatewayLivesIsNotReadyAndRefusesRetryably() {
    PostgresServer server = PostgresServer.start();
    TestDatabase own = new TestDatabase(server);
    try (TestGateway gateway = TestGateway.start(own, new ScriptedEngine(), ApiSettings.DEFAULTS)) {
      assertThat(gateway.get("/v1/ready").status()).isEqualTo(200);
      assertThat(gateway.get("/v1/tables").status()).isEqualTo(200);

      server.close();

      assertThat(gateway.get("/v1/health").status()).isEqualTo(200);
      TestGateway.Answer ready = gateway.get("/v1/ready");
      assertThat(ready.status()).isEqualTo(503);
      assertThat(ready.body()).contains("catalog").contains("bus");
      TestGateway.Answer refused = gateway.get("/v1/tables");
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.errorCode()).isEqualTo("UNAVAILABLE");
      assertThat(refused.json().get("retryable").asBoolean()).isTrue();
      assertThat(refused.header("Retry-After")).isNotEmpty();
    }
  }
}
