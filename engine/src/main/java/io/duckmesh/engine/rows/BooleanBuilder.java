package io.duckmesh.engine.rows;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/** BOOLEAN, one bit a value. */
final class BooleanBuilder extends ColumnBuilder {
  private static final String RULE = "BOOLEAN is true or false";

  private byte[] bits = new byte[Long.BYTES];

  BooleanBuilder(String name, @Nullable ColumnBuilder parent) {
    super(name, parent);
  }

  @Override
  void read(JsonCursor cursor, JsonToken token) {
    if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
      append(token == JsonToken.VALUE_TRUE);
    } else {
      refuse(cursor, RULE);
    }
  }

  private void append(boolean value) {
    reserveNull();
    if (value) {
      bits[count() >> 3] |= (byte) (1 << (count() & 7));
    }
    appended();
  }

  private boolean valueAt(int index) {
    return (bits[index >> 3] & 1 << (index & 7)) != 0;
  }

  @Override
  void reserveNull() {
    bits = grown(bits, (count() >> 3) + 1L);
  }

  @Override
  void copyFrom(ColumnBuilder other, int index) {
    append(((BooleanBuilder) other).valueAt(index));
  }

  @Override
  void truncateValues(int newCount) {
    for (int index = newCount; index < count(); index++) {
      bits[index >> 3] &= (byte) ~(1 << (index & 7));
    }
  }

  @Override
  void collectValues(RowBuffers buffers) {
    buffers.add(bits, bytesOf(count()));
  }

  @Override
  void addKey(int index, KeyText key) {
    key.addAscii(valueAt(index) ? "true" : "false");
  }
}
