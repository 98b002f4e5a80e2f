package io.duckmesh.testing.tpch;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Rows with the keys, value domains and proportions of the specification. A row depends on its
 * table, its key and the scale only, so the same scale is the same data everywhere.
 *
 * <p>Texts are shorter than the specification's, and the rare values that queries look for (an
 * order of more than 300 pieces, a supplier with complaints) come often enough to be there at scale
 * 0.01, too.
 */
public final class TpchData {
  private static final List<String> REGIONS =
      List.of("AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST");

  /** Each with the number of its region. */
  private static final List<String> NATIONS =
      List.of(
          "0ALGERIA",
          "1ARGENTINA",
          "1BRAZIL",
          "1CANADA",
          "4EGYPT",
          "0ETHIOPIA",
          "3FRANCE",
          "3GERMANY",
          "2INDIA",
          "2INDONESIA",
          "4IRAN",
          "4IRAQ",
          "2JAPAN",
          "4JORDAN",
          "0KENYA",
          "0MOROCCO",
          "0MOZAMBIQUE",
          "1PERU",
          "2CHINA",
          "3ROMANIA",
          "4SAUDI ARABIA",
          "2VIETNAM",
          "3RUSSIA",
          "3UNITED KINGDOM",
          "1UNITED STATES");

  private static final List<String> COLORS =
      words(
          """
          almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood
          burnished chartreuse chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim
          dodger drab firebrick floral forest frosted gainsboro ghost goldenrod green grey honeydew
          hot indian ivory khaki lace lavender lawn lemon light lime linen magenta maroon medium
          metallic midnight mint misty moccasin navajo navy olive orange orchid pale papaya peach
          peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna
          sky slate smoke snow spring steel tan thistle tomato turquoise violet wheat white yellow
          """);

  private static final List<String> TYPES_1 = words("STANDARD SMALL MEDIUM LARGE ECONOMY PROMO");
  private static final List<String> TYPES_2 = words("ANODIZED BURNISHED PLATED POLISHED BRUSHED");
  private static final List<String> TYPES_3 = words("TIN NICKEL BRASS STEEL COPPER");
  private static final List<String> CONTAINERS_1 = words("SM LG MED JUMBO WRAP");
  private static final List<String> CONTAINERS_2 = words("CASE BOX BAG JAR PKG PACK CAN DRUM");
  private static final List<String> SEGMENTS =
      words("AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD");
  private static final List<String> PRIORITIES =
      List.of("1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW");
  private static final List<String> INSTRUCTIONS =
      List.of("DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN");
  private static final List<String> MODES =
      List.of("REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB", "AIR REG");
  private static final List<String> WORDS =
      words(
          """
          packages requests accounts deposits foxes ideas theodolites pinto beans instructions
          dependencies excuses platelets asymptotes courts dolphins multipliers sauternes warthogs
          sleep wake are cajole haggle nag use boost affix detect integrate maintain nod was lose
          furious sly careful blithe quick fluffy slow quiet ruthless thin close dogged daring brave
          special express regular final ironic even bold silent pending unusual stealthily above
          """);

  private static final LocalDate FIRST_ORDER = LocalDate.of(1992, 1, 1);
  private static final LocalDate LAST_ORDER = LocalDate.of(1998, 8, 2);
  private static final LocalDate CURRENT = LocalDate.of(1995, 6, 17);

  private final double scale;

  private TpchData(double scale) {
    this.scale = scale;
  }

  /**
   * @param scale 1 for six million line items, 0.01 for about sixty thousand
   */
  public static TpchData ofScale(double scale) {
    if (!(scale >= 0.001 && scale <= 100)) {
      throw new IllegalArgumentException("Scale is 0.001 to 100, not " + scale);
    }
    return new TpchData(scale);
  }

  /**
   * Gives all rows of the table in order of their keys, with one value a column: Integer, Long,
   * BigDecimal, String or LocalDate.
   */
  public void forEachRow(TpchTable table, Consumer<Object[]> rows) {
    switch (table) {
      case REGION -> forEach(REGIONS.size(), key -> rows.accept(region((int) key - 1)));
      case NATION -> forEach(NATIONS.size(), key -> rows.accept(nation((int) key - 1)));
      case SUPPLIER -> forEach(suppliers(), key -> rows.accept(supplier(key)));
      case PART -> forEach(parts(), key -> rows.accept(part(key)));
      case PARTSUPP -> forEach(parts(), key -> partSuppliers(key, rows));
      case CUSTOMER -> forEach(customers(), key -> rows.accept(customer(key)));
      case ORDERS -> forEach(orders(), number -> rows.accept(order(number)));
      case LINEITEM -> forEach(orders(), number -> lineItems(number).forEach(rows));
    }
  }

