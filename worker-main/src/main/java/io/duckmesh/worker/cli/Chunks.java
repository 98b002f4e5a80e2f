package io.duckmesh.worker.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** Input as chunks, in order. One thread reads it, in memory of a few chunks. */
interface Chunks extends AutoCloseable {
  /** The next chunk; empty at the end. */
  Optional<Chunk> next() throws IOException;

  @Override
  void close() throws IOException;

  /**
   * Reads plain or gzipped NDJSON, or JSON: one array of objects, or objects one after the other.
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
      return new BufferedInputStream(new GZIPInputStream(input, 1 << 16), 1 << 16);
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
