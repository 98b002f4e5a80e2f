package io.duckmesh.worker;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.duckmesh.api.ReadinessCheck;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Health, readiness and metrics of a process that has no gateway. */
@Configuration(proxyBeanMethods = false)
class ManagementConfiguration {
  /** A worker without Temporal can do nothing; a gateway without it goes on. */
  @Bean
  ReadinessCheck temporalCheck(WorkflowServiceStubs stubs, ServerSettings settings) {
    DescribeNamespaceRequest request =
        DescribeNamespaceRequest.newBuilder().setNamespace(settings.temporal().namespace()).build();
    return new BoundedCheck(
        "temporal at " + settings.temporal().target(),
        () -> stubs.blockingStub().describeNamespace(request));
  }

  @Bean
  Management management(
      ServerSettings settings, List<ReadinessCheck> checks, PrometheusMeterRegistry registry) {
    return new Management(settings.http(), checks, registry);
  }

  /** A small web server of the JDK's. */
  static final class Management implements SmartLifecycle {
    private final ServerSettings.Http http;
    private final List<ReadinessCheck> checks;
    private final PrometheusMeterRegistry registry;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private @org.jspecify.annotations.Nullable HttpServer server;

    Management(
        ServerSettings.Http http, List<ReadinessCheck> checks, PrometheusMeterRegistry registry) {
      this.http = http;
      this.checks = List.copyOf(checks);
      this.registry = registry;
    }

    @Override
    public void start() {
      if (http.managementPort() == 0) {
        return;
      }
      try {
        HttpServer started =
            HttpServer.create(new InetSocketAddress(http.address(), http.managementPort()), 16);
        started.setExecutor(executor);
        started.createContext(
            "/v1/health",
            exchange -> answer(exchange, 200, "application/json", "{\"status\":\"ok\"}"));
        started.createContext("/v1/ready", this::ready);
        started.createContext(
            "/metrics",
            exchange -> answer(exchange, 200, "text/plain; version=0.0.4", registry.scrape()));
        started.start();
        server = started;
      } catch (IOException e) {
        throw new UncheckedIOException(
            "Cannot listen on %s:%d (%s)"
                .formatted(http.address(), http.managementPort(), Setting.MANAGEMENT_PORT.key()),
            e);
      }
    }

    @Override
    public void stop() {
      HttpServer running = server;
      if (running != null) {
        running.stop(0);
        server = null;
      }
      executor.shutdownNow();
    }

    @Override
    public boolean isRunning() {
      return server != null;
    }

    private void ready(HttpExchange exchange) throws IOException {
      List<String> missing =
          checks.stream()
              .map(check -> check.missing().map(reason -> check.name() + ": " + reason))
              .flatMap(Optional::stream)
              .toList();
      answer(
          exchange,
          missing.isEmpty() ? 200 : 503,
          "text/plain",
          missing.isEmpty() ? "ready\n" : String.join("\n", missing) + "\n");
    }

    private static void answer(HttpExchange exchange, int status, String type, String text)
        throws IOException {
      byte[] body = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(status, body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }
}
