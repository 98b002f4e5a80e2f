package io.duckmesh.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One keep-alive HTTP/1.1 connection that costs nearly no CPU, since the load shares the machine
 * with what it measures. It knows what DuckMesh answers (Content-Length or chunked) and nothing
 * more. Used by one thread; the caller closes it.
 */
final class HttpConnection implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final String host;
  private final String key;

  HttpConnection(URI server, String key) throws IOException {
    this.socket = new Socket(server.getHost(), server.getPort());
    this.socket.setTcpNoDelay(true);
    this.socket.setSoTimeout(120_000);
    this.in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    this.out = socket.getOutputStream();
    this.host = server.getHost() + ":" + server.getPort();
    this.key = key;
  }

  /** An answer: its status and whole body. */
  record Answer(int status, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    Answer orThrow() {
      if (status >= 300) {
        throw new IllegalStateException("HTTP " + status + ": " + text());
      }
      return this;
    }
  }

  Answer get(String path) throws IOException {
    send("GET", path, "application/json", new byte[0]);
    return read();
  }

  Answer post(String path, String contentType, byte[] body) throws IOException {
    send("POST", path, contentType, body);
    return read();
  }

  /** Sends JSON by any method. */
  Answer send(String method, String path, String body) throws IOException {
    send(method, path, "application/json", body.getBytes(StandardCharsets.UTF_8));
    return read();
  }

  private void send(String method, String path, String contentType, byte[] body)
      throws IOException {
    send(method, path, Map.of("Content-Type", contentType), body);
  }

  /** Sends a request and does not wait for its answer. */
  void send(String method, String path, Map<String, String> headers, byte[] body)
      throws IOException {
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(path).append(" HTTP/1.1\r\n");
    head.append("Host: ").append(host).append("\r\n");
    head.append("Authorization: Bearer ").append(key).append("\r\n");
    head.append("Content-Length: ").append(body.length).append("\r\n");
    headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    head.append("\r\n");
    byte[] headBytes = head.toString().getBytes(StandardCharsets.US_ASCII);
    byte[] whole = new byte[headBytes.length + body.length];
    System.arraycopy(headBytes, 0, whole, 0, headBytes.length);
    System.arraycopy(body, 0, whole, headBytes.length, body.length);
    out.write(whole);
    out.flush();
  }

  /**
   * Posts JSON and reads the answer without keeping it.
   *
   * @return bytes of its body
   * @throws IOException also if it ends too early
   */
  long postAndCount(String path, byte[] body, Map<String, String> headers) throws IOException {
    Map<String, String> all = new HashMap<>(headers);
    all.put("Content-Type", "application/json");
    all.put("Connection", "close");
    send("POST", path, all, body);
    String statusLine = line();
    boolean chunked = false;
    for (String header = line(); !header.isEmpty(); header = line()) {
      chunked |= header.toLowerCase(Locale.ROOT).equals("transfer-encoding: chunked");
    }
    if (!statusLine.startsWith("HTTP/1.1 200") || !chunked) {
      throw new IOException("Not a large answer: " + statusLine);
    }
    byte[] buffer = new byte[1 << 16];
    long count = 0;
    while (true) {
      long left = Long.parseLong(line(), 16);
      if (left == 0) {
        return count;
      }
      count += left;
      while (left > 0) {
        int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (read < 0) {
          throw new EOFException("The server closed the connection");
        }
        left -= read;
      }
      line();
    }
  }

  private Answer read() throws IOException {
    String statusLine = line();
    int status = Integer.parseInt(statusLine.substring(9, 12));
    int length = 0;
    boolean chunked = false;
    for (String header = line(); !header.isEmpty(); header = line()) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(lower.substring(15).strip());
      } else if (lower.startsWith("transfer-encoding:") && lower.contains("chunked")) {
        chunked = true;
      }
    }
    return new Answer(status, chunked ? chunks() : in.readNBytes(length));
  }

  private byte[] chunks() throws IOException {
    java.io.ByteArrayOutputStream body = new java.io.ByteArrayOutputStream();
    while (true) {
      String sizeLine = line();
      int semicolon = sizeLine.indexOf(';');
      int size = Integer.parseInt(semicolon < 0 ? sizeLine : sizeLine.substring(0, semicolon), 16);
      if (size == 0) {
        for (String trailer = line(); !trailer.isEmpty(); trailer = line()) {
          // Trailers carry nothing that is measured.
        }
        return body.toByteArray();
      }
      body.write(in.readNBytes(size));
      line();
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder(64);
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("The server closed the connection");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
