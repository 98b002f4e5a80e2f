package io.duckmesh.worker.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Rows in aligned columns: numbers to the right, everything else to the left. */
final class TextTable {
  private final String[] header;
  private final boolean[] numeric;
  private final List<String[]> rows = new ArrayList<>();

  private TextTable(String[] header, boolean[] numeric) {
    this.header = header;
    this.numeric = numeric;
  }

  /** A column is numeric if its type is one of DuckDB's numeric types. */
  static TextTable of(List<String> names, List<String> types) {
    boolean[] numeric = new boolean[names.size()];
    for (int column = 0; column < numeric.length; column++) {
      String type = types.get(column).toUpperCase(Locale.ROOT);
      numeric[column] =
          !type.endsWith("]")
              && (type.matches("U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|REAL|FLOAT|DOUBLE|NUMBER")
                  || type.startsWith("DECIMAL"));
    }
    return new TextTable(names.toArray(String[]::new), numeric);
  }

  /** Columns whose name begins with {@code #} are numeric; the sign is not printed. */
  static TextTable of(String... names) {
    List<String> plain = new ArrayList<>();
    List<String> types = new ArrayList<>();
    for (String name : names) {
      plain.add(name.startsWith("#") ? name.substring(1) : name);
      types.add(name.startsWith("#") ? "NUMBER" : "VARCHAR");
    }
    return of(plain, types);
  }

  TextTable add(List<String> values) {
    rows.add(values.stream().map(TextTable::oneLine).toArray(String[]::new));
    return this;
  }

  TextTable add(String... values) {
    return add(Arrays.asList(values));
  }

  void print(PrintStream out) {
    int[] widths = new int[header.length];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = width(header[column]);
      for (String[] row : rows) {
        widths[column] = Math.max(widths[column], width(row[column]));
      }
    }
    print(out, header, widths);
    String[] rule = new String[widths.length];
    for (int column = 0; column < widths.length; column++) {
      rule[column] = "-".repeat(Math.max(1, widths[column]));
    }
    print(out, rule, widths);
    for (String[] row : rows) {
      print(out, row, widths);
    }
  }

  private void print(PrintStream out, String[] cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < cells.length; column++) {
      String space = " ".repeat(widths[column] - width(cells[column]));
      line.append(column == 0 ? "" : "  ");
      line.append(numeric[column] ? space + cells[column] : cells[column] + space);
    }
    out.println(line.toString().stripTrailing());
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }

  private static String oneLine(String cell) {
    return cell.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t");
  }
}
