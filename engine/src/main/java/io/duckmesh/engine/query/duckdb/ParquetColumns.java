package io.duckmesh.engine.query.duckdb;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;

/** The columns of an answer as Parquet's. */
final class ParquetColumns {
  private final List<ParquetField> fields;
  private final MessageType schema;

  private ParquetColumns(List<ParquetField> fields, MessageType schema) {
    this.fields = fields;
    this.schema = schema;
  }

  static ParquetColumns of(VectorSchemaRoot root, DictionaryProvider dictionaries) {
    List<ParquetField> fields = new ArrayList<>();
    List<Type> types = new ArrayList<>();
    Iterator<String> names =
        distinct(root.getFieldVectors().stream().map(FieldVector::getName).toList()).iterator();
    for (FieldVector vector : root.getFieldVectors()) {
      ParquetField field = ParquetField.of(vector, dictionaries);
      fields.add(field);
      types.add(field.type(names.next(), Repetition.OPTIONAL));
    }
    return new ParquetColumns(List.copyOf(fields), new MessageType("rows", types));
  }

  /** SQL lets several columns have one name, Parquet does not, and readers ignore case. */
  static List<String> distinct(List<String> names) {
    Set<String> given = new HashSet<>();
    names.forEach(name -> given.add(name.toLowerCase(Locale.ROOT)));
    Set<String> taken = new HashSet<>();
    List<String> distinct = new ArrayList<>();
    for (String name : names) {
      String free = name;
      for (int i = 1; !taken.add(free.toLowerCase(Locale.ROOT)); i++) {
        free = name + "_" + i;
        if (given.contains(free.toLowerCase(Locale.ROOT))) {
          free = name;
        }
      }
      distinct.add(free);
    }
    return distinct;
  }

  MessageType schema() {
    return schema;
  }

  /** The columns with the values that their vectors hold now. */
  Bound bind(VectorSchemaRoot root, DictionaryProvider dictionaries) {
    return new Bound(fields, root.getFieldVectors(), dictionaries);
  }

  /** Columns and their values. */
  record Bound(
      List<ParquetField> fields, List<FieldVector> vectors, DictionaryProvider dictionaries) {
    /** Writes rows {@code from} to before {@code to}, one column after the other. */
    void write(int from, int to, Iterator<ColumnWriter> leaves) {
      for (int i = 0; i < fields.size(); i++) {
        ParquetField.Values values =
            fields.get(i).bind(vectors.get(i), dictionaries, leaves, 0, Repetition.OPTIONAL);
        for (int row = from; row < to; row++) {
          values.write(row, 0, 0);
        }
      }
    }
  }
}
