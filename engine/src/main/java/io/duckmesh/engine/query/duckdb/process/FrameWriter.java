package io.duckmesh.engine.query.duckdb.process;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes numbers, texts and what Arrow writes, collected until {@link #flush()}. */
final class FrameWriter implements WritableByteChannel {
  static final int BUFFER_BYTES = 64 << 10;

  private final WritableByteChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  FrameWriter(WritableByteChannel channel) {
    this.channel = channel;
  }

  void put(Signal signal) throws IOException {
    putByte(signal.ordinal());
  }

  void putByte(int value) throws IOException {
    room(1).put((byte) value);
  }

  void putInt(int value) throws IOException {
    room(Integer.BYTES).putInt(value);
  }

  void putLong(long value) throws IOException {
    room(Long.BYTES).putLong(value);
  }

  void putDouble(double value) throws IOException {
    room(Double.BYTES).putDouble(value);
  }

  void putText(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    putInt(bytes.length);
    write(ByteBuffer.wrap(bytes));
  }

  void putTexts(List<String> texts) throws IOException {
    putInt(texts.size());
    for (String text : texts) {
      putText(text);
    }
  }

  /** Values of parameters, of the types that {@link FrameReader#takeValues} knows. */
  void putValues(List<? extends @Nullable Object> values) throws IOException {
    putInt(values.size());
    for (Object value : values) {
      switch (value) {
        case null -> putByte('0');
        case Boolean bool -> {
          putByte('b');
          putByte(bool ? 1 : 0);
        }
        case Long integer -> {
          putByte('l');
          putLong(integer);
        }
        case Double real -> {
          putByte('d');
          putDouble(real);
        }
        case BigDecimal decimal -> {
          putByte('n');
          putText(decimal.toPlainString());
        }
        case String text -> {
          putByte('t');
          putText(text);
        }
        default ->
            throw new IllegalArgumentException(
                "A parameter can not be a " + value.getClass().getName());
      }
    }
  }

  private ByteBuffer room(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
    return buffer;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int count = bytes.remaining();
    if (count > buffer.remaining()) {
      flush();
    }
    if (count < buffer.capacity()) {
      buffer.put(bytes);
    } else {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
    return count;
  }

  void flush() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }

  @Override
  public boolean isOpen() {
    return channel.isOpen();
  }

  /** Closes nothing: the channel is its owner's. */
  @Override
  public void close() throws IOException {
    flush();
  }
}
