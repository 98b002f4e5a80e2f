package io.duckmesh.api;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * An answer as it stands on the wire, read without a client that hides how it ended.
 *
 * @param headers with the trailers, names in lower case
 * @param whole whether the body came to its end: the last chunk, or the announced length
 */
record RawAnswer(int status, Map<String, String> headers, byte[] body, boolean whole) {
  /** Sends a query and reads until the answer's end or that of the connection. */
  static RawAnswer of(TestGateway gateway, String body, Map<String, String> headers)
      throws IOException {
    try (Socket socket = send(gateway, body, headers)) {
      return read(socket);
    }
  }

  /** Sends a query and reads nothing. The caller closes the socket. */
  static Socket send(TestGateway gateway, String body, Map<String, String> headers)
      throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
    socket.setSoTimeout(30_000);
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    StringBuilder head = new StringBuilder("POST /v1/query HTTP/1.1\r\nHost: localhost\r\n");
    head.append("Authorization: Bearer ").append(gateway.key()).append("\r\n");
    head.append("Content-Type: application/json\r\nTE: trailers\r\n");
    head.append("Content-Length: ").append(bytes.length).append("\r\n");
    headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    socket.getOutputStream().write((head + "\r\n").getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return socket;
  }

  static RawAnswer read(Socket socket) throws IOException {
    InputStream in = new BufferedInputStream(socket.getInputStream());
    int status = Integer.parseInt(line(in).split(" ", -1)[1]);
    Map<String, String> headers = headers(in);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    boolean whole;
    if ("chunked".equals(headers.get("transfer-encoding"))) {
      whole = chunks(in, body);
      if (whole) {
        headers.putAll(headers(in));
      }
    } else {
      int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
      body.write(in.readNBytes(length));
      whole = body.size() == length;
    }
    return new RawAnswer(status, headers, body.toByteArray(), whole);
  }

  private static boolean chunks(InputStream in, ByteArrayOutputStream body) {
    try {
      while (true) {
        String size = line(in);
        if (size.isEmpty()) {
          return false;
        }
        int length = Integer.parseInt(size, 16);
        if (length == 0) {
          return true;
        }
        body.write(in.readNBytes(length));
        line(in);
      }
    } catch (IOException e) {
      return false;
    }
  }

  private static Map<String, String> headers(InputStream in) throws IOException {
    Map<String, String> headers = new TreeMap<>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return headers;
  }

  /** A line without its end; empty at the end of the connection. */
  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  String text() {
    return new String(body, StandardCharsets.UTF_8);
  }
}
