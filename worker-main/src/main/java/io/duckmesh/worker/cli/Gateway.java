package io.duckmesh.worker.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * A gateway over HTTP. May be used from any thread; nothing is tried twice here.
 *
 * <p>Every call may throw {@link RefusedException} with the gateway's own explanation, or {@link
 * UnreachableException} when there is no answer.
 */
final class Gateway {
  static final JsonMapper JSON = new JsonMapper();

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private final HttpClient http;
  private final String url;
  private final String key;

  Gateway(String url, String key) {
    this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    this.key = key;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
  }

  String url() {
    return url;
  }

  /** Whether the gateway is on this machine, where compressing costs more than it saves. */
  boolean local() {
    String host = URI.create(url).getHost();
    return host != null
        && (host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]"));
  }

  JsonNode get(String path, Duration timeout) {
    return json(send(request(path, timeout).GET().build()));
  }

  JsonNode post(String path, JsonNode body, Duration timeout) {
    return json(open(path, body, "application/json", timeout));
  }

  JsonNode post(String path, Map<String, String> headers, byte[] body, Duration timeout) {
    HttpRequest.Builder request = request(path, timeout).POST(BodyPublishers.ofByteArray(body));
    headers.forEach(request::header);
    return json(send(request.build()));
  }

  /** The answer to a write, and whether the gateway had taken the same request before. */
  record Written(JsonNode answer, boolean replayed) {}

  /** Posts events with an idempotency key among the headers. */
  Written write(String path, Map<String, String> headers, byte[] body, Duration timeout) {
    HttpRequest.Builder request = request(path, timeout).POST(BodyPublishers.ofByteArray(body));
    headers.forEach(request::header);
    HttpResponse<InputStream> response = send(request.build());
    boolean replayed =
        response.headers().firstValue("Idempotent-Replayed").filter("true"::equals).isPresent();
    return new Written(json(response), replayed);
  }

  JsonNode put(String path, JsonNode body, Duration timeout) {
    return send("PUT", path, body, timeout);
  }

  JsonNode patch(String path, JsonNode body, Duration timeout) {
    return send("PATCH", path, body, timeout);
  }

  private JsonNode send(String method, String path, JsonNode body, Duration timeout) {
    return json(
        send(
            request(path, timeout)
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
                .build()));
  }

  JsonNode delete(String path, Duration timeout) {
    return json(send(request(path, timeout).DELETE().build()));
  }

  /** Gets a body as it comes; the caller closes it. */
  HttpResponse<InputStream> open(String path, Duration timeout) {
    return send(request(path, timeout).GET().build());
  }

  /** Posts JSON and answers with the body as it comes; the caller closes it. */
  HttpResponse<InputStream> open(String path, JsonNode body, String accept, Duration timeout) {
    BodyPublisher text = BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body));
    return send(
        request(path, timeout)
            .header("Content-Type", "application/json")
            .header("Accept", accept)
            .POST(text)
            .build());
  }

  /** What an answer says in the field, empty if it says nothing. */
  static String text(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isNull() || value.isMissingNode() ? "" : value.asString("");
  }

  /** A path or query part with everything encoded that has a meaning in URLs. */
  static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private HttpRequest.Builder request(String path, Duration timeout) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path)).timeout(timeout);
    if (!key.isEmpty()) {
      request.header("Authorization", "Bearer " + key);
    }
    return request;
  }

  private HttpResponse<InputStream> send(HttpRequest request) {
    HttpResponse<InputStream> response;
    try {
      response = http.send(request, BodyHandlers.ofInputStream());
    } catch (ConnectException e) {
      throw new UnreachableException(
          "No gateway answers at %s. Is it running? Start one with: duckmesh dev".formatted(url),
          e);
    } catch (IOException e) {
      throw new UnreachableException(
          "The gateway at %s broke off: %s".formatted(url, describe(e)), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailedException("Interrupted", e);
    }
    if (response.statusCode() / 100 != 2) {
      throw new RefusedException(response.statusCode(), problem(response), retryAfter(response));
    }
    return response;
  }

  private JsonNode json(HttpResponse<InputStream> response) {
    try (InputStream body = response.body()) {
      byte[] bytes = body.readAllBytes();
      return bytes.length == 0 ? MissingNode.getInstance() : JSON.readTree(bytes);
    } catch (IOException e) {
      throw new UnreachableException(
          "The gateway at %s broke off in its answer: %s".formatted(url, describe(e)), e);
    } catch (JacksonException e) {
      throw new CommandFailedException(
          "%s did not answer with JSON. Is it DuckMesh?".formatted(response.uri()), e);
    }
  }

  private static JsonNode problem(HttpResponse<InputStream> response) {
    try (InputStream body = response.body()) {
      return JSON.readTree(body.readAllBytes());
    } catch (IOException | JacksonException e) {
      return MissingNode.getInstance();
    }
  }

  private static @Nullable Duration retryAfter(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Retry-After")
        .filter(seconds -> seconds.matches("\\d{1,6}"))
        .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)))
        .orElse(null);
  }

  private static String describe(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
