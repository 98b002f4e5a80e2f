package io.duckmesh.worker.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Answers what it was told to answer, and remembers what it was asked. */
final class FakeGateway implements AutoCloseable {
  record Asked(
      String method, String path, String query, String key, String idempotencyKey, String body) {}

  private record Answer(int status, Map<String, String> headers, String body) {}

  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final Queue<Answer> answersToEvents = new ConcurrentLinkedQueue<>();
  private final Answer otherwise = accepted();
  private final Map<String, Answer> receipts = new ConcurrentHashMap<>();
  private final Queue<String> answersToVerify = new ConcurrentLinkedQueue<>();
  private volatile String table = "{\"name\":\"t\",\"columns\":[],\"shards\":[\"s0\"]}";
  private final Map<String, Answer> quarantine = new ConcurrentHashMap<>();
  private final Map<String, Queue<String>> tracked = new ConcurrentHashMap<>();
  private final Map<String, Queue<String>> next = new ConcurrentHashMap<>();
  private volatile Map<String, String> trackedHeaders = Map.of();
  private volatile Answer toQueries = new Answer(200, Map.of(), "{}");

  FakeGateway() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(executor);
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** What was asked with events, in order of arrival. */
  List<Asked> events() {
    return asked.stream().filter(request -> request.path().endsWith("/events")).toList();
  }

  List<Asked> queries() {
    return asked.stream().filter(request -> request.path().equals("/v1/query")).toList();
  }

  /** Answers the next request with events so; those after the last one are accepted. */
  void nextEvents(int status, Map<String, String> headers, String body) {
    answersToEvents.add(new Answer(status, headers, body));
  }

  /** Answers the request with the events so, and questions for its receipt in full. */
  void nextLanded(String receipt, String shard, int position, int accepted, int duplicates) {
    nextEvents(202, Map.of(), acceptedAs(receipt, accepted));
    landed(receipt, shard, position, accepted, duplicates);
  }

  /** Answers the request with the events as one that was accepted before. */
  void nextReplayed(String receipt, int accepted) {
    nextEvents(202, Map.of("Idempotent-Replayed", "true"), acceptedAs(receipt, accepted));
  }

  void landed(String receipt, String shard, int position, int accepted, int duplicates) {
    receipts.put(
        receipt,
        new Answer(
            200,
            Map.of(),
            """
            {"receipt_id":"%s","token":"dmt_%s","state":"visible","accepted":%d,"visible":%d,"duplicates":%d,
             "quarantined":0,"snapshot_id":7,"landed":[{"shard":"%s","position":%d,"snapshot_id":7}]}\
            """
                .formatted(
                    receipt,
                    receipt,
                    accepted,
                    accepted - duplicates,
                    duplicates,
                    shard,
                    position)));
  }

  private static String acceptedAs(String receipt, int accepted) {
    return """
    {"receipt_id":"%s","token":"dmt_%s","state":"accepted","accepted":%d,"duplicates":0}\
    """
        .formatted(receipt, receipt, accepted);
  }

  /** Says that the table lives on several shards. */
  void manyShards() {
    table = "{\"name\":\"t\",\"columns\":[],\"shards\":[\"s0\",\"s1\"]}";
  }

  /** Answers what is asked of the path below the quarantine so. */
  void quarantine(String method, String path, String body) {
    quarantine.put(method + " /v1/quarantine" + path, new Answer(200, Map.of(), body));
  }

  /** What was asked of the quarantine, in order of arrival. */
  List<Asked> quarantine() {
    return asked.stream().filter(request -> request.path().startsWith("/v1/quarantine")).toList();
  }

  /** Answers the next request about verify runs so. */
  void nextVerify(String body) {
    answersToVerify.add(body);
  }

  List<Asked> verify() {
    return asked.stream().filter(request -> request.path().startsWith("/v1/verify")).toList();
  }

  /** Answers the next request of the path below the queries so. */
  void nextTracked(String method, String path, String body) {
    tracked
        .computeIfAbsent(method + " /v1/queries" + path, key -> new ConcurrentLinkedQueue<>())
        .add(body);
  }

  /** What was asked of the queries, in order of arrival. */
  List<Asked> tracked() {
    return asked.stream().filter(request -> request.path().startsWith("/v1/queries")).toList();
  }

  /** Answers the next such request so; the query stands in the path. */
  void next(String method, String path, String body) {
    next.computeIfAbsent(method + " " + path, key -> new ConcurrentLinkedQueue<>()).add(body);
  }

  /** What was asked, in order of arrival. */
  List<Asked> asked() {
    return asked;
  }

  void queries(int status, String contentType, String body) {
    toQueries = new Answer(status, Map.of("Content-Type", contentType), body);
  }

  /** Answers queries so, with these headers. */
  void queries(Map<String, String> headers, String body) {
    toQueries = new Answer(200, headers, body);
  }

  /** What answers about tracked queries have in their headers. */
  void trackedHeaders(Map<String, String> headers) {
    trackedHeaders = headers;
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }

  private static Answer accepted() {
    return new Answer(
        202,
        Map.of(),
        """
        {"receipt_id":"r1","token":"dmt_1","state":"accepted","accepted":2,"duplicates":0}\
        """);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    asked.add(
        new Asked(
            exchange.getRequestMethod(),
            path,
            String.valueOf(exchange.getRequestURI().getQuery()),
            String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")),
            String.valueOf(exchange.getRequestHeaders().getFirst("Idempotency-Key")),
            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
    Answer answer;
    Queue<String> told =
        next.getOrDefault(
            exchange.getRequestMethod() + " " + exchange.getRequestURI(),
            new ConcurrentLinkedQueue<>());
    String toldNext = told.poll();
    if (toldNext != null) {
      answer = new Answer(200, Map.of(), toldNext);
    } else if (path.endsWith("/events")) {
      Answer next = answersToEvents.poll();
      answer = next == null ? otherwise : next;
    } else if (path.startsWith("/v1/verify")) {
      answer = new Answer(200, Map.of(), String.valueOf(answersToVerify.poll()));
    } else if (path.equals("/v1/query")) {
      answer = toQueries;
    } else if (path.startsWith("/v1/queries")) {
      Queue<String> answers =
          tracked.getOrDefault(
              exchange.getRequestMethod() + " " + exchange.getRequestURI(),
              new ConcurrentLinkedQueue<>());
      String next = answers.poll();
      answer =
          next == null
              ? new Answer(404, Map.of(), "{\"error_code\":\"QUERY_NOT_FOUND\"}")
              : new Answer(200, trackedHeaders, next);
    } else if (path.startsWith("/v1/quarantine")) {
      answer =
          quarantine.getOrDefault(
              exchange.getRequestMethod() + " " + exchange.getRequestURI(),
              new Answer(404, Map.of(), "{\"error_code\":\"QUARANTINE_NOT_FOUND\"}"));
    } else if (path.startsWith("/v1/receipts/")) {
      answer =
          receipts.getOrDefault(
              path.substring("/v1/receipts/".length()),
              new Answer(200, Map.of(), otherwise.body()));
    } else {
      answer = new Answer(200, Map.of(), table);
    }
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(answer.status(), body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
