package io.duckmesh.api.operations;

import io.duckmesh.api.MetricsSource;
import io.duckmesh.api.ReadinessCheck;
import io.duckmesh.api.json.ApiJson;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What machines ask of the process: alive, ready, metrics, and how to speak to it. */
@RestController
public final class ProcessController {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessController.class);
  private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private final List<ReadinessCheck> checks;
  private final MeterRegistry registry;
  private final List<MetricsSource> sources;
  private final byte[] openApi;

  public ProcessController(
      List<ReadinessCheck> checks, MeterRegistry registry, List<MetricsSource> sources) {
    this.checks = List.copyOf(checks);
    this.registry = registry;
    this.sources = List.copyOf(sources);
    this.openApi = openApi();
  }

  record Health(String status) {}

  record Ready(String status, List<Missing> missing) {}

  record Missing(String name, String reason) {}

  @GetMapping("/v1/health")
  void health(HttpServletResponse response) throws IOException {
    ApiJson.write(response, 200, new Health("ok"));
  }

  @GetMapping("/v1/ready")
  void ready(HttpServletResponse response) throws IOException {
    List<Missing> missing = new ArrayList<>();
    for (ReadinessCheck check : checks) {
      missingOf(check).ifPresent(reason -> missing.add(new Missing(check.name(), reason)));
    }
    boolean ready = missing.isEmpty();
    ApiJson.write(response, ready ? 200 : 503, new Ready(ready ? "ready" : "not_ready", missing));
  }

  private static Optional<String> missingOf(ReadinessCheck check) {
    try {
      return check.missing();
    } catch (RuntimeException e) {
      LOG.warn("Readiness check failed check={}", check.name(), e);
      return Optional.of("It cannot be checked: " + e.getMessage());
    }
  }

  @GetMapping("/metrics")
  void metrics(HttpServletResponse response) throws IOException {
    sources.forEach(MetricsSource::refresh);
    response.setContentType(PROMETHEUS_TEXT);
    if (registry instanceof PrometheusMeterRegistry prometheus) {
      prometheus.scrape(response.getOutputStream(), PROMETHEUS_TEXT);
    } else if (registry instanceof CompositeMeterRegistry composite) {
      for (MeterRegistry part : composite.getRegistries()) {
        if (part instanceof PrometheusMeterRegistry prometheus) {
          prometheus.scrape(response.getOutputStream(), PROMETHEUS_TEXT);
        }
      }
    }
  }

  @GetMapping("/openapi.json")
  void openApi(HttpServletResponse response) throws IOException {
    response.setContentType("application/json");
    response.setContentLength(openApi.length);
    response.getOutputStream().write(openApi);
  }

  private static byte[] openApi() {
    try (InputStream in =
        ProcessController.class.getResourceAsStream("/io/duckmesh/api/openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("The OpenAPI document is not in the jar");
      }
      byte[] text = in.readAllBytes();
      // Read once, so that a broken document is found at start.
      return ApiJson.MAPPER.writeValueAsBytes(ApiJson.MAPPER.readValue(text, Map.class));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the OpenAPI document", e);
    }
  }
}
