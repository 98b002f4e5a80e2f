package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

class ProblemsTest extends GatewayTestBase {
  @Test
  void problemHasAllMembersAndTheRequestsTraceId() {
    TestGateway.Answer answer =
        gateway()
            .send(gateway().request("/v1/tables/never").header("X-Trace-Id", "my-trace.1").build());

    JsonNode problem = answer.json();
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.header("X-Trace-Id")).isEqualTo("my-trace.1");
    assertThat(problem.get("type").asString()).isEqualTo("urn:duckmesh:problem:table_not_found");
    assertThat(problem.get("title").asString()).isNotBlank();
    assertThat(problem.get("status").asInt()).isEqualTo(404);
    assertThat(problem.get("detail").asString()).contains("never");
    assertThat(problem.get("instance").asString()).isEqualTo("/v1/tables/never");
    assertThat(problem.get("error_code").asString()).isEqualTo("TABLE_NOT_FOUND");
    assertThat(problem.get("retryable").isBoolean()).isTrue();
    assertThat(problem.get("trace_id").asString()).isEqualTo("my-trace.1");
    assertThat(problem.get("context").isObject()).isTrue();
  }

  @Test
  void traceOfTraceparentIsTakenAndAnEvilOneIsNot() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    TestGateway.Answer parent =
        gateway()
            .send(
                gateway()
                    .request("/v1/tables")
                    .header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01")
                    .build());
    TestGateway.Answer evil =
        gateway().send(gateway().request("/v1/tables").header("X-Trace-Id", "a b=c").build());

    assertThat(parent.header("X-Trace-Id")).isEqualTo(trace);
    assertThat(evil.header("X-Trace-Id")).matches("[0-9a-f]{32}");
  }

  @Test
  void unknownPathsAndMethodsAreProblems() {
    TestGateway.Answer path = gateway().get("/v1/nothing");
    TestGateway.Answer method = gateway().delete("/v1/query");
    TestGateway.Answer type =
        gateway().post("/v1/query", "x", Map.of("Content-Type", "text/plain"));

    assertThat(path.status()).isEqualTo(404);
    assertThat(path.errorCode()).isEqualTo("NOT_FOUND");
    assertThat(method.status()).isEqualTo(405);
    assertThat(method.header("Allow")).isEqualTo("POST");
    assertThat(type.status()).isEqualTo(415);
  }

  @Test
  void wrongPathIsNoWarningInTheLog() {
    Logger log = (Logger) LoggerFactory.getLogger("org.springframework.web.servlet.PageNotFound");
    ListAppender<ILoggingEvent> appender = new ListAppender<>();
    appender.start();
    log.addAppender(appender);
    try {
      gateway().get("/v1/nothing");
      gateway().post("/nothing", "{}");
    } finally {
      log.detachAppender(appender);
    }

    assertThat(appender.list).filteredOn(e -> e.getLevel().isGreaterOrEqual(Level.INFO)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/tables;x=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /v1//tables HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /v1/%2e%2e/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /v1/tab<les HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /v1/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /v1/tables HTTP/1.1\r\nConnection: close\r\n\r\n",
        "BREW /v1/tables HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "nonsense\r\n\r\n"
      })
  void whatTheWebServerRefusesIsAProblemToo(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway().port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answer).doesNotContain("<html").doesNotContain("\tat ");
      assertThat(answer).contains("application/problem+json").contains("\"error_code\":");
    }
  }

  private static String head(long length, String extra) {
    return """
        POST /v1/tables/%s/events HTTP/1.1\r
        Host: localhost\r
        Authorization: Bearer %s\r
        Content-Type: application/x-ndjson\r
        Content-Length: %d\r
        %s\r
        """
        .formatted(newTable(), gateway().key(), length, extra);
  }

  @Test
  void hugeBodyIsRefusedBeforeItIsRead() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway().port())) {
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write(head(200L << 20, "").getBytes(StandardCharsets.US_ASCII));

      String answer = readHead(socket.getInputStream());

      assertThat(answer).startsWith("HTTP/1.1 413");
      assertThat(answer).containsIgnoringCase("connection: close");
    }
  }

  @Test
  void clientThatSendsAHugeBodyToTheEndStillReadsTheRefusal() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway().port())) {
      socket.setSoTimeout(20_000);
      OutputStream out = socket.getOutputStream();
      out.write(head(200L << 20, "").getBytes(StandardCharsets.US_ASCII));
      byte[] part = new byte[1 << 20];
      for (int i = 0; i < 200; i++) {
        out.write(part);
      }
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answer).startsWith("HTTP/1.1 413").contains("PAYLOAD_TOO_LARGE");
    }
  }

  @Test
  void clientThatAsksFirstIsRefusedWithoutABody() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway().port())) {
      socket.setSoTimeout(5_000);
      socket
          .getOutputStream()
          .write(head(200L << 20, "Expect: 100-continue\r\n").getBytes(StandardCharsets.US_ASCII));

      assertThat(readHead(socket.getInputStream())).startsWith("HTTP/1.1 413");
    }
  }

  private static String readHead(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        break;
      }
      head.write(next);
    }
    return head.toString(StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zz\r\n", "5\r\n{\"id\"XX", "5\r\n{\"id\"\r\n-1\r\n"})
  void bodyInChunksThatAreNoneIsAnInvalidRequest(String body) throws IOException {
    for (String path : new String[] {events(newTable()), "/v1/query", "/v1/tables"}) {
      String head =
          """
          POST %s HTTP/1.1\r
          Host: localhost\r
          Authorization: Bearer %s\r
          Content-Type: application/json\r
          Transfer-Encoding: chunked\r
          \r
          """
              .formatted(path, gateway().key());
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway().port())) {
        socket.setSoTimeout(5_000);
        socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
        socket.shutdownOutput();
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(answer).startsWith("HTTP/1.1 400").contains("INVALID_REQUEST");
      }
    }
  }

  @Test
  void clientThatGoesAwayLeavesNoErrorInTheLog() throws Exception {
    Logger log = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    ListAppender<ILoggingEvent> appender = new ListAppender<>();
    appender.start();
    try (TestGateway gateway =
        TestGateway.start(database(), new ScriptedEngine(), ApiSettings.DEFAULTS)) {
      log.addAppender(appender);
      for (String sql : new String[] {"SELECT never_ends", "SELECT fails_midway"}) {
        String body = "{\"sql\":\"%s\"}".formatted(sql);
        leaveAfter(
            gateway,
            """
            POST /v1/query HTTP/1.1\r
            Host: localhost\r
            Authorization: Bearer %s\r
            Content-Type: application/json\r
            Content-Length: %d\r
            \r
            %s"""
                .formatted(gateway.key(), body.length(), body));
      }
      leaveAfter(gateway, head(1_000, "").replace(gateway().key(), gateway.key()) + "{\"id\":1}\n");
    } finally {
      // Closing the gateway waits for its requests.
      log.detachAppender(appender);
    }

    assertThat(appender.list)
        .filteredOn(e -> e.getLevel() == Level.ERROR || e.getThrowableProxy() != null)
        .filteredOn(e -> e.getLevel().isGreaterOrEqual(Level.INFO))
        .isEmpty();
  }

  /** Sends and resets the connection without reading an answer. */
  private static void leaveAfter(TestGateway gateway, String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      socket.setSoLinger(true, 0);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }
  }

  @Test
  void bodyThatEndsEarlyIsNotTaken() throws IOException {
    String head = head(1_000, "");
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway().port())) {
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write((head + "{\"id\":1}\n").getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answer).startsWith("HTTP/1.1 400").contains("INVALID_REQUEST");
    }
  }
}