  /** Writes all rows of the table as one JSON object a line; does not close the stream. */
  public void writeNdjson(TpchTable table, OutputStream out) throws IOException {
    List<String> names =
        table.columns().stream().map(column -> column.substring(0, column.indexOf(' '))).toList();
    BufferedWriter writer =
        new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
    try {
      forEachRow(table, row -> writeLine(writer, names, row));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    writer.flush();
  }

  /** No text here has a character that JSON escapes. */
  private static void writeLine(BufferedWriter writer, List<String> names, Object[] row) {
    StringBuilder line = new StringBuilder("{");
    for (int i = 0; i < row.length; i++) {
      boolean quoted = row[i] instanceof String || row[i] instanceof LocalDate;
      line.append(i == 0 ? "\"" : ",\"").append(names.get(i)).append("\":");
      line.append(quoted ? "\"" : "").append(row[i]).append(quoted ? "\"" : "");
    }
    try {
      writer.append(line.append("}\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface KeyConsumer {
    void accept(long key);
  }

  private static void forEach(long count, KeyConsumer keys) {
    for (long key = 1; key <= count; key++) {
      keys.accept(key);
    }
  }

  private long suppliers() {
    return Math.round(10_000 * scale);
  }

  private long parts() {
    return Math.round(200_000 * scale);
  }

  private long customers() {
    return Math.round(150_000 * scale);
  }

  private long orders() {
    return Math.round(1_500_000 * scale);
  }

  // Rows

  private static Object[] region(int key) {
    return new Object[] {key, REGIONS.get(key), text(new Random(1, key), 6)};
  }

  private static Object[] nation(int key) {
    String nation = NATIONS.get(key);
    return new Object[] {
      key, nation.substring(1), nation.charAt(0) - '0', text(new Random(2, key), 6)
    };
  }

  private static Object[] supplier(long key) {
    Random random = new Random(3, key);
    int nation = random.below(NATIONS.size());
    String comment = text(random, 5);
    if (key % 50 == 7) {
      comment += " Customer " + text(random, 1) + " Complaints";
    }
    return new Object[] {
      key,
      String.format(Locale.ROOT, "Supplier#%09d", key),
      address(random),
      nation,
      phone(random, nation),
      balance(random),
      comment
    };
  }

  private static Object[] part(long key) {
    Random random = new Random(4, key);
    int maker = 1 + random.below(5);
    List<String> colors = new ArrayList<>();
    while (colors.size() < 5) {
      String color = random.of(COLORS);
      if (!colors.contains(color)) {
        colors.add(color);
      }
    }
    return new Object[] {
      key,
      String.join(" ", colors),
      "Manufacturer#" + maker,
      "Brand#" + maker + (1 + random.below(5)),
      random.of(TYPES_1) + " " + random.of(TYPES_2) + " " + random.of(TYPES_3),
      1 + random.below(50),
      random.of(CONTAINERS_1) + " " + random.of(CONTAINERS_2),
      cents(retailCents(key)),
      text(random, 2)
    };
  }

  private static long retailCents(long part) {
    return 90_000 + part / 10 % 20_001 + 100 * (part % 1_000);
  }

  private void partSuppliers(long part, Consumer<Object[]> rows) {
    Random random = new Random(5, part);
    for (int i = 0; i < 4; i++) {
      rows.accept(
          new Object[] {
            part,
            supplierOf(part, i),
            (long) (1 + random.below(9_999)),
            cents(100 + random.below(99_901)),
            text(random, 8)
          });
    }
  }

  /** The i-th of a part's four suppliers. */
  private long supplierOf(long part, int i) {
    long all = suppliers();
    return (part + i * (all / 4 + (part - 1) / all)) % all + 1;
  }

  private static Object[] customer(long key) {
    Random random = new Random(6, key);
    int nation = random.below(NATIONS.size());
    return new Object[] {
      key,
      String.format(Locale.ROOT, "Customer#%09d", key),
      address(random),
      nation,
      phone(random, nation),
      balance(random),
      random.of(SEGMENTS),
      text(random, 8)
    };
  }

  /** Keys of orders leave gaps: 8 of 32 are used. */
  private static long orderKey(long number) {
    return (number - 1) / 8 * 32 + (number - 1) % 8 + 1;
  }

  private static LocalDate orderDate(long number) {
    int days = (int) (LAST_ORDER.toEpochDay() - FIRST_ORDER.toEpochDay()) + 1;
    return FIRST_ORDER.plusDays(new Random(7, number).below(days));
  }

  private Object[] order(long number) {
    Random random = new Random(8, number);
    // A third of the customers never orders.
    long customer = 1 + random.below((int) customers());
    customer = customer % 3 == 0 ? Math.max(1, customer - 1) : customer;
    long total = 0;
    int shipped = 0;
    List<Object[]> lines = lineItems(number);
    for (Object[] line : lines) {
      BigDecimal price = (BigDecimal) line[5];
      BigDecimal charged =
          price
              .multiply(BigDecimal.ONE.subtract((BigDecimal) line[6]))
              .multiply(BigDecimal.ONE.add((BigDecimal) line[7]));
      total += charged.movePointRight(2).longValue();
      shipped += line[9].equals("F") ? 1 : 0;
    }
    String comment = text(random, 5);
    if (number % 80 == 3) {
      comment += " special " + text(random, 1) + " requests";
    }
    return new Object[] {
      orderKey(number),
      customer,
      shipped == lines.size() ? "F" : shipped == 0 ? "O" : "P",
      cents(total),
      orderDate(number),
      random.of(PRIORITIES),
      String.format(Locale.ROOT, "Clerk#%09d", 1 + random.below((int) Math.max(1, 1_000 * scale))),
      0,
      comment
    };
  }

  private List<Object[]> lineItems(long number) {
    Random random = new Random(9, number);
    boolean large = number % 5_000 == 11;
    int count = large ? 7 : 1 + random.below(7);
    LocalDate ordered = orderDate(number);
    List<Object[]> lines = new ArrayList<>(count);
    for (long line = 1; line <= count; line++) {
      long part = 1 + random.below((int) parts());
      long quantity = large ? 45 + random.below(6) : 1 + random.below(50);
      LocalDate shipped = ordered.plusDays(1 + random.below(121));
      LocalDate committed = ordered.plusDays(30 + random.below(61));
      LocalDate received = shipped.plusDays(1 + random.below(30));
      lines.add(
          new Object[] {
            orderKey(number),
            part,
            supplierOf(part, random.below(4)),
            line,
            cents(100 * quantity),
            cents(quantity * retailCents(part)),
            cents(random.below(11)),
            cents(random.below(9)),
            received.isAfter(CURRENT) ? "N" : random.below(2) == 0 ? "R" : "A",
            shipped.isAfter(CURRENT) ? "O" : "F",
            shipped,
            committed,
            received,
            random.of(INSTRUCTIONS),
            random.of(MODES),
            text(random, 3)
          });
    }
    return lines;
  }

  // Values

  private static List<String> words(String text) {
    return List.of(text.strip().split("\\s+"));
  }

  private static String text(Random random, int words) {
    StringBuilder text = new StringBuilder(random.of(WORDS));
    for (int i = 1; i < words; i++) {
      text.append(' ').append(random.of(WORDS));
    }
    return text.toString();
  }

  private static String address(Random random) {
    int length = 10 + random.below(31);
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + random.below(26)));
    }
    return text.toString();
  }

  private static String phone(Random random, int nation) {
    return String.format(
        Locale.ROOT,
        "%d-%d-%d-%d",
        nation + 10,
        100 + random.below(900),
        100 + random.below(900),
        1_000 + random.below(9_000));
  }

  private static BigDecimal balance(Random random) {
    return cents(-99_999 + random.below(1_099_999));
  }

  private static BigDecimal cents(long cents) {
    return BigDecimal.valueOf(cents, 2);
  }

  /** SplitMix64: the same numbers for the same table and key, on every machine and release. */
  private static final class Random {
    private long state;

    Random(int table, long key) {
      state = table * 0x9E37_79B9_7F4A_7C15L + key * 0xD1B5_4A32_D192_ED03L;
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
