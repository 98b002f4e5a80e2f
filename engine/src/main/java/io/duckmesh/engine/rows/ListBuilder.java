package io.duckmesh.engine.rows;

import io.duckmesh.engine.schema.ColumnType.ListOf;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** LIST from arrays. */
final class ListBuilder extends ColumnBuilder {
  private static final int FIRST_ROWS = 8;

  private final ListOf type;
  private final ColumnBuilder elements;
  private byte[] offsets = new byte[Integer.BYTES * (FIRST_ROWS + 1)];

  ListBuilder(ListOf type, String name, @Nullable ColumnBuilder parent) {
    super(name, parent);
    this.type = type;
    this.elements = create(type.element(), name, this);
  }

  @Override
  void read(JsonCursor cursor, JsonToken token) {
    if (token != JsonToken.START_ARRAY) {
      refuse(cursor, "%s is an array".formatted(type));
      return;
    }
    JsonParser parser = cursor.parser();
    JsonToken element;
    while ((element = parser.nextToken()) != JsonToken.END_ARRAY) {
      elements.readNullable(cursor, element);
    }
    setEnd();
    appended();
  }

  private void setEnd() {
    int at = (count() + 1) * Integer.BYTES;
    offsets = grown(offsets, at + (long) Integer.BYTES);
    VariableWidthBuilder.INT.set(offsets, at, elements.count());
  }

  private int offset(int index) {
    return (int) VariableWidthBuilder.INT.get(offsets, index * Integer.BYTES);
  }

  @Override
  String pathOf(ColumnBuilder child) {
    return "%s[%d]".formatted(path(), child.count() - offset(count()));
  }

  @Override
  void reserveNull() {
    elements.truncate(offset(count()));
    setEnd();
  }

  @Override
  void copyFrom(ColumnBuilder other, int index) {
    ListBuilder source = (ListBuilder) other;
    for (int i = source.offset(index); i < source.offset(index + 1); i++) {
      elements.appendFrom(source.elements, i);
    }
    setEnd();
    appended();
  }

  @Override
  void truncateValues(int newCount) {
    elements.truncate(offset(newCount));
  }

  @Override
  void collectValues(RowBuffers buffers) {
    buffers.add(offsets, (count() + 1) * Integer.BYTES);
    elements.collect(buffers);
  }

  @Override
  void addKey(int index, KeyText key) {
    throw new IllegalStateException("A list is no event key");
  }
}
