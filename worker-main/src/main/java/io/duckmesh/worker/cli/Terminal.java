package io.duckmesh.worker.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

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

  /** Writes what is buffered; false if nobody reads the answers any more. */
  public static boolean finish() {
    ERR.flush();
    return !OUT.checkError();
  }

  /** How the program was called, for commands that people copy. */
  public static String program() {
    return System.getProperty("duckmesh.program", "duckmesh");
  }

  public static boolean outIsTerminal() {
    return Boolean.getBoolean("duckmesh.terminal.out");
  }

  public static boolean errIsTerminal() {
    return Boolean.getBoolean("duckmesh.terminal.err");
  }

  /** Whether the failure means that nobody reads what is written any more. */
  public static boolean isBrokenPipe(IOException e) {
    return e.getMessage() != null && e.getMessage().contains("Broken pipe");
  }

  /** Words for a failure of files or connections, some of which have only a name. */
  public static String describe(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "No such file: " + missing.getMessage();
      case AccessDeniedException denied -> "No permission for " + denied.getMessage();
      case FileSystemException other ->
          other.getClass().getSimpleName() + ": " + other.getMessage();
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(
        new java.io.BufferedOutputStream(new FileOutputStream(descriptor), 1 << 16),
        descriptor == FileDescriptor.err,
        StandardCharsets.UTF_8);
  }
}
