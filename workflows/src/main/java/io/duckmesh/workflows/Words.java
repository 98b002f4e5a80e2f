package io.duckmesh.workflows;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers and nouns as people read them, the same in every locale. */
public final class Words {
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Words() {}

  /** As {@link String#format}. */
  public static String text(String format, @Nullable Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** For example {@code 1 file} or {@code 1,200 files}. */
  public static String count(long count, String noun) {
    return text(count == 1 ? "%,d %s" : "%,d %ss", count, noun);
  }

  /** For example {@code 12 B} or {@code 1.5 MiB}. */
  public static String bytes(long bytes) {
    if (bytes < 1024) {
      return text("%d B", bytes);
    }
    double value = bytes;
    int unit = -1;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return text("%.1f %s", value, UNITS[unit]);
  }
}
