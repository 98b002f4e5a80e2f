package io.duckmesh.engine.rows;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Values of the same number of bytes each, little-endian. */
abstract class FixedWidthBuilder extends ColumnBuilder {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int FIRST_ROWS = 8;

  private final int width;
  private byte[] data;

  FixedWidthBuilder(int width, String name, @Nullable ColumnBuilder parent) {
    super(name, parent);
    this.width = width;
    this.data = new byte[width * FIRST_ROWS];
  }

  final void appendShort(short value) {
    int at = reserve();
    SHORT.set(data, at, value);
    appended();
  }

  final void appendInt(int value) {
    int at = reserve();
    INT.set(data, at, value);
    appended();
  }

  final void appendLong(long value) {
    int at = reserve();
    LONG.set(data, at, value);
    appended();
  }

  /** Appends 16 bytes, of which {@code first} come first. */
  final void appendLongs(long first, long second) {
    int at = reserve();
    LONG.set(data, at, first);
    LONG.set(data, at + Long.BYTES, second);
    appended();
  }

  final short shortAt(int index) {
    return (short) SHORT.get(data, index * width);
  }

  final int intAt(int index) {
    return (int) INT.get(data, index * width);
  }

  final long longAt(int index) {
    return (long) LONG.get(data, index * width);
  }

  /** The second of the two longs of a value of 16 bytes. */
  final long secondLongAt(int index) {
    return (long) LONG.get(data, index * width + Long.BYTES);
  }

  private int reserve() {
    long at = (long) count() * width;
    if (at + width > data.length) {
      data = grown(data, at + width);
    }
    return (int) at;
  }

  @Override
  final void reserveNull() {
    reserve();
  }

  @Override
  final void copyFrom(ColumnBuilder other, int index) {
    int at = reserve();
    System.arraycopy(((FixedWidthBuilder) other).data, index * width, data, at, width);
    appended();
  }

  @Override
  final void truncateValues(int newCount) {
    Arrays.fill(data, newCount * width, count() * width, (byte) 0);
  }

  @Override
  final void collectValues(RowBuffers buffers) {
    buffers.add(data, count() * width);
  }
}
