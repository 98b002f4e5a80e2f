package io.duckmesh.worker.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** Input as chunks, in order. One thread reads it, in memory of a few chunks. */
interface Chunks extends AutoCloseable {
  /**
   * The next chunk; empty at the end.
   *
   * @throws IOException if the input cannot be read any further
   */
  Optional<Chunk> next() throws IOException;

  @Override
  void close() throws IOException;

  /**
   * Reads plain or gzipped NDJSON, or JSON: one array of objects, or objects one after the other.
   *
   * <p>Gzipped input may have several members; it fails, where it is damaged or goes on with
   * something else, when reading gets there.
   *
   * @param json whether to expect JSON where it could be either, judged by the name of the file
   */
  static Chunks read(InputStream input, boolean json, int maxRows, int maxBytes)
      throws IOException {
    InputStream plain = unzip(new BufferedInputStream(input, 1 << 16));
    if (json || firstByte(plain) == '[') {
      return new JsonChunks(plain, maxRows, maxBytes);
    }
    return new NdjsonChunks(plain, maxRows, maxBytes);
  }

  private static InputStream unzip(BufferedInputStream input) throws IOException {
    input.mark(2);
    int first = input.read();
    int second = input.read();
    input.reset();
    if (first == 0x1f && second == 0x8b) {
      // The JDK's own takes a damaged second member for the end.
      return new BufferedInputStream(
          GzipCompressorInputStream.builder()
              .setInputStream(input)
              .setDecompressConcatenated(true)
              .get(),
          1 << 16);
    }
    return input;
  }

  private static int firstByte(InputStream input) throws IOException {
    input.mark(1 << 12);
    int value = input.read();
    while (value == ' ' || value == '\t' || value == '\r' || value == '\n') {
      value = input.read();
    }
    input.reset();
    return value;
  }
}
