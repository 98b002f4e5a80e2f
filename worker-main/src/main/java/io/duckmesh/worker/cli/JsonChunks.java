package io.duckmesh.worker.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;

/** Turns JSON objects, in an array or one after the other, into NDJSON; numbers stay as written. */
final class JsonChunks implements Chunks {
  private static final JsonFactory FACTORY = new JsonFactory();

  private final JsonParser parser;
  private final int maxRows;
  private final int maxBytes;

  private int nextOrdinal;

  JsonChunks(InputStream input, int maxRows, int maxBytes) throws IOException {
    try {
      // Looks at the first bytes, for their encoding.
      this.parser = FACTORY.createParser(ObjectReadContext.empty(), input);
    } catch (JacksonIOException e) {
      throw unwrap(e);
    }
    this.maxRows = maxRows;
    this.maxBytes = maxBytes;
  }

  @Override
  public Optional<Chunk> next() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream(1 << 16);
    long[] lines = new long[Math.min(maxRows, 1 << 12)];
    int rows = 0;
    try {
      while (rows < maxRows && body.size() < maxBytes) {
        JsonToken token = parser.nextToken();
        if (token == null) {
          break;
        }
        if (token == JsonToken.START_ARRAY || token == JsonToken.END_ARRAY) {
          continue;
        }
        TokenStreamLocation at = parser.currentTokenLocation();
        if (token != JsonToken.START_OBJECT) {
          throw new CommandFailedException(
              "Line %d: an object is expected, found %s"
                  .formatted(at.getLineNr(), parser.getString()));
        }
        if (rows == lines.length) {
          lines = Arrays.copyOf(lines, Math.min(maxRows, lines.length * 2));
        }
        lines[rows++] = at.getLineNr();
        try (JsonGenerator row = FACTORY.createGenerator(ObjectWriteContext.empty(), body)) {
          row.copyCurrentStructureExact(parser);
        }
        body.write('\n');
      }
    } catch (JacksonIOException e) {
      throw unwrap(e);
    } catch (JacksonException e) {
      TokenStreamLocation at = e.getLocation();
      throw new CommandFailedException(
          "Line %d: not JSON: %s"
              .formatted(at == null ? 0 : at.getLineNr(), e.getOriginalMessage()),
          e);
    }
    if (rows == 0) {
      return Optional.empty();
    }
    long[] chunkLines = Arrays.copyOf(lines, rows);
    return Optional.of(
        new Chunk(
            nextOrdinal++,
            chunkLines[0],
            chunkLines[rows - 1],
            chunkLines,
            rows,
            body.toByteArray()));
  }

  private static IOException unwrap(JacksonIOException e) {
    return e.getCause() instanceof IOException cause ? cause : new IOException(e);
  }

  @Override
  public void close() {
    parser.close();
  }
}
