package io.duckmesh.engine.segment;

import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;

/** A channel into an array on the heap. */
final class BytesChannel implements WritableByteChannel {
  private byte[] bytes;
  private int length;

  BytesChannel(int expectedBytes) {
    bytes = new byte[expectedBytes];
  }

  @Override
  public int write(ByteBuffer source) {
    int count = source.remaining();
    int needed = Math.addExact(length, count);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(2L * length, 1 << 30)));
    }
    source.get(bytes, length, count);
    length = needed;
    return count;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {}
}
