package io.duckmesh.api.query;

import io.duckmesh.engine.query.ResultSummary;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of one answer: encoded as the client asked for, with trailers for the formats that have
 * no place for counts. The response is touched by the first byte, so before that a query can still
 * fail with a problem. What is not finished lacks its end: of the encoding, and of the body.
 */
final class HttpAnswer extends OutputStream {
  /** What Tomcat keeps back, so that an answer of one chunk is sent with its length. */
  private static final int BUFFER_BYTES = AnswerStream.CHUNK_BYTES + 1024;

  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final DisconnectWatch.Watched client;
  private final AnswerFormat format;
  private final AnswerEncoding encoding;
  private @Nullable Body body;
  private volatile Map<String, String> trailers = Map.of();

  HttpAnswer(
      HttpServletRequest request,
      HttpServletResponse response,
      DisconnectWatch.Watched client,
      AnswerFormat format,
      AnswerEncoding encoding) {
    this.request = request;
    this.response = response;
    this.client = client;
    this.format = format;
    this.encoding = encoding;
  }

  private record Body(ServerStream server, OutputStream encoded) {}

  private Body open() throws IOException {
    Body open = body;
    if (open == null) {
      response.setStatus(HttpServletResponse.SC_OK);
      response.setContentType(format.contentType());
      response.setBufferSize(BUFFER_BYTES);
      if (encoding.coding() != null) {
        response.setHeader("Content-Encoding", encoding.coding());
      }
      if (format != AnswerFormat.JSON && !"HTTP/1.0".equals(request.getProtocol())) {
        response.setHeader(
            "Trailer",
            QueryController.ROW_COUNT_TRAILER + ", " + QueryController.TRUNCATED_TRAILER);
        response.setTrailerFields(() -> trailers);
      }
      ServerStream server = new ServerStream(client.guard(response.getOutputStream()));
      open = new Body(server, encoding.encode(server));
      body = open;
    }
    return open;
  }

  @Override
  public void write(int b) throws IOException {
    open().encoded().write(b);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    open().encoded().write(bytes, offset, length);
  }

  @Override
  public void flush() throws IOException {
    open().encoded().flush();
  }

  /** Ends the body as a whole one. */
  void finish(ResultSummary summary) throws IOException {
    Body open = open();
    trailers =
        Map.of(
            QueryController.ROW_COUNT_TRAILER,
            Long.toString(summary.rowCount()),
            QueryController.TRUNCATED_TRAILER,
            Boolean.toString(summary.truncated()));
    if (!response.isCommitted()) {
      // What is sent whole can say it in front, where every client reads it.
      trailers.forEach(response::setHeader);
    }
    open.encoded().close();
  }

  /** Frees the encoder; what was not finished stays without its end. */
  @Override
  public void close() throws IOException {
    Body open = body;
    if (open != null) {
      open.server().ended = true;
      open.encoded().close();
    }
  }

  /** The server's stream, whose end is the server's matter. */
  private static final class ServerStream extends FilterOutputStream {
    private boolean ended;

    ServerStream(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      if (!ended) {
        out.write(b);
      }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (!ended) {
        out.write(bytes, offset, length);
      }
    }

    @Override
    public void flush() throws IOException {
      if (!ended) {
        out.flush();
      }
    }

    @Override
    public void close() {
      ended = true;
    }
  }
}
