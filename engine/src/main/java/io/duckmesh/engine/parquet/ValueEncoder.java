package io.duckmesh.engine.parquet;

import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.Widening;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.FixedWidthVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.io.api.Binary;

/**
 * Writes the values of one Arrow vector into Parquet's column writers. Every field is optional, so
 * each level of nesting adds one definition level for the field itself and, below a list, one for
 * the presence of an element.
 */
abstract sealed class ValueEncoder {

  /**
   * Writes the value at the index.
   *
   * @param repetition level at which the value repeats
   * @param definition level of what is present above this field
   */
  abstract void write(int index, int repetition, int definition);

  /** Writes that the field is absent because something above it is. */
  abstract void writeAbsent(int repetition, int definition);

  /**
   * Makes the encoder of one column.
   *
   * @param source type of the vector; {@code target} or a type that widens to it
   * @param writers the column writers of the field's leaves, in the order of the schema
   */
  static ValueEncoder of(
      ColumnType source, ColumnType target, FieldVector vector, Iterator<ColumnWriter> writers) {
    return of(source, target, vector, writers, 0);
  }

  private static ValueEncoder of(
      ColumnType source,
      ColumnType target,
      FieldVector vector,
      Iterator<ColumnWriter> writers,
      int repetition) {
    return switch (target) {
      case ListOf list -> {
        if (!(source instanceof ListOf sourceList)) {
          throw notWidening(source, target);
        }
        ListVector listVector = (ListVector) vector;
        yield new ListEncoder(
            listVector,
            of(
                sourceList.element(),
                list.element(),
                listVector.getDataVector(),
                writers,
                repetition + 1),
            repetition + 1);
      }
      case Struct struct -> {
        if (!source.equals(target)) {
          throw notWidening(source, target);
        }
        List<ValueEncoder> fields = new ArrayList<>();
        StructVector structVector = (StructVector) vector;
        for (int i = 0; i < struct.fields().size(); i++) {
          ColumnType type = struct.fields().get(i).type();
          fields.add(
              of(type, type, structVector.getChildrenFromFields().get(i), writers, repetition));
        }
        yield new StructEncoder(structVector, List.copyOf(fields));
      }
      case Decimal decimal -> decimal(source, decimal, vector, writers.next());
      case Primitive primitive -> {
        if (!Widening.widens(source, primitive)) {
          throw notWidening(source, target);
        }
        ColumnWriter writer = writers.next();
        yield switch (primitive) {
          case BOOLEAN -> new BooleanEncoder((BitVector) vector, writer);
          case SMALLINT, INTEGER, DATE -> new IntEncoder(new Integers(vector), vector, writer);
          case BIGINT, TIME, TIMESTAMP, TIMESTAMPTZ ->
              new LongEncoder(new Integers(vector), vector, writer);
          case REAL -> new FloatEncoder((Float4Vector) vector, writer);
          case DOUBLE -> new DoubleEncoder(vector, writer);
          case VARCHAR, BLOB, JSON -> new BytesEncoder((BaseVariableWidthVector) vector, writer);
          case UUID -> new FixedBytesEncoder((FixedSizeBinaryVector) vector, writer);
        };
      }
    };
  }

  private static ValueEncoder decimal(
      ColumnType source, Decimal target, FieldVector vector, ColumnWriter writer) {
    if (!Widening.widens(source, target)) {
      throw notWidening(source, target);
    }
    int sourceScale = source instanceof Decimal decimal ? decimal.scale() : 0;
    int shift = target.scale() - sourceScale;
    return new DecimalEncoder(vector, target.precision(), shift, writer);
  }

  private static IllegalArgumentException notWidening(ColumnType source, ColumnType target) {
    return new IllegalArgumentException(source + " does not widen to " + target);
  }

  /** Integers of 16, 32 or 64 bits, read by the width of the vector's values. */
  private static final class Integers {
    private final ArrowBuf values;
    private final int width;

