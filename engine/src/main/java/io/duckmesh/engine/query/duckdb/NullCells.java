package io.duckmesh.engine.query.duckdb;

import java.util.BitSet;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.BitVectorHelper;
import org.apache.arrow.vector.ExtensionTypeVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.NullVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.complex.UnionVector;

/**
 * Empties the cells that hold nothing. Arrow leaves open what stands where a value is null, and
 * DuckDB leaves there what its memory held before: a text of another query, an address. An answer
 * that shows it is not the same twice.
 */
final class NullCells {
  private NullCells() {}

  /** Makes zero of all that is below a null or past the last row. The values stay as they are. */
  static void clear(VectorSchemaRoot root) {
    for (FieldVector vector : root.getFieldVectors()) {
      clear(vector, root.getRowCount(), new BitSet());
    }
  }

  /**
   * @param absent cells of which a parent says that they are not there
   */
  private static void clear(ValueVector vector, int count, BitSet absent) {
    switch (vector) {
      case NullVector none -> {
        // Has no cells.
      }
      case ExtensionTypeVector<?> extension ->
          clear(extension.getUnderlyingVector(), count, absent);
      case UnionVector union -> clearMembers(union, count, absent);
      case BitVector bits -> clearBits(bits, count, nulls(bits, count, absent));
      case BaseFixedWidthVector fixed -> clearSlots(fixed, nulls(fixed, count, absent));
      case BaseVariableWidthVector variable -> clearBytes(variable, nulls(variable, count, absent));
      case StructVector struct -> {
        BitSet nulls = nulls(struct, count, absent);
        struct.getChildrenFromFields().forEach(child -> clear(child, count, nulls));
      }
      case FixedSizeListVector list -> {
        int size = list.getListSize();
        BitSet elements = new BitSet();
        nulls(list, count, absent).stream()
            .forEach(row -> elements.set(row * size, row * size + size));
        clear(list.getDataVector(), count * size, elements);
      }
      case ListVector list -> clearElements(list, count, nulls(list, count, absent));
      default ->
          throw new IllegalStateException(
              "No rule for the null cells of " + vector.getClass().getSimpleName());
    }
  }

  /** Null cells and absent ones, of which the validity says afterwards that they are null. */
  private static BitSet nulls(FieldVector vector, int count, BitSet absent) {
    BitSet nulls = new BitSet();
    if (count == 0) {
      return nulls;
    }
    ArrowBuf validity = vector.getValidityBuffer();
    if (!absent.isEmpty()) {
      absent.stream()
          .filter(row -> row < count)
          .forEach(row -> BitVectorHelper.unsetBit(validity, row));
    }
    clearPast(validity, count);
    if (BitVectorHelper.getNullCount(validity, count) > 0) {
      for (int row = 0; row < count; row++) {
        if (BitVectorHelper.get(validity, row) == 0) {
          nulls.set(row);
        }
      }
    }
    return nulls;
  }

  /** Bits of the last byte that no row has. */
  private static void clearPast(ArrowBuf bits, int count) {
    int used = count % Byte.SIZE;
    if (used > 0) {
      int last = count / Byte.SIZE;
      bits.setByte(last, bits.getByte(last) & ((1 << used) - 1));
    }
  }

  private static void clearBits(BitVector vector, int count, BitSet nulls) {
    if (count > 0) {
      ArrowBuf bits = vector.getDataBuffer();
      nulls.stream().forEach(row -> BitVectorHelper.unsetBit(bits, row));
      clearPast(bits, count);
    }
  }

  private static void clearSlots(BaseFixedWidthVector vector, BitSet nulls) {
    long width = vector.getTypeWidth();
    ArrowBuf slots = vector.getDataBuffer();
    nulls.stream().forEach(row -> slots.setZero(row * width, width));
  }

  private static void clearBytes(BaseVariableWidthVector vector, BitSet nulls) {
    ArrowBuf bytes = vector.getDataBuffer();
    ArrowBuf offsets = vector.getOffsetBuffer();
    nulls.stream()
        .forEach(
            row -> {
              int start = offsets.getInt((long) row * Integer.BYTES);
              int end = offsets.getInt((row + 1L) * Integer.BYTES);
              bytes.setZero(start, end - start);
            });
  }

  private static void clearElements(ListVector list, int count, BitSet nulls) {
    if (count == 0) {
      return;
    }
    ArrowBuf offsets = list.getOffsetBuffer();
    BitSet elements = new BitSet();
    nulls.stream()
        .forEach(
            row ->
                elements.set(
                    offsets.getInt((long) row * Integer.BYTES),
                    offsets.getInt((row + 1L) * Integer.BYTES)));
    clear(list.getDataVector(), offsets.getInt((long) count * Integer.BYTES), elements);
  }

  /** Of each row one member holds the value; what the others hold is nothing. */
  private static void clearMembers(UnionVector union, int count, BitSet absent) {
    for (FieldVector member : union.getChildrenFromFields()) {
      BitSet others = new BitSet();
      for (int row = 0; row < count; row++) {
        if (absent.get(row) || union.getVectorByType(union.getTypeValue(row)) != member) {
          others.set(row);
        }
      }
      clear(member, count, others);
    }
  }
}
