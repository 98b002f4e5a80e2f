package io.duckmesh.engine.rows;

import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.ColumnType.StructField;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** STRUCT from objects; a field that is not there is null. */
final class StructBuilder extends ColumnBuilder {
  private final Struct type;
  private final ColumnBuilder[] fields;
  private final NameLookup names;

  StructBuilder(Struct type, String name, @Nullable ColumnBuilder parent) {
    super(name, parent);
    this.type = type;
    List<StructField> described = type.fields();
    this.fields = new ColumnBuilder[described.size()];
    for (int i = 0; i < fields.length; i++) {
      fields[i] = create(described.get(i).type(), described.get(i).name(), this);
    }
    this.names = NameLookup.of(described.stream().map(StructField::name).toList());
  }

  @Override
  void read(JsonCursor cursor, JsonToken token) {
    if (token != JsonToken.START_OBJECT) {
      refuse(cursor, "%s is an object".formatted(type));
      return;
    }
    JsonParser parser = cursor.parser();
    int field = -1;
    String fieldName;
    while ((fieldName = parser.nextName()) != null) {
      JsonToken value = parser.nextToken();
      field = names.find(fieldName, field + 1);
      if (field < 0) {
        reportValue(cursor, path() + "." + fieldName, "%s has no such field".formatted(type));
      } else if (fields[field].count() > count()) {
        reportValue(cursor, path() + "." + fieldName, "A field has one value");
      } else {
        fields[field].readNullable(cursor, value);
      }
    }
    completeFields();
    appended();
  }

  private void completeFields() {
    for (ColumnBuilder field : fields) {
      if (field.count() == count()) {
        field.appendNull();
      }
    }
  }

  @Override
  String pathOf(ColumnBuilder child) {
    return path() + "." + child.name();
  }

  @Override
  void reserveNull() {
    for (ColumnBuilder field : fields) {
      field.truncate(count());
      field.appendNull();
    }
  }

  @Override
  void copyFrom(ColumnBuilder other, int index) {
    StructBuilder source = (StructBuilder) other;
    for (int i = 0; i < fields.length; i++) {
      fields[i].appendFrom(source.fields[i], index);
    }
    appended();
  }

  @Override
  void truncateValues(int newCount) {
    for (ColumnBuilder field : fields) {
      field.truncate(newCount);
    }
  }

  @Override
  void collectValues(RowBuffers buffers) {
    for (ColumnBuilder field : fields) {
      field.collect(buffers);
    }
  }

  @Override
  void addKey(int index, KeyText key) {
    throw new IllegalStateException("A struct is no event key");
  }
}