    Integers(FieldVector vector) {
      this.values = vector.getDataBuffer();
      this.width = ((FixedWidthVector) vector).getTypeWidth();
    }

    long get(int index) {
      return switch (width) {
        case 8 -> values.getLong((long) index << 3);
        case 4 -> values.getInt((long) index << 2);
        default -> values.getShort((long) index << 1);
      };
    }
  }

  /** A column without anything below it. */
  private abstract static sealed class Leaf extends ValueEncoder {
    private final FieldVector vector;
    final ColumnWriter writer;

    Leaf(FieldVector vector, ColumnWriter writer) {
      this.vector = vector;
      this.writer = writer;
    }

    @Override
    final void write(int index, int repetition, int definition) {
      if (vector.isNull(index)) {
        writer.writeNull(repetition, definition);
      } else {
        writeValue(index, repetition, definition + 1);
      }
    }

    @Override
    final void writeAbsent(int repetition, int definition) {
      writer.writeNull(repetition, definition);
    }

    abstract void writeValue(int index, int repetition, int definition);
  }

  private static final class BooleanEncoder extends Leaf {
    private final BitVector vector;

    BooleanEncoder(BitVector vector, ColumnWriter writer) {
      super(vector, writer);
      this.vector = vector;
    }

    @Override
    void writeValue(int index, int repetition, int definition) {
      writer.write(vector.get(index) != 0, repetition, definition);
    }
  }

  private static final class IntEncoder extends Leaf {
    private final Integers values;

    IntEncoder(Integers values, FieldVector vector, ColumnWriter writer) {
      super(vector, writer);
      this.values = values;
    }

    @Override
    void writeValue(int index, int repetition, int definition) {
      writer.write((int) values.get(index), repetition, definition);
    }
  }

  private static final class LongEncoder extends Leaf {
    private final Integers values;

    LongEncoder(Integers values, FieldVector vector, ColumnWriter writer) {
      super(vector, writer);
      this.values = values;
    }

    @Override
    void writeValue(int index, int repetition, int definition) {
      writer.write(values.get(index), repetition, definition);
    }
  }

  private static final class FloatEncoder extends Leaf {
    private final Float4Vector vector;

    FloatEncoder(Float4Vector vector, ColumnWriter writer) {
      super(vector, writer);
      this.vector = vector;
    }

    @Override
    void writeValue(int index, int repetition, int definition) {
      writer.write(vector.get(index), repetition, definition);
    }
  }

  private static final class DoubleEncoder extends Leaf {
    private final FieldVector vector;

    DoubleEncoder(FieldVector vector, ColumnWriter writer) {
      super(vector, writer);
      this.vector = vector;
    }

    @Override
    void writeValue(int index, int repetition, int definition) {
      double value =
          switch (vector) {
            case Float8Vector doubles -> doubles.get(index);
            case Float4Vector floats -> floats.get(index);
            default -> new Integers(vector).get(index);
          };
      writer.write(value, repetition, definition);
    }
  }

  private static final class BytesEncoder extends Leaf {
    private final BaseVariableWidthVector vector;

    BytesEncoder(BaseVariableWidthVector vector, ColumnWriter writer) {
      super(vector, writer);
      this.vector = vector;
    }

    @Override
    void writeValue(int index, int repetition, int definition) {
      int start = vector.getStartOffset(index);
      byte[] bytes = new byte[vector.getEndOffset(index) - start];
      vector.getDataBuffer().getBytes(start, bytes);
      writer.write(Binary.fromConstantByteArray(bytes), repetition, definition);
    }
  }

  private static final class FixedBytesEncoder extends Leaf {
    private final FixedSizeBinaryVector vector;

    FixedBytesEncoder(FixedSizeBinaryVector vector, ColumnWriter writer) {
      super(vector, writer);
      this.vector = vector;
    }

    @Override
    void writeValue(int index, int repetition, int definition) {
      writer.write(Binary.fromConstantByteArray(vector.get(index)), repetition, definition);
    }
  }

