package io.duckmesh.bench.faults;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Calls of the gateways, none of them repeated: that is up to the caller. Thread-safe. */
final class Client {
  static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final List<URI> gateways;
  private final String key;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();

  Client(List<URI> gateways, String key) {
    this.gateways = gateways;
    this.key = key;
  }

  /**
   * An answer, or none.
   *
   * @param status 0 when nothing, or nothing whole, came back
   * @param body null when it is not JSON
   */
  record Answer(int status, @Nullable JsonNode body, String text) {
    boolean ok() {
      return status / 100 == 2 && body != null;
    }

    /** The body of an answer that is {@link #ok}. */
    JsonNode json() {
      if (body == null) {
        throw new IllegalStateException("Not JSON: " + status + " " + text);
      }
      return body;
    }

    @Nullable String field(String name) {
      JsonNode value = body == null ? null : body.get(name);
      return value == null || value.isNull() ? null : value.asString();
    }

    /**
     * Whether it says of itself that the same request may succeed later; no answer says nothing.
     */
    boolean saysRetry() {
      return status == 0 || (body != null && body.path("retryable").asBoolean(false));
    }

    /** Whether the server is sure that nothing was taken. */
    boolean surelyNothingTaken() {
      return status >= 400
          && body != null
          && body.has("error_code")
          && status != 500
          && !body.path("context").path("outcome_unknown").asBoolean(false);
    }
  }

  int gateways() {
    return gateways.size();
  }

  Answer post(int gateway, String path, String type, String body, @Nullable String requestKey) {
    HttpRequest.Builder request =
        request(gateway, path).header("Content-Type", type).POST(BodyPublishers.ofString(body));
    if (requestKey != null) {
      request.header("Idempotency-Key", requestKey);
    }
    return send(request.build());
  }

  Answer get(int gateway, String path) {
    return send(request(gateway, path).GET().build());
  }

  /** Sends JSON by any method. */
  Answer send(int gateway, String method, String path, String body) {
    return send(
        request(gateway, path)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build());
  }

  Answer delete(int gateway, String path) {
    return send(request(gateway, path).DELETE().build());
  }

  private HttpRequest.Builder request(int gateway, String path) {
    return HttpRequest.newBuilder(URI.create(gateways.get(gateway) + path))
        .header("Authorization", "Bearer " + key)
        .timeout(PATIENCE);
  }

  private Answer send(HttpRequest request) {
    try {
      HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
      return new Answer(response.statusCode(), parse(response.body()), response.body());
    } catch (IOException e) {
      return new Answer(0, null, String.valueOf(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer(0, null, "interrupted");
    }
  }

  private static @Nullable JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JacksonException e) {
      return null;
    }
  }
}
