package io.duckmesh.worker.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Where people read what the program says: answers on standard output, everything else on standard
 * error. The launcher tells by system properties whether these are terminals.
 */
public final class Terminal {
  private static final PrintStream OUT = utf8(FileDescriptor.out);
  private static final PrintStream ERR = utf8(FileDescriptor.err);

  private Terminal() {}

  /** Answers. Buffered: {@link #flush()} before the program ends. */
  public static PrintStream out() {
    return OUT;
  }

  /** Progress, hints and errors. */
  public static PrintStream err() {
    return ERR;
  }

  /** Standard output without any encoding between, for answers that are passed through. */
  public static OutputStream rawOut() {
    OUT.flush();
    return new FileOutputStream(FileDescriptor.out);
  }

  public static void flush() {
    OUT.flush();
    ERR.flush();
  }

  public static boolean outIsTerminal() {
    return Boolean.getBoolean("duckmesh.terminal.out");
  }

  public static boolean errIsTerminal() {
    return Boolean.getBoolean("duckmesh.terminal.err");
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(
        new java.io.BufferedOutputStream(new FileOutputStream(descriptor), 1 << 16),
        descriptor == FileDescriptor.err,
        StandardCharsets.UTF_8);
  }
}
