package io.duckmesh.engine.rows;

/** The grammar of JSON numbers, for numbers that come as strings. */
final class NumberText {
  private NumberText() {}

  /** Whether this is a JSON number without fraction and exponent. */
  static boolean isInteger(char[] text, int from, int to) {
    return integerEnd(text, from, to) == to;
  }

  /** Whether this is a JSON number. */
  static boolean isNumber(char[] text, int from, int to) {
    int at = integerEnd(text, from, to);
    if (at < 0) {
      return false;
    }
    if (at < to && text[at] == '.') {
      int digits = digitsEnd(text, at + 1, to);
      if (digits == at + 1) {
        return false;
      }
      at = digits;
    }
    if (at < to && (text[at] == 'e' || text[at] == 'E')) {
      at++;
      if (at < to && (text[at] == '+' || text[at] == '-')) {
        at++;
      }
      int digits = digitsEnd(text, at, to);
      if (digits == at) {
        return false;
      }
      at = digits;
    }
    return at == to;
  }

  /** Behind the integer part, -1 if there is none. */
  private static int integerEnd(char[] text, int from, int to) {
    int first = from < to && text[from] == '-' ? from + 1 : from;
    int end = digitsEnd(text, first, to);
    boolean leadingZero = end - first > 1 && text[first] == '0';
    return end == first || leadingZero ? -1 : end;
  }

  private static int digitsEnd(char[] text, int from, int to) {
    int at = from;
    while (at < to && text[at] >= '0' && text[at] <= '9') {
      at++;
    }
    return at;
  }
}
