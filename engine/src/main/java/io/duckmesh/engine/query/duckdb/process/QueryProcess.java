package io.duckmesh.engine.query.duckdb.process;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.c.jni.JniLoader;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * The program of the other process: one DuckDB in memory, and a thread for each connection to a
 * socket in a folder that only its owner enters. It says {@link #READY} on its output when it
 * listens, and ends with its input, which the parent's death closes as well.
 */
public final class QueryProcess {
  static final int READY = 'R';

  /** What a connection says first: the session that it is, or one of these. */
  static final long CONTROL = -1;

  /** Apart from the other, since it is written to without ever waiting. */
  static final long INTERRUPTS = -2;

  /** The session of the first connection to DuckDB, whose settings others take over. */
  static final long BASE = 0;

  /**
   * DuckDB parses and plans by recursion, as deep as a statement is nested, and checks its own
   * limit of 1000 levels only in some places: a usual stack of 1 MiB ends, and the process with it,
   * before. Only what is used of it becomes memory.
   */
  private static final long STACK_BYTES = 128L << 20;

  private static final long PROGRESS_MILLIS = 200;

  private final DuckDBConnection base;
  private final BufferAllocator allocator = new RootAllocator();
  private final Map<Long, ChildSession> sessions = new ConcurrentHashMap<>();
  private final ScheduledExecutorService ticker =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());

  /** Connected before any session; written to under its lock. */
  private volatile @Nullable FrameWriter parent;

  private QueryProcess(DuckDBConnection base) {
    this.base = base;
  }

  /**
   * @param args the path of the socket to listen on
   */
  public static void main(String[] args) throws IOException, SQLException {
    var unused = Thread.ofPlatform().daemon().start(QueryProcess::endWithInput);
    offerToTheKernelFirst();
    Properties properties = new Properties();
    properties.setProperty("jdbc_stream_results", "true");
    DuckDBConnection base =
        DriverManager.getConnection("jdbc:duckdb:", properties).unwrap(DuckDBConnection.class);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      // Unpacks its library, and the first answer would be too late to hear that there is no room.
      JniLoader.get().ensureLoaded();
      server.bind(UnixDomainSocketAddress.of(args[0]));
      System.out.write(READY);
      System.out.flush();
      new QueryProcess(base).accept(server);
    }
  }

  private static void endWithInput() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is said there.
      }
    } catch (IOException e) {
      // As good as its end.
    }
    Runtime.getRuntime().halt(0);
  }

  /** When the machine has no memory left, this process is the one to lose, not its parent. */
  private static void offerToTheKernelFirst() {
    Path score = Path.of("/proc/self/oom_score_adj");
    try {
      if (Files.isWritable(score)) {
        Files.writeString(score, "1000");
      }
    } catch (IOException e) {
      System.out.println("Cannot write " + score + ": " + e.getMessage());
    }
  }

  private void accept(ServerSocketChannel server) throws IOException {
    while (true) {
      SocketChannel channel = server.accept();
      var unused = Thread.ofPlatform().stackSize(STACK_BYTES).daemon().start(() -> serve(channel));
    }
  }

  private void serve(SocketChannel channel) {
    try (channel) {
      FrameReader in = new FrameReader(channel);
      FrameWriter out = new FrameWriter(channel);
      long id = in.takeLong();
      if (id == CONTROL) {
        var unused =
            ticker.scheduleWithFixedDelay(
                () -> tellProgress(out), PROGRESS_MILLIS, PROGRESS_MILLIS, TimeUnit.MILLISECONDS);
        parent = out;
        throw new IOException("Nothing is said there: " + in.takeSignal());
      } else if (id == INTERRUPTS) {
        interrupt(in);
      } else {
        session(id, in, out);
      }
    } catch (IOException e) {
      // The other side has left.
    } catch (SQLException e) {
      // It hears of it when the connection closes.
      System.out.println(e);
    }
  }

  private void session(long id, FrameReader in, FrameWriter out) throws IOException, SQLException {
    DuckDBConnection connection =
        id == BASE ? base : base.duplicate().unwrap(DuckDBConnection.class);
    try {
      ChildSession session = new ChildSession(connection, allocator, in, out);
      sessions.put(id, session);
      session.serve();
    } finally {
      sessions.remove(id);
      if (id != BASE) {
        connection.close();
      }
      tellGone(id);
    }
  }

  private void tellGone(long id) throws IOException {
    FrameWriter control = requireNonNull(parent);
    synchronized (control) {
      control.put(Signal.GONE);
      control.putLong(id);
      control.flush();
    }
  }

  private void interrupt(FrameReader in) throws IOException {
    while (true) {
      Signal signal = in.takeSignal();
      if (signal != Signal.INTERRUPT) {
        throw new IOException("Not an interrupt: " + signal);
      }
      ChildSession session = sessions.get(in.takeLong());
      long query = in.takeLong();
      if (session != null) {
        session.interrupt(query);
      }
    }
  }

  private void tellProgress(FrameWriter control) {
    for (Map.Entry<Long, ChildSession> entry : sessions.entrySet()) {
      double done = entry.getValue().progress();
      if (!Double.isNaN(done)) {
        tellProgress(control, entry.getKey(), entry.getValue().current(), done);
      }
    }
  }

  private static void tellProgress(FrameWriter control, long session, long query, double done) {
    try {
      synchronized (control) {
        control.put(Signal.PROGRESS);
        control.putLong(session);
        control.putLong(query);
        control.putDouble(done);
        control.flush();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The parent does not listen", e);
    }
  }
}