  /** Decimals, as the smallest of 32 bits, 64 bits and 16 bytes that holds their precision. */
  private static final class DecimalEncoder extends Leaf {
    private final FieldVector vector;
    private final int precision;
    private final BigInteger factor;
    private final boolean wide;

    /**
     * @param shift digits of scale that the target has more than the source
     */
    DecimalEncoder(FieldVector vector, int precision, int shift, ColumnWriter writer) {
      super(vector, writer);
      this.vector = vector;
      this.precision = precision;
      this.factor = BigInteger.TEN.pow(shift);
      this.wide = precision > 18;
    }

    @Override
    void writeValue(int index, int repetition, int definition) {
      if (!wide) {
        // What fits into 18 digits is whole in the low 64 of Arrow's 128 little-endian bits.
        long unscaled = low(index) * factor.longValueExact();
        if (precision <= 9) {
          writer.write((int) unscaled, repetition, definition);
        } else {
          writer.write(unscaled, repetition, definition);
        }
        return;
      }
      byte[] bytes = new byte[ParquetSchemas.WIDE_BYTES];
      if (vector instanceof DecimalVector decimals && factor.equals(BigInteger.ONE)) {
        ArrowBuf values = decimals.getDataBuffer();
        long start = (long) index * ParquetSchemas.WIDE_BYTES;
        for (int i = 0; i < bytes.length; i++) {
          bytes[bytes.length - 1 - i] = values.getByte(start + i);
        }
      } else {
        BigInteger unscaled =
            vector instanceof DecimalVector decimals
                ? decimals.getObject(index).unscaledValue()
                : BigInteger.valueOf(low(index));
        byte[] magnitude = unscaled.multiply(factor).toByteArray();
        if (unscaled.signum() < 0) {
          java.util.Arrays.fill(bytes, (byte) -1);
        }
        System.arraycopy(magnitude, 0, bytes, bytes.length - magnitude.length, magnitude.length);
      }
      writer.write(Binary.fromConstantByteArray(bytes), repetition, definition);
    }

    private long low(int index) {
      return vector instanceof DecimalVector decimals
          ? decimals.getDataBuffer().getLong((long) index * ParquetSchemas.WIDE_BYTES)
          : new Integers(vector).get(index);
    }
  }

  private static final class StructEncoder extends ValueEncoder {
    private final StructVector vector;
    private final List<ValueEncoder> fields;

    StructEncoder(StructVector vector, List<ValueEncoder> fields) {
      this.vector = vector;
      this.fields = fields;
    }

    @Override
    void write(int index, int repetition, int definition) {
      if (vector.isNull(index)) {
        writeAbsent(repetition, definition);
      } else {
        for (ValueEncoder field : fields) {
          field.write(index, repetition, definition + 1);
        }
      }
    }

    @Override
    void writeAbsent(int repetition, int definition) {
      for (ValueEncoder field : fields) {
        field.writeAbsent(repetition, definition);
      }
    }
  }

  private static final class ListEncoder extends ValueEncoder {
    private final ListVector vector;
    private final ValueEncoder element;
    private final int elementRepetition;

    ListEncoder(ListVector vector, ValueEncoder element, int elementRepetition) {
      this.vector = vector;
      this.element = element;
      this.elementRepetition = elementRepetition;
    }

    @Override
    void write(int index, int repetition, int definition) {
      if (vector.isNull(index)) {
        element.writeAbsent(repetition, definition);
        return;
      }
      int start = vector.getElementStartIndex(index);
      int end = vector.getElementEndIndex(index);
      if (start == end) {
        element.writeAbsent(repetition, definition + 1);
        return;
      }
      for (int i = start; i < end; i++) {
        element.write(i, i == start ? repetition : elementRepetition, definition + 2);
      }
    }

    @Override
    void writeAbsent(int repetition, int definition) {
      element.writeAbsent(repetition, definition);
    }
  }
}
