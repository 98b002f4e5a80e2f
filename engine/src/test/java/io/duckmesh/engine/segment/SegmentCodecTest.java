package io.duckmesh.engine.segment;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.rows.RowFormat;
import io.duckmesh.engine.rows.RowOptions;
import io.duckmesh.engine.rows.Rows;
import io.duckmesh.engine.schema.ArrowSchemas;
import io.duckmesh.engine.schema.RowSchema;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SegmentCodecTest {
  private static final UUID TABLE = UUID.fromString("0190163d-8694-739b-aea5-966c26f8ad91");
  private static final RowSchema SCHEMA =
      Rows.schema("id BIGINT NOT NULL", "name VARCHAR", "tags DECIMAL(9,2)[]", "ok BOOLEAN");
  private static final RowOptions KEYED = RowOptions.DEFAULTS.withEventKeyColumns(List.of("id"));

  private final BufferAllocator allocator = new RootAllocator();

  @AfterEach
  void nothingLeaks() {
    allocator.close();
  }

  @Test
  void headerAndRowsReadBack() {
    try (RowBatch rows = rows(20, KEYED)) {
      SegmentHeader header =
          new SegmentHeader(TABLE, 1, 20, KeyHashes.requestKey("request", 3), true);

      byte[] segment = SegmentCodec.encode(header, rows);

      assertThat(SegmentCodec.header(segment)).isEqualTo(header);
      try (DecodedSegment decoded = SegmentCodec.decode(segment, SCHEMA, allocator)) {
        assertThat(decoded.header()).isEqualTo(header);
        assertThat(decoded.rows().schema()).isEqualTo(SCHEMA);
        assertThat(decoded.rows().eventKeys()).isEqualTo(rows.eventKeys());
        assertThat(Rows.values(decoded.rows())).isEqualTo(Rows.values(rows));
      }
    }
  }

  @Test
  void segmentWithoutKeysReadsBackWithoutKeys() {
    byte[] segment = segment(1, RowOptions.DEFAULTS);

    try (DecodedSegment decoded = SegmentCodec.decode(segment, SCHEMA, allocator)) {
      assertThat(decoded.header()).isEqualTo(new SegmentHeader(TABLE, 1, 1, null, false));
      assertThat(decoded.rows().eventKeys()).isNull();
    }
  }

  @Test
  void firstBytesTellTheTableAndNothingElse() {
    byte[] keyed = Arrays.copyOf(segment(7, KEYED), SegmentCodec.TABLE_PREFIX_BYTES);

    assertThat(SegmentCodec.tableOf(keyed)).contains(TABLE);
    assertThat(Arrays.copyOf(segment(9, KEYED), SegmentCodec.TABLE_PREFIX_BYTES)).isEqualTo(keyed);
    assertThat(SegmentCodec.tableOf(Arrays.copyOf(keyed, keyed.length - 1))).isEmpty();
    assertThat(SegmentCodec.tableOf("no segment of any table".getBytes(UTF_8))).isEmpty();
  }

  @Test
  void sameRowsGiveTheSameBytes() {
    assertThat(segment(50, KEYED)).isEqualTo(segment(50, KEYED));
  }

  @Test
  void everyChangedByteIsFound() {
    byte[] segment = segment(3, KEYED);

    for (int at = 0; at < segment.length; at++) {
      for (int change : new int[] {0x01, 0x80, 0xff}) {
        byte[] changed = segment.clone();
        changed[at] ^= (byte) change;

        assertThatThrownBy(() -> SegmentCodec.decode(changed, SCHEMA, allocator))
            .as("byte %d", at)
            .isInstanceOf(CorruptSegmentException.class);
        assertThatThrownBy(() -> SegmentCodec.header(changed))
            .isInstanceOf(CorruptSegmentException.class);
      }
    }
  }

  @Test
  void everyCutIsFound() {
    byte[] segment = segment(3, KEYED);

    for (int length = 0; length < segment.length; length++) {
      byte[] cut = Arrays.copyOf(segment, length);

      assertThatThrownBy(() -> SegmentCodec.decode(cut, SCHEMA, allocator))
          .isInstanceOf(CorruptSegmentException.class);
    }
    assertThatThrownBy(
            () ->
                SegmentCodec.decode(Arrays.copyOf(segment, segment.length + 1), SCHEMA, allocator))
        .isInstanceOf(CorruptSegmentException.class);
  }

  @Test
  void rowsOfAnyShapeBehindARightChecksumDoNotReachOutOfTheirBytes() {
    try (RowBatch rows = rows(3, KEYED)) {
      SegmentHeader header = new SegmentHeader(TABLE, 1, 3, null, true);
      byte[] sealed = SegmentCodec.encode(header, rows);
      int size = SegmentFrame.open(sealed).rowBytes();
      byte[] payload = Compression.decompress(sealed, SegmentFrame.HEADER_BYTES, size);
      String expected = Rows.values(rows).toString();
      int refused = 0;
      for (int at = 0; at < payload.length; at++) {
        byte[] changed = payload.clone();
        changed[at] ^= 0x41;
        byte[] segment = Compression.compress(changed, changed.length, SegmentFrame.HEADER_BYTES);
        SegmentFrame.seal(header, changed.length, segment);

        try (DecodedSegment decoded = SegmentCodec.decode(segment, SCHEMA, allocator)) {
          // A changed value is a value; what matters is that reading it stays inside.
          assertThat(Rows.values(decoded.rows()).toString()).isNotNull();
        } catch (CorruptSegmentException e) {
          refused++;
        }
      }
      assertThat(refused).isGreaterThan(20);
      assertThat(Rows.values(rows)).hasToString(expected);
    }
  }

  @Test
  void arrowsOwnReaderReadsTheRowsBehindTheirSchema() throws IOException {
    byte[] segment = segment(20, KEYED);
    int size = SegmentFrame.open(segment).rowBytes();
    byte[] message = Compression.decompress(segment, SegmentFrame.HEADER_BYTES, size);
    List<Field> fields = new ArrayList<>(ArrowSchemas.toArrow(SCHEMA).getFields());
    fields.add(Field.nullable("_event_key", new ArrowType.FixedSizeBinary(16)));
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    MessageSerializer.serialize(new WriteChannel(Channels.newChannel(stream)), new Schema(fields));
    stream.write(message);

    try (ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(stream.toByteArray()), allocator);
        RowBatch rows = rows(20, KEYED)) {
      assertThat(reader.loadNextBatch()).isTrue();

      VectorSchemaRoot read = reader.getVectorSchemaRoot();
      assertThat(read.getRowCount()).isEqualTo(20);
      assertThat(read.getFieldVectors().subList(0, 4))
          .allSatisfy(
              vector -> {
                for (int row = 0; row < 20; row++) {
                  assertThat(vector.getObject(row))
                      .isEqualTo(rows.columns().getVector(vector.getName()).getObject(row));
                }
              });
      ByteBuffer key = ByteBuffer.wrap((byte[]) read.getVector("_event_key").getObject(19));
      assertThat(new KeyHash(key.getLong(), key.getLong())).isEqualTo(rows.eventKeys().get(19));
      assertThat(reader.loadNextBatch()).isFalse();
    }
  }

  @Test
  void schemaOfAnotherVersionIsRefused() {
    RowSchema other = new RowSchema(2, SCHEMA.columns());

    assertThatThrownBy(() -> SegmentCodec.decode(segment(1, KEYED), other, allocator))
        .isInstanceOf(CorruptSegmentException.class)
        .hasMessage("Segment of table %s has schema version 1, it can not be read with 2", TABLE);
  }

  @Test
  void schemaOfOtherColumnsIsRefused() {
    byte[] segment = segment(3, KEYED);

    for (RowSchema other :
        List.of(
            Rows.schema("id BIGINT"),
            Rows.schema("id VARCHAR", "name BIGINT", "tags BIGINT", "ok BOOLEAN"),
            Rows.schema("id BIGINT", "name VARCHAR", "tags DECIMAL(9,2)[]", "ok BOOLEAN", "x DATE"),
            Rows.schema("id BIGINT", "name VARCHAR", "tags DECIMAL(9,2)[][]", "ok BOOLEAN"),
            Rows.schema("id UUID", "name VARCHAR", "tags DECIMAL(9,2)[]", "ok BOOLEAN"))) {
      assertThatThrownBy(() -> SegmentCodec.decode(segment, other, allocator))
          .isInstanceOf(CorruptSegmentException.class);
    }
  }

  @Test
  void headerOfOtherRowsIsRefused() {
    try (RowBatch rows = rows(2, RowOptions.DEFAULTS)) {
      for (SegmentHeader header :
          List.of(
              new SegmentHeader(TABLE, 1, 3, null, false),
              new SegmentHeader(TABLE, 2, 2, null, false),
              new SegmentHeader(TABLE, 1, 2, null, true))) {
        assertThatThrownBy(() -> SegmentCodec.encode(header, rows))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  private byte[] segment(int count, RowOptions options) {
    try (RowBatch rows = rows(count, options)) {
      return SegmentCodec.encode(
          new SegmentHeader(TABLE, 1, count, null, rows.eventKeys() != null), rows);
    }
  }

  private RowBatch rows(int count, RowOptions options) {
    String body =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    "{\"id\":%d,\"name\":%s,\"tags\":[%d.5,null],\"ok\":%b}"
                        .formatted(i, i % 2 == 0 ? "\"n" + i + "\"" : "null", i, i % 3 == 0))
            .collect(Collectors.joining("\n"));
    return Rows.read(body, RowFormat.NDJSON, SCHEMA, options, allocator);
  }
}
