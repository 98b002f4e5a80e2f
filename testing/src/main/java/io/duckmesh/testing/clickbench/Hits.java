package io.duckmesh.testing.clickbench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.function.Consumer;

/**
 * Page views with the columns that the queries use. Numbers without a sign in the original are here
 * of the next type that has one.
 */
public final class Hits {
  public static final String TABLE = "hits";

  /** Each written as {@code name TYPE}. */
  public static final List<String> COLUMNS =
      List.of(
          "WatchID BIGINT",
          "Title VARCHAR",
          "EventTime TIMESTAMP",
          "EventDate DATE",
          "CounterID INTEGER",
          "ClientIP INTEGER",
          "RegionID INTEGER",
          "UserID BIGINT",
          "URL VARCHAR",
          "Referer VARCHAR",
          "IsRefresh SMALLINT",
          "ResolutionWidth SMALLINT",
          "MobilePhone SMALLINT",
          "MobilePhoneModel VARCHAR",
          "TraficSourceID SMALLINT",
          "SearchEngineID SMALLINT",
          "SearchPhrase VARCHAR",
          "AdvEngineID SMALLINT",
          "WindowClientWidth SMALLINT",
          "WindowClientHeight SMALLINT",
          "IsLink SMALLINT",
          "IsDownload SMALLINT",
          "DontCountHits SMALLINT",
          "URLHash BIGINT",
          "RefererHash BIGINT");

  private static final List<String> HOSTS =
      List.of(
          "google.com",
          "www.google.ru",
          "example.org",
          "news.example.com",
          "shop.example.net",
          "maps.google.com",
          "wiki.example.org",
          "video.example.com");

  private static final List<String> MODELS = List.of("", "", "", "iPad", "Nokia 8", "Galaxy", "X2");

  private static final List<String> PHRASES =
      List.of(
          "",
          "",
          "",
          "",
          "cheap flights",
          "weather",
          "Привет мир",
          "duck",
          "snow boots",
          "train times",
          "old maps",
          "how to bake bread");

  private Hits() {}

  /** The queries in the order of the benchmark. */
  public static List<String> queries() {
    try (InputStream stream = Hits.class.getResourceAsStream("queries.sql")) {
      if (stream == null) {
        throw new IllegalStateException("Resource queries.sql is missing");
      }
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().map(line -> line.substring(0, line.length() - 1)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read resource queries.sql", e);
    }
  }

  /**
   * Gives rows with one value a column: Integer, Long, String, LocalDate or LocalDateTime. The same
   * count gives the same rows.
   */
  public static void forEachRow(int count, Consumer<Object[]> rows) {
    for (int i = 0; i < count; i++) {
      rows.accept(row(i));
    }
  }

  private static Object[] row(int number) {
    Bits bits = new Bits(number);
    int user = bits.below(2_000);
    String phrase = bits.of(PHRASES);
    String url = url(bits);
    String referer = bits.below(3) == 0 ? "" : url(bits);
    // A counter with many rows, which most of the later queries look at.
    int counter = bits.below(2) == 0 ? 62 : bits.below(40);
    LocalDateTime time =
        LocalDateTime.of(2013, 7, 1, 0, 0).plusSeconds(bits.below(31 * 24 * 60 * 60));
    LocalDate date = time.toLocalDate();
    boolean phone = bits.below(4) == 0;
    return new Object[] {
      0x1234_5678_9ABCL * (number / 2 + 1),
      (bits.below(5) == 0 ? "Google " : "Page ") + bits.below(300),
      time,
      date,
      counter,
      bits.below(5_000) * 7 - 1_000,
      bits.below(200),
      user == 7 ? 435_090_932_899_640_449L : user * 1_234_567_891_011L,
      url,
      referer,
      bits.below(10) == 0 ? 1 : 0,
      640 + 160 * bits.below(9),
      phone ? 1 + bits.below(5) : 0,
      phone ? bits.of(MODELS) : "",
      bits.below(9) - 1,
      phrase.isEmpty() ? 0 : 1 + bits.below(4),
      phrase,
      bits.below(20) == 0 ? 1 + bits.below(30) : 0,
      1_000 + bits.below(20),
      600 + bits.below(20),
      bits.below(4) == 0 ? 1 : 0,
      bits.below(50) == 0 ? 1 : 0,
      bits.below(30) == 0 ? 1 : 0,
      bits.below(5) == 0 ? 2_868_770_270_353_813_622L : url.hashCode() * 1_000_003L,
      bits.below(3) == 0 ? 3_594_120_000_172_545_465L : referer.hashCode() * 1_000_003L
    };
  }

  private static String url(Bits bits) {
    return (bits.below(2) == 0 ? "http://" : "https://")
        + bits.of(HOSTS)
        + "/page/"
        + bits.below(1_500);
  }

  /** SplitMix64, seeded by the row's number. */
  private static final class Bits {
    private long state;

    Bits(long seed) {
      state = seed * 0xD1B5_4A32_D192_ED03L;
    }

    int below(int bound) {
      state += 0x9E37_79B9_7F4A_7C15L;
      long mixed = (state ^ (state >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
      mixed = (mixed ^ (mixed >>> 27)) * 0x94D0_49BB_1331_11EBL;
      return (int) Long.remainderUnsigned(mixed ^ (mixed >>> 31), bound);
    }

    <T> T of(List<T> values) {
      return values.get(below(values.size()));
    }
  }
}
