package io.duckmesh.api;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Measures requests of one event each, by hand: {@code main} with seconds per step. Load, gateway
 * and database share the machine, and nothing lands meanwhile.
 */
final class IngestMeasurement {
  private IngestMeasurement() {}

  public static void main(String[] arguments) throws Exception {
    int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 4;
    int[] connections =
        arguments.length > 1 ? new int[] {Integer.parseInt(arguments[1])} : new int[] {8, 64};
    try (TestGateway gateway =
        TestGateway.start(new TestDatabase(), new ScriptedEngine(), ApiSettings.DEFAULTS)) {
      gateway.post(
          "/v1/tables",
          """
          {"name": "events", "columns": [
            {"name": "id", "type": "VARCHAR"}, {"name": "device", "type": "BIGINT"},
            {"name": "kind", "type": "VARCHAR"}, {"name": "amount", "type": "DECIMAL(18,2)"},
            {"name": "at", "type": "TIMESTAMPTZ"}]}
          """);
      step(gateway, 16, 2 * seconds, "warm-up");
      for (int count : connections) {
        step(gateway, count, seconds, count + " connections");
      }
    }
    System.exit(0);
  }

  private static void step(TestGateway gateway, int connections, int seconds, String name)
      throws Exception {
    long cpu = cpuNanos();
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    List<Long> nanos = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(connections)) {
      List<Future<List<Long>>> clients = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        clients.add(executor.submit(() -> client(gateway, end)));
      }
      for (Future<List<Long>> client : clients) {
        nanos.addAll(client.get());
      }
    }
    long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    System.out.printf(
        "%s: %d requests/s, p50 %.2f ms, p99 %.2f ms, %d us of CPU each in this JVM%n",
        name,
        sorted.length / seconds,
        sorted[sorted.length / 2] / 1e6,
        sorted[sorted.length * 99 / 100] / 1e6,
        (cpuNanos() - cpu) / 1_000 / sorted.length);
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static List<Long> client(TestGateway gateway, long end) throws IOException {
    byte[] body =
        "{\"id\":\"event-0000001\",\"device\":4711,\"kind\":\"measured\",\"amount\":\"12.50\",\"at\":\"2026-01-31T12:00:00.123456Z\"}\n"
            .getBytes(StandardCharsets.UTF_8);
    byte[] head =
        """
        POST /v1/tables/events/events HTTP/1.1\r
        Host: localhost\r
        Authorization: Bearer %s\r
        Content-Type: application/x-ndjson\r
        Content-Length: %d\r
        \r
        """
            .formatted(gateway.key(), body.length)
            .getBytes(StandardCharsets.US_ASCII);
    byte[] request = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, request, head.length, body.length);
    List<Long> nanos = new ArrayList<>();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (System.nanoTime() < end) {
        long start = System.nanoTime();
        socket.getOutputStream().write(request);
        readAnswer(in);
        nanos.add(System.nanoTime() - start);
      }
    }
    return nanos;
  }

  private static void readAnswer(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    int length = 0;
    boolean first = true;
    while (true) {
      int next = in.read();
      if (next != '\n') {
        line.append((char) next);
        continue;
      }
      String text = line.toString().trim();
      line.setLength(0);
      if (first && !text.contains(" 202")) {
        throw new IOException("Answer is " + text);
      }
      first = false;
      if (text.isEmpty()) {
        in.skipNBytes(length);
        return;
      }
      if (text.startsWith("Content-Length: ")) {
        length = Integer.parseInt(text.substring(16));
      }
    }
  }
}
