package io.duckmesh.engine.segment;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The bytes around a segment's compressed rows, big-endian:
 *
 * <pre>
 *  0  4 bytes  DMSG
 *  4  1 byte   version of the format, 1
 *  5  1 byte   flags: 1 there is a request key, 2 the rows have event keys, 4 rejected rows
 *  6  16 bytes table id
 * 22  4 bytes  schema version
 * 26  4 bytes  row count
 * 30  16 bytes hash of the request key, zeros without one
 * 46  4 bytes  size of the rows before compression
 * 50  4 bytes  CRC32C of all other bytes
 * 54           the rows: one zstd frame
 * </pre>
 */
final class SegmentFrame {
  static final int HEADER_BYTES = 54;

  /** Up to and including the table id. */
  static final int TABLE_PREFIX_BYTES = 22;

  private static final int MAGIC = 'D' << 24 | 'M' << 16 | 'S' << 8 | 'G';
  private static final byte VERSION = 1;
  private static final int REQUEST_KEY = 1;
  private static final int EVENT_KEYS = 2;
  private static final int REJECTED = 4;
  private static final int ROW_BYTES_AT = 46;
  private static final int CHECKSUM_AT = 50;

  private SegmentFrame() {}

  /** Completes a segment whose compressed rows stand behind room for the header. */
  static void seal(SegmentHeader header, int rowBytes, byte[] segment) {
    KeyHash requestKey = header.requestKey();
    int flags =
        (requestKey == null ? 0 : REQUEST_KEY)
            | (header.eventKeys() ? EVENT_KEYS : 0)
            | (header.rejected() ? REJECTED : 0);
    ByteBuffer.wrap(segment)
        .putInt(MAGIC)
        .put(VERSION)
        .put((byte) flags)
        .putLong(header.tableId().getMostSignificantBits())
        .putLong(header.tableId().getLeastSignificantBits())
        .putInt(header.schemaVersion())
        .putInt(header.rowCount())
        .putLong(requestKey == null ? 0 : requestKey.high())
        .putLong(requestKey == null ? 0 : requestKey.low())
        .putInt(rowBytes)
        .putInt(checksum(segment));
  }

  /**
   * Checks that the segment is unchanged and reads its header.
   *
   * @throws CorruptSegmentException if it is changed, cut, or no segment
   */
  static Opened open(byte[] segment) {
    if (segment.length < HEADER_BYTES) {
      throw new CorruptSegmentException(
          "Segment has %d bytes, a header alone has %d".formatted(segment.length, HEADER_BYTES));
    }
    ByteBuffer bytes = ByteBuffer.wrap(segment);
    int magic = bytes.getInt();
    byte version = bytes.get();
    if (magic != MAGIC) {
      throw new CorruptSegmentException("Segment begins with %08x, not DMSG".formatted(magic));
    }
    if (version != VERSION) {
      throw new CorruptSegmentException(
          "Segment format %d is unknown, known is %d".formatted(version, VERSION));
    }
    int expected = bytes.getInt(CHECKSUM_AT);
    int actual = checksum(segment);
    if (expected != actual) {
      throw new CorruptSegmentException(
          "Segment of %d bytes has checksum %08x, its header says %08x"
              .formatted(segment.length, actual, expected));
    }
    return read(bytes);
  }

  /**
   * Reads the header of a segment that may have been changed anywhere, also in its header; empty if
   * it can not be one.
   */
  static Optional<SegmentHeader> salvage(byte[] segment) {
    if (segment.length < HEADER_BYTES) {
      return Optional.empty();
    }
    ByteBuffer bytes = ByteBuffer.wrap(segment);
    bytes.position(Integer.BYTES + 1);
    try {
      return Optional.of(read(bytes).header());
    } catch (CorruptSegmentException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  static int rowBytes(byte[] segment) {
    return segment.length < HEADER_BYTES
        ? 0
        : Math.max(0, ByteBuffer.wrap(segment).getInt(ROW_BYTES_AT));
  }

  /** Reads from the flags on. */
  private static Opened read(ByteBuffer bytes) {
    byte flags = bytes.get();
    UUID tableId = new UUID(bytes.getLong(), bytes.getLong());
    int schemaVersion = bytes.getInt();
    int rowCount = bytes.getInt();
    KeyHash key = new KeyHash(bytes.getLong(), bytes.getLong());
    int rowBytes = bytes.getInt();
    if (schemaVersion < 1 || rowCount < 1 || rowBytes < 1) {
      throw new CorruptSegmentException(
          "Segment says schema version %d, %d rows, %d bytes of rows"
              .formatted(schemaVersion, rowCount, rowBytes));
    }
    @Nullable KeyHash requestKey = (flags & REQUEST_KEY) == 0 ? null : key;
    return new Opened(
        new SegmentHeader(
            tableId,
            schemaVersion,
            rowCount,
            requestKey,
            (flags & EVENT_KEYS) != 0,
            (flags & REJECTED) != 0),
        rowBytes);
  }

  static Optional<UUID> tableOf(byte[] prefix) {
    if (prefix.length < TABLE_PREFIX_BYTES) {
      return Optional.empty();
    }
    ByteBuffer bytes = ByteBuffer.wrap(prefix);
    if (bytes.getInt() != MAGIC || bytes.get() != VERSION) {
      return Optional.empty();
    }
    bytes.get();
    return Optional.of(new UUID(bytes.getLong(), bytes.getLong()));
  }

  private static int checksum(byte[] segment) {
    CRC32C checksum = new CRC32C();
    checksum.update(segment, 0, CHECKSUM_AT);
    int rest = CHECKSUM_AT + Integer.BYTES;
    checksum.update(segment, rest, segment.length - rest);
    return (int) checksum.getValue();
  }

  /** A segment's header and the size of its rows before compression. */
  record Opened(SegmentHeader header, int rowBytes) {}
}
