package io.duckmesh.engine.rows;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Values of any number of bytes each, one right behind the other. */
abstract class VariableWidthBuilder extends ColumnBuilder {
  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int FIRST_ROWS = 8;

  private byte[] offsets = new byte[Integer.BYTES * (FIRST_ROWS + 1)];
  private byte[] data = new byte[FIRST_ROWS * Long.BYTES];
  private int end;

  VariableWidthBuilder(String name, @Nullable ColumnBuilder parent) {
    super(name, parent);
  }

  /** The data with room for so many bytes more, from {@link #end()} on. */
  final byte[] reserve(long bytes) {
    if (end + bytes > data.length) {
      data = grown(data, end + bytes);
    }
    return data;
  }

  /** Where the next value begins. */
  final int end() {
    return end;
  }

  /** Appends what was written into the reserved bytes, up to {@code newEnd}. */
  final void append(int newEnd) {
    setEnd(newEnd);
    appended();
  }

  final void append(byte[] source, int from, int length) {
    byte[] target = reserve(length);
    System.arraycopy(source, from, target, end, length);
    append(end + length);
  }

  private void setEnd(int newEnd) {
    int at = (count() + 1) * Integer.BYTES;
    if (at + Integer.BYTES > offsets.length) {
      offsets = grown(offsets, at + Integer.BYTES);
    }
    INT.set(offsets, at, newEnd);
    end = newEnd;
  }

  private int offset(int index) {
    return (int) INT.get(offsets, index * Integer.BYTES);
  }

  @Override
  final void reserveNull() {
    setEnd(end);
  }

  @Override
  final void copyFrom(ColumnBuilder other, int index) {
    VariableWidthBuilder source = (VariableWidthBuilder) other;
    int from = source.offset(index);
    append(source.data, from, source.offset(index + 1) - from);
  }

  @Override
  final void truncateValues(int newCount) {
    end = offset(newCount);
  }

  @Override
  final void collectValues(RowBuffers buffers) {
    buffers.add(offsets, (count() + 1) * Integer.BYTES);
    buffers.add(data, end);
  }

  @Override
  void addKey(int index, KeyText key) {
    int from = offset(index);
    key.add(data, from, offset(index + 1) - from);
  }
}
