package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.api.auth.ApiKeyFilter;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TenantId;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

class AuthTest extends GatewayTestBase {
  private static TestGateway.Answer call(String method, String path, String authorization) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway().port() + path))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString("{}"));
    if (authorization != null) {
      builder.header("Authorization", authorization);
    }
    return gateway().send(builder.build());
  }

  @ParameterizedTest
  @CsvSource({
    "POST,/v1/tables",
    "GET,/v1/tables",
    "POST,/v1/tables/x/events",
    "POST,/v1/query",
    "GET,/v1/lag",
    "GET,/v1/receipts/x",
    "GET,/v1/snapshots",
    "GET,/nowhere",
    "GET,/v1/health/",
    "GET,/error"
  })
  void nothingIsAnsweredWithoutAKey(String method, String path) {
    TestGateway.Answer none = call(method, path, null);
    TestGateway.Answer unknown = call(method, path, "Bearer dm_abc_def");
    TestGateway.Answer basic = call(method, path, "Basic YTpi");

    assertThat(none.status()).isEqualTo(401);
    assertThat(none.errorCode()).isEqualTo("UNAUTHENTICATED");
    assertThat(none.header("WWW-Authenticate")).startsWith("Bearer");
    assertThat(unknown.status()).isEqualTo(401);
    assertThat(basic.status()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/health", "/v1/ready", "/metrics", "/openapi.json"})
  void whatMachinesAskNeedsNoKey(String path) {
    assertThat(call("GET", path, null).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "POST,/v1/tables,TABLE_ADMIN",
    "DELETE,/v1/tables/x,TABLE_ADMIN",
    "POST,/v1/tables/x/events,INGEST_WRITER",
    "GET,/v1/receipts/x,INGEST_WRITER",
    "POST,/v1/query,QUERY_READER",
    "GET,/v1/quarantine,OPS_ADMIN",
    "GET,/v1/quarantine/1,OPS_ADMIN",
    "POST,/v1/quarantine/1/replay,OPS_ADMIN",
    "DELETE,/v1/quarantine/1,OPS_ADMIN",
    "GET,/v1/lag,OPS_ADMIN"
  })
  void refusalNamesTheMissingRole(String method, String path, Role role) {
    String allBut = gateway().newKey(TestDatabase.TENANT, EnumSet.complementOf(EnumSet.of(role)));
    String only = gateway().newKey(TestDatabase.TENANT, Set.of(role));

    TestGateway.Answer refused = call(method, path, "Bearer " + allBut);
    TestGateway.Answer passed = call(method, path, "Bearer " + only);

    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.errorCode()).isEqualTo("FORBIDDEN");
    assertThat(refused.json().get("detail").asString())
        .contains(role.name().toLowerCase(java.util.Locale.ROOT));
    assertThat(passed.status()).isNotIn(401, 403);
  }

  @Test
  void everyHandlerNamesItsRolesOrIsOpen() {
    Map<RequestMappingInfo, HandlerMethod> handlers =
        gateway()
            .context()
            .getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class)
            .getHandlerMethods();

    handlers.forEach(
        (mapping, handler) -> {
          boolean open =
              ApiKeyFilter.OPEN.containsAll(mapping.getPatternValues())
                  || mapping.getPatternValues().equals(Set.of("/error"));
          assertThat(open || handler.hasMethodAnnotation(RequiresRole.class))
              .as(mapping.toString())
              .isTrue();
        });
    assertThat(handlers).isNotEmpty();
  }

  @Test
  void tenantsDoNotSeeEachOther() {
    TenantId other = new TenantId("other");
    TestDatabase.ensureTenant(gateway().catalog(), gateway().bus(), other);
    String key = gateway().newKey(other, EnumSet.allOf(Role.class));
    String table = newTable();
    String receipt =
        gateway().post(events(table), "{\"id\":1}").json().get("receipt_id").asString();
    String authorization = "Bearer " + key;

    assertThat(call("GET", "/v1/tables/" + table, authorization).errorCode())
        .isEqualTo("TABLE_NOT_FOUND");
    assertThat(call("GET", "/v1/tables", authorization).json().get("tables")).isEmpty();
    assertThat(call("GET", "/v1/receipts/" + receipt, authorization).errorCode())
        .isEqualTo("RECEIPT_NOT_FOUND");
    assertThat(call("GET", "/v1/lag", authorization).body()).doesNotContain("default-");
  }

  @Test
  void revokedKeyEndsWithItsCache() {
    try (TestGateway gateway =
        TestGateway.start(
            database(),
            new ScriptedEngine(),
            new ApiSettings(
                1 << 20,
                1 << 20,
                1_000,
                1 << 20,
                java.time.Duration.ofSeconds(1),
                java.time.Duration.ofSeconds(1),
                ApiSettings.DEFAULTS.defaultLimits(),
                ApiSettings.DEFAULTS.maxLimits(),
                java.time.Duration.ofMillis(1),
                java.time.Duration.ofMillis(1),
                java.time.Duration.ofSeconds(1),
                java.time.Duration.ofMinutes(1)))) {
      String key = gateway.newKey(TestDatabase.TENANT, EnumSet.allOf(Role.class));
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + "/v1/tables"))
              .header("Authorization", "Bearer " + key)
              .build();
      assertThat(gateway.send(request).status()).isEqualTo(200);

      gateway.catalog().tenants().revokeApiKey(TestDatabase.TENANT, key.split("_")[1]);

      long end = System.nanoTime() + 5_000_000_000L;
      int status = gateway.send(request).status();
      while (status != 401 && System.nanoTime() < end) {
        status = gateway.send(request).status();
      }
      assertThat(status).isEqualTo(401);
    }
  }
}
