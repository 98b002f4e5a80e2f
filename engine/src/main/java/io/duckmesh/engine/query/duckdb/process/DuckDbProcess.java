package io.duckmesh.engine.query.duckdb.process;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process with one DuckDB in memory. It knows nothing of this one but its command line: no
 * environment, no open files. May be used from any thread.
 */
public final class DuckDbProcess implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DuckDbProcess.class);

  private static final long END_WAIT_SECONDS = 5;
  private static final long PAGE_BYTES = 4096;

  private final Process process;
  private final Path folder;
  private final SocketChannel control;
  private final FrameWriter out;
  private final AtomicLong lastSession = new AtomicLong(QueryProcess.BASE - 1);

  /** Those whose thread in the other process may run. */
  private final Map<Long, ProcessSession> sessions = new ConcurrentHashMap<>();

  /** When each session was left that has not ended yet, by {@link System#nanoTime()}. */
  private final Map<Long, Long> leftAtNanos = new ConcurrentHashMap<>();

  private @Nullable ProcessSession base;

  private DuckDbProcess(Process process, Path folder, SocketChannel control) throws IOException {
    this.process = process;
    this.folder = folder;
    this.control = control;
    this.out = new FrameWriter(control);
    out.putLong(QueryProcess.CONTROL);
    out.flush();
  }

  /** Starts a process, and waits until it takes connections. The caller closes it. */
  public static DuckDbProcess start() {
    Path folder = null;
    Process process = null;
    boolean started = false;
    try {
      folder = ProgramFiles.ofThisProgram().newFolder();
      Path socket = folder.resolve("socket");
      ProcessBuilder builder =
          new ProcessBuilder(ProgramFiles.ofThisProgram().command(folder, socket))
              .directory(folder.toFile())
              .redirectErrorStream(true);
      builder.environment().clear();
      process = builder.start();
      awaitReady(process);
      DuckDbProcess result = new DuckDbProcess(process, folder, connect(socket));
      result.base = result.connect();
      Thread.ofPlatform().name("query-process-control").daemon().start(result::listen);
      started = true;
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start a process for DuckDB", e);
    } finally {
      if (!started && process != null) {
        process.destroyForcibly();
      }
      if (!started && folder != null) {
        deleteQuietly(folder);
      }
    }
  }

  /** Afterwards what it says goes to the log. */
  private static void awaitReady(Process process) throws IOException {
    InputStream said = process.getInputStream();
    int first = said.read();
    if (first == QueryProcess.READY) {
      Thread.ofPlatform().name("query-process-output").daemon().start(() -> logOutput(process));
      return;
    }
    String rest = new String(said.readAllBytes(), UTF_8);
    throw new IOException(
        "The process ended instead of listening: " + (first < 0 ? "" : (char) first + rest));
  }

  private static void logOutput(Process process) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.warn("Query process says pid={} line={}", process.pid(), line);
      }
    } catch (IOException e) {
      log.debug("Query process says nothing more pid={}", process.pid(), e);
    }
  }

  private static SocketChannel connect(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    boolean connected = false;
    try {
      connected = channel.connect(UnixDomainSocketAddress.of(socket));
      return channel;
    } finally {
      if (!connected) {
        channel.close();
      }
    }
  }

  /** The first session, whose settings others take over. Closed with the process. */
  public ProcessSession base() {
    return requireNonNull(base);
  }

  /** A new session. */
  public ProcessSession connect() throws IOException {
    long id = lastSession.incrementAndGet();
    SocketChannel channel = connect(folder.resolve("socket"));
    ProcessSession session = new ProcessSession(this, id, channel);
    sessions.put(id, session);
    return session;
  }

  void leave(ProcessSession session, SocketChannel channel) {
    if (!channel.isOpen()) {
      return;
    }
    leftAtNanos.put(session.id(), System.nanoTime());
    try {
      channel.close();
    } catch (IOException e) {
      log.debug("Cannot close a session's connection pid={}", process.pid(), e);
    }
    session.interrupt();
  }

  /**
   * Interrupts again what sessions that were closed still run.
   *
   * @return how long, in nanoseconds, the oldest of them has run on since; 0 if none does
   */
  public long interruptLeft() {
    long longest = 0;
    long now = System.nanoTime();
    for (Map.Entry<Long, Long> left : leftAtNanos.entrySet()) {
      ProcessSession session = sessions.get(left.getKey());
      if (session != null) {
        session.interrupt();
      }
      longest = Math.max(longest, now - left.getValue());
    }
    return longest;
  }

  void interrupt(long session, long query) {
    try {
      synchronized (out) {
        out.put(Signal.INTERRUPT);
        out.putLong(session);
        out.putLong(query);
        out.flush();
      }
    } catch (IOException e) {
      log.debug("Cannot interrupt in a process that has ended pid={}", process.pid(), e);
    }
  }

  private void listen() {
    FrameReader in = new FrameReader(control);
    try {
      while (true) {
        Signal signal = in.takeSignal();
        long id = in.takeLong();
        switch (signal) {
          case GONE -> {
            sessions.remove(id);
            leftAtNanos.remove(id);
          }
          case PROGRESS -> {
            long query = in.takeLong();
            double done = in.takeDouble();
            ProcessSession session = sessions.get(id);
            if (session != null) {
              session.progress(query, done);
            }
          }
          default -> throw new IOException("Not for the control connection: " + signal);
        }
      }
    } catch (IOException e) {
      // It has ended, or what it says makes no sense, and then it has to.
      process.destroyForcibly();
    }
  }

  public long pid() {
    return process.pid();
  }

  /** Memory that the process takes, nothing where the system does not tell. */
  public OptionalLong residentBytes() {
    return residentBytes(process.pid());
  }

  /** Memory that the process of that number takes, nothing where the system does not tell. */
  public static OptionalLong residentBytes(long pid) {
    Path memory = Path.of("/proc/%d/statm".formatted(pid));
    try {
      if (!Files.isReadable(memory)) {
        return OptionalLong.empty();
      }
      String[] pages = Files.readString(memory, US_ASCII).split(" ");
      return OptionalLong.of(Long.parseLong(pages[1]) * PAGE_BYTES);
    } catch (IOException e) {
      log.debug("Cannot read memory of process pid={}", pid, e);
      return OptionalLong.empty();
    }
  }

  /** Ends the process at once, and with it every session. */
  public void kill() {
    process.destroyForcibly();
  }

  /**
   * Whether the process has ended or is about to: its connections break a moment before.
   *
   * @param wait how long to look, in milliseconds
   */
  public boolean hasEnded(long wait) {
    try {
      return process.waitFor(wait, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }

  /** Ends the process; its memory is free when this returns. */
  @Override
  public void close() {
    process.destroyForcibly();
    if (!hasEnded(TimeUnit.SECONDS.toMillis(END_WAIT_SECONDS))) {
      log.warn("Query process does not end pid={}", process.pid());
    }
    try {
      control.close();
    } catch (IOException e) {
      log.debug("Cannot close the control connection pid={}", process.pid(), e);
    }
    deleteQuietly(folder);
  }

  private static void deleteQuietly(Path folder) {
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      log.warn("Cannot delete folder of a query process folder={}", folder, e);
    }
  }
}
