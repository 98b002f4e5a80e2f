package io.duckmesh.api.ingest;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads request bodies into memory, within a limit for each and one for all together. What says
 * that it is too large is refused before anything is read.
 */
public final class RequestBodies {
  private static final long MAX_JSON_BYTES = 4L << 20;
  private static final int FIRST_BUFFER = 64 << 10;
  private static final int GZIP_BUFFER = 16 << 10;

  private final long maxBytes;
  private final long maxInFlightBytes;
  private final AtomicLong inFlightBytes = new AtomicLong();

  public RequestBodies(long maxBytes, long maxInFlightBytes) {
    this.maxBytes = maxBytes;
    this.maxInFlightBytes = maxInFlightBytes;
  }

  /** A body in memory; closing it gives its share of the memory back. */
  public final class Body implements AutoCloseable {
    private byte[] bytes = new byte[0];
    private long reserved;

    private Body() {}

    public byte[] bytes() {
      return bytes;
    }

    private void reserve(long more) {
      if (inFlightBytes.addAndGet(more) > maxInFlightBytes) {
        inFlightBytes.addAndGet(-more);
        throw new ProblemException(
            ApiError.RATE_LIMITED,
            "Bodies of %d bytes are being taken already; wait and send again"
                .formatted(inFlightBytes.get()));
      }
      reserved += more;
    }

    @Override
    public void close() {
      inFlightBytes.addAndGet(-reserved);
      reserved = 0;
    }
  }

  /** Bytes of bodies in memory now. */
  public long inFlightBytes() {
    return inFlightBytes.get();
  }

  /** Reads a body of events, decompressed. The caller closes it. */
  public Body read(HttpServletRequest request) throws IOException {
    return read(request, maxBytes);
  }

  /** Reads a JSON document that describes something; checks its Content-Type. */
  public byte[] readJson(HttpServletRequest request) throws IOException {
    String type = request.getContentType();
    if (type == null || !"application/json".equals(mediaType(type))) {
      throw new ProblemException(
          ApiError.UNSUPPORTED_MEDIA_TYPE,
          "The body's Content-Type is %s, it must be application/json"
              .formatted(type == null ? "missing" : type),
          Map.of("supported", java.util.List.of("application/json")));
    }
    try (Body body = read(request, MAX_JSON_BYTES)) {
      return body.bytes();
    }
  }

  /** Type and subtype in lower case, without parameters. */
  public static String mediaType(String contentType) {
    int end = contentType.indexOf(';');
    String type = end < 0 ? contentType : contentType.substring(0, end);
    return type.trim().toLowerCase(Locale.ROOT);
  }

  private Body read(HttpServletRequest request, long limit) throws IOException {
    long length = request.getContentLengthLong();
    if (length > limit) {
      throw tooLarge(limit, length);
    }
    String encoding = request.getHeader("Content-Encoding");
    Body body = new Body();
    boolean whole = false;
    try {
      ServletInputStream raw = request.getInputStream();
      if (encoding == null || encoding.isBlank() || encoding.equalsIgnoreCase("identity")) {
        fill(body, raw, length, limit);
      } else {
        fillDecompressed(body, raw, encoding.trim().toLowerCase(Locale.ROOT), limit);
      }
      whole = true;
      return body;
    } finally {
      if (!whole) {
        body.close();
      }
    }
  }

  private static void fillDecompressed(
      Body body, ServletInputStream raw, String encoding, long limit) throws IOException {
    SourceStream source = new SourceStream(raw);
    try (InputStream decompressed = decompressor(source, encoding)) {
      fill(body, decompressed, -1, limit);
    } catch (IOException e) {
      // A client that goes away while it sends is not a client that compresses badly.
      IOException failure = source.failure;
      if (failure != null) {
        throw failure;
      }
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "The body is not valid %s: %s".formatted(encoding, whatIsWrong(e)));
    }
  }

  private static String whatIsWrong(IOException e) {
    String message = e.getMessage();
    if (message != null) {
      return message;
    }
    return e instanceof EOFException ? "it ends too early" : e.getClass().getSimpleName();
  }

  private static InputStream decompressor(InputStream source, String encoding) throws IOException {
    return switch (encoding) {
      // The one of java.util.zip takes a damaged header of a further member for the end of the
      // body.
      case "gzip", "x-gzip" ->
          GzipCompressorInputStream.builder()
              .setInputStream(new BufferedInputStream(source, GZIP_BUFFER))
              .setBufferSize(GZIP_BUFFER)
              .setDecompressConcatenated(true)
              .get();
      case "zstd" -> new ZstdFrames(source);
      default ->
          throw new ProblemException(
              ApiError.UNSUPPORTED_MEDIA_TYPE,
              "The body's Content-Encoding is %s, known are gzip and zstd".formatted(encoding),
              Map.of("supported", java.util.List.of("gzip", "zstd")));
    };
  }

  private static void fill(Body body, InputStream in, long knownLength, long limit)
      throws IOException {
    int first = knownLength >= 0 ? (int) knownLength : (int) Math.min(FIRST_BUFFER, limit + 1);
    body.reserve(first);
    byte[] buffer = new byte[first];
    int size = 0;
    while (true) {
      if (size == buffer.length) {
        if (knownLength >= 0) {
          break;
        }
        if (size > limit) {
          throw tooLarge(limit, -1);
        }
        int larger = (int) Math.min(limit + 1, buffer.length * 2L);
        body.reserve(larger - buffer.length);
        buffer = Arrays.copyOf(buffer, larger);
      }
      int read = in.read(buffer, size, buffer.length - size);
      if (read < 0) {
        break;
      }
      size += read;
    }
    if (size > limit) {
      throw tooLarge(limit, -1);
    }
    if (knownLength >= 0 && size < knownLength) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "The body ended after %d of %d bytes".formatted(size, knownLength));
    }
    body.bytes = size == buffer.length ? buffer : Arrays.copyOf(buffer, size);
  }

  private static ProblemException tooLarge(long limit, long length) {
    String detail =
        length < 0
            ? "The body has more than %d bytes; send it in parts".formatted(limit)
            : "The body has %d bytes, at most %d are taken; send it in parts"
                .formatted(length, limit);
    return new ProblemException(ApiError.PAYLOAD_TOO_LARGE, detail, Map.of("limit_bytes", limit));
  }

  /** Tells failures of the connection from those of the compression; never closes the source. */
  private static final class SourceStream extends InputStream {
    private final InputStream source;
    private @Nullable IOException failure;

    SourceStream(InputStream source) {
      this.source = source;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      try {
        return source.read(buffer, offset, length);
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    @Override
    public int available() throws IOException {
      return source.available();
    }
  }
}
