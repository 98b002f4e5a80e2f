package io.duckmesh.bus.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/** The one author of statements that name partitions, and the change from one to the next. */
final class Partitions {
  /** With three, one can be written, one read, and one emptied; the fourth is for lumps. */
  static final int PER_SHARD = 4;

  private Partitions() {}

  /** Name of a partition's table. */
  static String table(int part) {
    return "bus.segment_" + part;
  }

  /**
   * Statements that make a partition's table. Attaching an existing table does not stop publishers,
   * where creating it as a partition would. Insert-only tables that are truncated need no vacuum.
   */
  static String create(int part) {
    return
"""
CREATE TABLE %1$s (LIKE bus.segment INCLUDING ALL, CHECK (part = %2$d))
  WITH (autovacuum_vacuum_insert_threshold = -1, toast.autovacuum_vacuum_insert_threshold = -1);
ALTER TABLE bus.segment ATTACH PARTITION %1$s FOR VALUES IN (%2$d);
"""
        .formatted(table(part), part);
  }

  static String truncate(int part) {
    return "TRUNCATE TABLE ONLY " + table(part);
  }

  /** Totals and time of the segment at {@code :position}. */
  static String findSegment(int part) {
    return """
    SELECT rows_through, bytes_through, published_at
    FROM %s
    WHERE position = :position
    """
        .formatted(table(part));
  }

  /**
   * The first segment after {@code :after} that passes {@code :rowsLimit} or {@code :bytesLimit}.
   */
  static String findFirstBeyond(int part) {
    return """
    SELECT position, row_count, size_bytes, rows_through, bytes_through
    FROM %s
    WHERE position > :after AND (rows_through > :rowsLimit OR bytes_through > :bytesLimit)
    ORDER BY position
    LIMIT 1
    """
        .formatted(table(part));
  }

  /**
   * Marks {@code :positions} as not delivered and copies those to quarantine that were not marked
   * before, each with its own of {@code :reasons} and {@code :tables}.
   */
  static String quarantine(int part) {
    return """
    WITH marked AS (
      INSERT INTO bus.nacked (shard_no, position, row_count, size_bytes)
      SELECT :shardNo, s.position, s.row_count, s.size_bytes
      FROM %1$s s
      WHERE s.position = ANY (:positions)
      ON CONFLICT DO NOTHING
      RETURNING position
    )
    INSERT INTO bus.quarantine (shard_no, position, row_count, size_bytes, published_at, payload,
                                reason, quarantined_at, table_id)
    SELECT :shardNo, s.position, s.row_count, s.size_bytes, s.published_at, s.payload,
           why.reason, clock_timestamp(), why.table_id
    FROM %1$s s
    JOIN marked m ON m.position = s.position
    JOIN (SELECT DISTINCT ON (position) position, reason, table_id
          FROM unnest(CAST(:positions AS bigint[]), CAST(:reasons AS text[]),
                      CAST(:tables AS uuid[])) WITH ORDINALITY AS w(position, reason, table_id, n)
          ORDER BY position, n) why ON why.position = s.position
    """
        .formatted(table(part));
  }

  /**
   * Segments after the first parameter up to the second that shard number, the third, does not hold
   * back; at most as many as begin within the fourth, in payload bytes.
   */
  static String readPage(int part) {
    return """
    SELECT position, row_count, published_at, payload
    FROM (
      SELECT s.position, s.row_count, s.published_at, s.payload,
             sum(s.size_bytes) OVER (ORDER BY s.position) - s.size_bytes AS bytes_before
      FROM %s s
      WHERE s.position > ? AND s.position <= ?
        AND NOT EXISTS (SELECT FROM bus.nacked n WHERE n.shard_no = ? AND n.position = s.position)
      ORDER BY s.position
      LIMIT 1024
    ) page
    WHERE bytes_before < ?
    ORDER BY position
    """
        .formatted(table(part));
  }

  /**
   * Counts segments after {@code :after} up to {@code :upTo} in the partitions by the first {@code
   * :prefixBytes} bytes of their payloads. Of a payload that is stored apart only its first chunk
   * is read, since none is compressed there.
   */
  static String count(List<Integer> parts) {
    return """
    SELECT prefix, count(*) AS segments, sum(row_count) AS row_count
    FROM (
    %s
    ) s
    GROUP BY prefix
    """
        .formatted(
            parts.stream()
                .map(
                    part ->
                        """
                        SELECT substring(payload FROM 1 FOR :prefixBytes) AS prefix, row_count
                        FROM %s
                        WHERE position > :after AND position <= :upTo
                        """
                            .formatted(table(part)))
                .collect(Collectors.joining("UNION ALL\n")));
  }

  /**
   * Seals the shard's partition {@code part} and goes on in a free one. Nothing happens, and false
   * is returned, if another partition is current already or none is free.
   */
  static boolean rotate(Connection connection, int shardNo, int part) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            WITH old AS MATERIALIZED (
              SELECT s.shard_no, s.part, s.part_bytes, s.head
              FROM bus.shard s
              WHERE s.shard_no = ? AND s.part = ?
              FOR NO KEY UPDATE
            ), free AS MATERIALIZED (
              SELECT p.part
              FROM bus.segment_partition p
              WHERE p.shard_no = ? AND p.first_position IS NULL
              ORDER BY p.part
              LIMIT 1
              FOR UPDATE SKIP LOCKED
            ), sealed AS (
              UPDATE bus.segment_partition p
              SET last_position = old.head, size_bytes = old.part_bytes
              FROM old, free
              WHERE p.part = old.part
              RETURNING p.part
            ), opened AS (
              UPDATE bus.segment_partition p
              SET first_position = old.head + 1
              FROM old, free, sealed
              WHERE p.part = free.part
            )
            UPDATE bus.shard s
            SET part = free.part, part_bytes = 0
            FROM old, free
            WHERE s.shard_no = old.shard_no
            """)) {
      statement.setInt(1, shardNo);
      statement.setInt(2, part);
      statement.setInt(3, shardNo);
      return statement.executeUpdate() == 1;
    }
  }
}
