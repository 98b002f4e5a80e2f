package io.duckmesh.bench;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Rows shaped like the real flights of the demo: 20 columns, about 350 bytes of JSON each, nulls in
 * the delays. The same seed gives the same rows.
 */
final class FlightRows {
  /** Columns of the table, as the body of {@code POST /v1/tables} has them. */
  static final String COLUMNS =
      """
      [{"name":"flight_id","type":"VARCHAR","required":true},{"name":"year","type":"INTEGER"},
       {"name":"month","type":"INTEGER"},{"name":"day","type":"INTEGER"},
       {"name":"dep_time","type":"INTEGER"},{"name":"sched_dep_time","type":"INTEGER"},
       {"name":"dep_delay","type":"DOUBLE"},{"name":"arr_time","type":"INTEGER"},
       {"name":"sched_arr_time","type":"INTEGER"},{"name":"arr_delay","type":"DOUBLE"},
       {"name":"carrier","type":"VARCHAR"},{"name":"flight","type":"INTEGER"},
       {"name":"tailnum","type":"VARCHAR"},{"name":"origin","type":"VARCHAR"},
       {"name":"dest","type":"VARCHAR"},{"name":"air_time","type":"DOUBLE"},
       {"name":"distance","type":"DOUBLE"},{"name":"hour","type":"INTEGER"},
       {"name":"minute","type":"INTEGER"},{"name":"time_hour","type":"TIMESTAMPTZ"}]""";

  private static final String[] CARRIERS = {
    "9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX", "WN", "YV"
  };
  private static final String[] ORIGINS = {"EWR", "JFK", "LGA"};
  private static final String[] DESTINATIONS = {
    "ATL", "ORD", "LAX", "BOS", "MCO", "CLT", "SFO", "FLL", "MIA", "DCA", "DTW", "DFW", "RDU", "TPA"
  };

  private static final int ID_DIGITS = 12;

  private final Random random;
  private final byte[] body;
  private final int[] idOffsets;
  private final int rows;
  private long next;

  /**
   * @param source number of the source, below 1,000: different sources never make the same flight
   *     id
   * @param rows rows of each body
   */
  FlightRows(int source, int rows, long seed) {
    this.random = new Random(seed * 1_000 + source);
    this.rows = rows;
    this.idOffsets = new int[rows];
    StringBuilder text = new StringBuilder(rows * 360);
    for (int i = 0; i < rows; i++) {
      idOffsets[i] =
          text.length() + "{\"flight_id\":\"".length() + "%03d-".formatted(source).length();
      appendRow(text, source);
      text.append('\n');
    }
    this.body = text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * The next body as NDJSON: the same flights under ids that were never used. The array is reused
   * by the next call, so that making load costs nearly nothing.
   */
  byte[] next() {
    for (int offset : idOffsets) {
      long id = next++;
      for (int digit = ID_DIGITS - 1; digit >= 0; digit--) {
        body[offset + digit] = (byte) ('0' + id % 10);
        id /= 10;
      }
    }
    return body;
  }

  int rows() {
    return rows;
  }

  private void appendRow(StringBuilder text, int source) {
    int month = 1 + random.nextInt(12);
    int day = 1 + random.nextInt(28);
    int hour = 5 + random.nextInt(18);
    int minute = random.nextInt(60);
    int air = 40 + random.nextInt(360);
    boolean cancelled = random.nextInt(40) == 0;
    int departed = hour * 100 + minute;
    text.append("{\"flight_id\":\"")
        .append("%03d-".formatted(source))
        .append("0".repeat(ID_DIGITS));
    text.append("\",\"year\":2013,\"month\":").append(month).append(",\"day\":").append(day);
    number(text, "dep_time", cancelled, departed);
    text.append(",\"sched_dep_time\":").append(departed);
    number(text, "dep_delay", cancelled, random.nextInt(120) - 15);
    number(text, "arr_time", cancelled, (departed + 230) % 2400);
    text.append(",\"sched_arr_time\":").append((departed + 225) % 2400);
    number(text, "arr_delay", cancelled, random.nextInt(140) - 30);
    string(text, "carrier", CARRIERS[random.nextInt(CARRIERS.length)]);
    text.append(",\"flight\":").append(1 + random.nextInt(6000));
    string(text, "tailnum", "N" + (10000 + random.nextInt(4000)));
    string(text, "origin", ORIGINS[random.nextInt(ORIGINS.length)]);
    string(text, "dest", DESTINATIONS[random.nextInt(DESTINATIONS.length)]);
    number(text, "air_time", cancelled, air);
    text.append(",\"distance\":").append(air * 8);
    text.append(",\"hour\":").append(hour).append(",\"minute\":").append(minute);
    text.append(",\"time_hour\":\"2013-").append(two(month)).append('-').append(two(day));
    text.append('T').append(two(hour)).append(":00:00Z\"}");
  }

  private static void number(StringBuilder text, String name, boolean isNull, int value) {
    text.append(",\"").append(name).append("\":");
    if (isNull) {
      text.append("null");
    } else {
      text.append(value);
    }
  }

  private static void string(StringBuilder text, String name, String value) {
    text.append(",\"").append(name).append("\":\"").append(value).append('"');
  }

  private static String two(int value) {
    return value < 10 ? "0" + value : Integer.toString(value);
  }
}
