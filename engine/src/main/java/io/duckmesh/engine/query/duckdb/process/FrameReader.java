package io.duckmesh.engine.query.duckdb.process;

import java.io.EOFException;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what {@link FrameWriter} writes. The end of the channel is an {@link EOFException}. */
final class FrameReader implements ReadableByteChannel {
  private static final Signal[] SIGNALS = Signal.values();

  private final ReadableByteChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(FrameWriter.BUFFER_BYTES).flip();

  FrameReader(ReadableByteChannel channel) {
    this.channel = channel;
  }

  Signal takeSignal() throws IOException {
    int number = takeByte();
    if (number < 0 || number >= SIGNALS.length) {
      throw new IOException("Not a signal: " + number);
    }
    return SIGNALS[number];
  }

  int takeByte() throws IOException {
    return require(1).get();
  }

  int takeInt() throws IOException {
    return require(Integer.BYTES).getInt();
  }

  long takeLong() throws IOException {
    return require(Long.BYTES).getLong();
  }

  double takeDouble() throws IOException {
    return require(Double.BYTES).getDouble();
  }

  String takeText() throws IOException {
    int length = takeInt();
    if (length < 0) {
      throw new IOException("Not a length: " + length);
    }
    byte[] bytes = new byte[length];
    ByteBuffer text = ByteBuffer.wrap(bytes);
    while (text.hasRemaining()) {
      if (read(text) < 0) {
        throw new EOFException("Ended within a text");
      }
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  List<String> takeTexts() throws IOException {
    List<String> texts = new ArrayList<>();
    for (int left = takeInt(); left > 0; left--) {
      texts.add(takeText());
    }
    return texts;
  }

  List<@Nullable Object> takeValues() throws IOException {
    List<@Nullable Object> values = new ArrayList<>();
    for (int left = takeInt(); left > 0; left--) {
      int type = takeByte();
      values.add(
          switch (type) {
            case '0' -> null;
            case 'b' -> takeByte() == 1;
            case 'l' -> takeLong();
            case 'd' -> takeDouble();
            case 'n' -> new BigDecimal(takeText());
            case 't' -> takeText();
            default -> throw new IOException("Not a type: " + type);
          });
    }
    return values;
  }

  private ByteBuffer require(int bytes) throws IOException {
    while (buffer.remaining() < bytes) {
      buffer.compact();
      int count = channel.read(buffer);
      buffer.flip();
      if (count < 0) {
        throw new EOFException("The other side has closed the connection");
      }
    }
    return buffer;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    if (!buffer.hasRemaining()) {
      if (target.remaining() >= buffer.capacity()) {
        return channel.read(target);
      }
      buffer.clear();
      int count = channel.read(buffer);
      buffer.flip();
      if (count < 0) {
        return count;
      }
    }
    int count = Math.min(target.remaining(), buffer.remaining());
    target.put(buffer.slice(buffer.position(), count));
    buffer.position(buffer.position() + count);
    return count;
  }

  @Override
  public boolean isOpen() {
    return channel.isOpen();
  }

  /** Closes nothing: the channel is its owner's. */
  @Override
  public void close() {}
}
