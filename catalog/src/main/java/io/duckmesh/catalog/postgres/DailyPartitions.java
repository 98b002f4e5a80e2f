package io.duckmesh.catalog.postgres;

import static java.time.format.DateTimeFormatter.BASIC_ISO_DATE;

import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Partitions by day of tables that grow with events or queries. They are made the day before they
 * are needed and dropped whole.
 */
final class DailyPartitions {
  private static final Logger log = LoggerFactory.getLogger(DailyPartitions.class);

  private final Database database;
  private final List<String> tables;
  private final Set<LocalDate> known = ConcurrentHashMap.newKeySet();

  DailyPartitions(Database database, List<String> tables) {
    this.database = database;
    this.tables = List.copyOf(tables);
  }

  /** Makes sure that rows of the day have a place, and those of the next. */
  void ensure(LocalDate day) {
    if (known.contains(day)) {
      return;
    }
    database.inTransaction(
        "create partitions of day " + day,
        handle -> {
          lock(handle);
          createIfAbsent(handle, day);
          createIfAbsent(handle, day.plusDays(1));
          return day;
        });
    known.add(day);
  }

  /** The same for a day that another process may have dropped since. */
  void ensureAnew(LocalDate day) {
    known.remove(day);
    ensure(day);
  }

  /** Drops all days before the given one. */
  void dropBefore(LocalDate day) {
    known.removeIf(other -> other.isBefore(day));
    database.inTransaction(
        "drop partitions before day " + day,
        handle -> {
          lock(handle);
          for (String table : tables) {
            for (String partition : partitionsBefore(handle, table, day)) {
              handle.execute("DROP TABLE catalog." + partition);
              log.info("Dropped partition={} before={}", partition, day);
            }
          }
          return day;
        });
  }

  /** One process at a time makes and drops partitions. */
  private static void lock(Handle handle) {
    handle.execute("SELECT pg_advisory_xact_lock(hashtext('catalog.daily_partitions'))");
  }

  private void createIfAbsent(Handle handle, LocalDate day) {
    for (String table : tables) {
      String partition = table + "_" + BASIC_ISO_DATE.format(day);
      // Asked first, because CREATE waits for everybody who uses the table even if it then does
      // nothing.
      if (exists(handle, partition)) {
        continue;
      }
      handle.execute(
          "CREATE TABLE catalog.%s PARTITION OF catalog.%s FOR VALUES IN ('%s')"
              .formatted(partition, table, day));
    }
  }

  private static boolean exists(Handle handle, String partition) {
    return handle
        .createQuery(
            """
            SELECT to_regclass('catalog.' || :partition) IS NOT NULL
            """)
        .bind("partition", partition)
        .mapTo(Boolean.class)
        .one();
  }

  private static List<String> partitionsBefore(Handle handle, String table, LocalDate day) {
    return handle
        .createQuery(
            """
            SELECT c.relname
            FROM pg_inherits i
            JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = to_regclass('catalog.' || :table)
              AND c.relname COLLATE "C" < :table || '_' || :day
            ORDER BY c.relname
            """)
        .bind("table", table)
        .bind("day", BASIC_ISO_DATE.format(day))
        .mapTo(String.class)
        .list();
  }
}
