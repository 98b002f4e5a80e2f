package io.duckmesh.engine.query.duckdb.process;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
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
  private static final long START_SECONDS = 30;
  private static final long PAGE_BYTES = 4096;

  private final Process process;
  private final Path folder;
  private final SocketChannel control;

  /** Not blocking, under its lock: a process that hears nothing may not hold up anybody. */
  private final SocketChannel interrupts;

  private final AtomicLong lastSession = new AtomicLong(QueryProcess.BASE - 1);

  /** Those whose thread in the other process may run. */
  private final Map<Long, ProcessSession> sessions = new ConcurrentHashMap<>();

  /** When each session was left that has not ended yet, by {@link System#nanoTime()}. */
  private final Map<Long, Long> leftAtNanos = new ConcurrentHashMap<>();

  /** The connections that are open on this side, which no collector of garbage would close. */
  private final Set<SocketChannel> channels = ConcurrentHashMap.newKeySet();

  private @Nullable ProcessSession base;

  private DuckDbProcess(
      Process process, Path folder, SocketChannel control, SocketChannel interrupts) {
    this.process = process;
    this.folder = folder;
    this.control = control;
    this.interrupts = interrupts;
    channels.add(control);
    channels.add(interrupts);
  }

  /**
   * Starts a process, and waits until it takes connections. The caller closes it.
   *
   * @throws IOException if the process can not be started, or ends while it starts
   */
  public static DuckDbProcess start() throws IOException {
    ProgramFiles files = ProgramFiles.ofThisProgram();
    Path folder = files.newFolder();
    Set<SocketChannel> channels = new HashSet<>();
    Process process = null;
    boolean started = false;
    try {
      Path socket = folder.resolve("socket");
      ProcessBuilder builder =
          new ProcessBuilder(files.command(folder, socket))
              .directory(folder.toFile())
              .redirectErrorStream(true);
      builder.environment().clear();
      process = builder.start();
      DuckDbProcess result = connect(process, folder, socket, channels);
      Thread.ofPlatform().name("query-process-control").daemon().start(result::listen);
      started = true;
      return result;
    } finally {
      if (!started) {
        end(process, folder, channels);
      }
    }
  }

  /**
   * @param opened gets the connections
   */
  private static DuckDbProcess connect(
      Process process, Path folder, Path socket, Set<SocketChannel> opened) throws IOException {
    Future<?> limit = endLater(process);
    try {
      awaitReady(process);
      SocketChannel control = connect(socket);
      opened.add(control);
      introduce(control, QueryProcess.CONTROL);
      SocketChannel interrupts = connect(socket);
      opened.add(interrupts);
      introduce(interrupts, QueryProcess.INTERRUPTS);
      interrupts.configureBlocking(false);
      DuckDbProcess result = new DuckDbProcess(process, folder, control, interrupts);
      result.base = result.connect();
      opened.addAll(result.channels);
      return result;
    } finally {
      limit.cancel(false);
    }
  }

  private static void introduce(SocketChannel channel, long as) throws IOException {
    FrameWriter out = new FrameWriter(channel);
    out.putLong(as);
    out.flush();
  }

  /**
   * Ends the process in half a minute, unless the result is cancelled before: for what a process
   * that is well does much sooner, when no time limit of a query runs yet.
   */
  public Future<?> endLater() {
    return endLater(process);
  }

  private static Future<?> endLater(Process process) {
    return CompletableFuture.runAsync(
        process::destroyForcibly,
        CompletableFuture.delayedExecutor(START_SECONDS, TimeUnit.SECONDS));
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
    channels.add(channel);
    ProcessSession session = new ProcessSession(this, id, channel);
    sessions.put(id, session);
    return session;
  }

  void leave(ProcessSession session, SocketChannel channel) {
    if (!channel.isOpen()) {
      return;
    }
    leftAtNanos.put(session.id(), System.nanoTime());
    channels.remove(channel);
    close(channel);
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

  /** Never waits: what a process that has not heard the earlier ones does not take is left out. */
  void interrupt(long session, long query) {
    ByteBuffer message = ByteBuffer.allocate(1 + 2 * Long.BYTES);
    message.put((byte) Signal.INTERRUPT.ordinal()).putLong(session).putLong(query).flip();
    try {
      int written;
      synchronized (interrupts) {
        written = interrupts.write(message);
      }
      if (written > 0 && message.hasRemaining()) {
        log.error("Query process took half an interrupt pid={}", process.pid());
        process.destroyForcibly();
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
    return hasEnded(process, wait);
  }

  private static boolean hasEnded(Process process, long wait) {
    try {
      return process.waitFor(wait, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }

  /** Ends the process and all sessions; its memory is free when this returns. */
  @Override
  public void close() {
    end(process, folder, channels);
  }

  private static void end(
      @Nullable Process process, Path folder, Collection<SocketChannel> channels) {
    if (process != null) {
      process.destroyForcibly();
      if (!hasEnded(process, TimeUnit.SECONDS.toMillis(END_WAIT_SECONDS))) {
        log.warn("Query process does not end pid={}", process.pid());
      }
    }
    channels.forEach(DuckDbProcess::close);
    deleteQuietly(folder);
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      log.debug("Cannot close a connection to a query process", e);
    }
  }

  private static void deleteQuietly(Path folder) {
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      log.warn("Cannot delete folder of a query process folder={}", folder, e);
    }
  }
}
