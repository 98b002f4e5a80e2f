package io.duckmesh.activities;

import java.util.Locale;

/** How far a step is, in words for the Temporal UI. The text is made when it is asked for. */
public final class Progress {
  private volatile Words words;

  public Progress(String words) {
    this.words = new Words("%s", words);
  }

  public void words(String format, Object... values) {
    words = new Words(format, values);
  }

  @Override
  public String toString() {
    return words.text();
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Words(String format, Object... values) {
    String text() {
      return String.format(Locale.ROOT, format, values);
    }
  }
}
