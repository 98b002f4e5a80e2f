package io.duckmesh.testing.tpch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The 22 queries with the parameters that the specification validates with. */
public final class TpchQueries {
  public static final int COUNT = 22;

  private TpchQueries() {}

  /**
   * @param number from 1 to {@link #COUNT}
   */
  public static String text(int number) {
    String name = String.format(Locale.ROOT, "q%02d.sql", number);
    try (InputStream stream = TpchQueries.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalArgumentException("There is no TPC-H query " + number);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read resource " + name, e);
    }
  }
}
