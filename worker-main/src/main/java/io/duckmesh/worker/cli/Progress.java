package io.duckmesh.worker.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/**
 * Rows so far and rows a second on standard error: one line that changes on a terminal, else a line
 * every few seconds. Rows may be added from any thread; {@link #show()} is called by one.
 */
final class Progress {
  private static final long TERMINAL_INTERVAL = Duration.ofMillis(200).toNanos();
  private static final long PLAIN_INTERVAL = Duration.ofSeconds(5).toNanos();

  private final String what;
  private final boolean terminal;
  private final boolean quiet;
  private final long began = System.nanoTime();
  private final LongAdder rows = new LongAdder();
  private volatile int percent = -1;
  private long lastShown = began;
  private boolean onLine;

  Progress(String what, boolean quiet) {
    this.what = what;
    this.quiet = quiet;
    this.terminal = Terminal.errIsTerminal();
  }

  void add(long moreRows) {
    rows.add(moreRows);
  }

  void percent(int value) {
    percent = value;
  }

  long rows() {
    return rows.sum();
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  long rowsPerSecond() {
    return (long) (rows() / Math.max(0.001, elapsed().toNanos() / 1e9));
  }

  /** Prints where things stand if it is time to. */
  synchronized void show() {
    long now = System.nanoTime();
    if (quiet || now - lastShown < (terminal ? TERMINAL_INTERVAL : PLAIN_INTERVAL)) {
      return;
    }
    lastShown = now;
    String line =
        "%s: %,d rows, %,d rows/s%s"
            .formatted(what, rows(), rowsPerSecond(), percent < 0 ? "" : ", " + percent + " %");
    if (terminal) {
      Terminal.err().print("\r\u001b[K" + line);
      onLine = true;
    } else {
      Terminal.err().println(line);
    }
    Terminal.err().flush();
  }

  /** Prints a line of its own, above the changing one. */
  synchronized void note(String line) {
    clear();
    Terminal.err().println(line);
  }

  /** Removes the changing line. */
  synchronized void clear() {
    if (onLine) {
      Terminal.err().print("\r\u001b[K");
      Terminal.err().flush();
      onLine = false;
    }
  }

  static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
