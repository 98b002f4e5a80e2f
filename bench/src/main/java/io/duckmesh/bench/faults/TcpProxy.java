package io.duckmesh.bench.faults;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Forwards connections to one server, as long as it is not told to interfere. */
final class TcpProxy implements AutoCloseable {
  private static final int PIECE = 1 << 16;
  private static final long SLOW_MS = 150;
  private static final String ERROR_BODY =
      "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>injected</Message></Error>";
  private static final String ERROR =
      "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/xml\r\n"
          + "Content-Length: %d\r\nConnection: close\r\n\r\n%s";

  private final InetSocketAddress server;
  private final ServerSocket listener;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final Object changed = new Object();
  private volatile Interference interference = Interference.NONE;
  private volatile @Nullable Trap trap;

  private TcpProxy(InetSocketAddress server, ServerSocket listener) {
    this.server = server;
    this.listener = listener;
  }

  /** Starts a proxy at a free port of the loopback address; the caller closes it. */
  static TcpProxy start(int serverPort) {
    try {
      InetAddress loopback = InetAddress.getLoopbackAddress();
      ServerSocket listener = new ServerSocket(0, 256, loopback);
      TcpProxy proxy = new TcpProxy(new InetSocketAddress(loopback, serverPort), listener);
      Thread.ofVirtual().start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start a proxy", e);
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Interferes from now on, until it is told otherwise. */
  void interfere(Interference next) {
    synchronized (changed) {
      interference = next;
      changed.notifyAll();
    }
    if (next == Interference.CUT) {
      connections.forEach(Connection::close);
    }
  }

  /** Catches the process when it comes to the trap's step, from now on; null: nothing any more. */
  void set(@Nullable Trap next) {
    trap = next;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (interference == Interference.CUT) {
          client.close();
        } else {
          Thread.ofVirtual().start(() -> connect(client));
        }
      } catch (IOException e) {
        // A connection that broke while it began is the client's to repeat.
      }
    }
  }

  private void connect(Socket client) {
    Socket upstream = new Socket();
    Connection connection = new Connection(client, upstream);
    connections.add(connection);
    try {
      upstream.connect(server);
      client.setTcpNoDelay(true);
      upstream.setTcpNoDelay(true);
      Thread.ofVirtual().start(connection::answers);
      connection.requests();
    } catch (IOException e) {
      connection.close();
    }
  }

  @Override
  public void close() throws IOException {
    interfere(Interference.NONE);
    listener.close();
    connections.forEach(Connection::close);
  }

  private final class Connection {
    private final Socket client;
    private final Socket upstream;
    private volatile boolean losesAnswer;
    private volatile @Nullable Trap answerHeldBy;
    private @Nullable Trap watchedBy;
    private Trap.@Nullable Watch watch;

    Connection(Socket client, Socket upstream) {
      this.client = client;
      this.upstream = upstream;
    }

    void requests() {
      try (InputStream in = client.getInputStream();
          OutputStream out = upstream.getOutputStream()) {
        byte[] piece = new byte[PIECE];
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
          Interference now = pass();
          if (now == Interference.SERVER_ERROR) {
            refuse(in);
            return;
          }
          if (startsWith(piece, n, "PUT ")) {
            losesAnswer = now == Interference.LOSE_PUT_ANSWERS;
          }
          Trap sprung = trapFor(piece, n);
          if (sprung != null && sprung.holdsAnswer()) {
            answerHeldBy = sprung;
          } else if (sprung != null) {
            hold(sprung);
            return;
          }
          out.write(piece, 0, n);
        }
      } catch (IOException e) {
        // One end is gone: the other is told by closing.
      } finally {
        close();
      }
    }

    /** The trap that this piece is caught by, if it is. */
    private @Nullable Trap trapFor(byte[] piece, int length) {
      Trap now = trap;
      if (now == null) {
        watchedBy = null;
        watch = null;
        return null;
      }
      Trap.Watch current = watch;
      if (current == null || watchedBy != now) {
        current = now.watch();
        watchedBy = now;
        watch = current;
      }
      if (!current.reached(piece, length)) {
        return null;
      }
      watch = null;
      return now.catches(TcpProxy.this) ? now : null;
    }

    private static void hold(Trap sprung) throws IOException {
      try {
        sprung.hold();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted", e);
      }
    }

    void answers() {
      try (InputStream in = upstream.getInputStream();
          OutputStream out = client.getOutputStream()) {
        byte[] piece = new byte[PIECE];
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
          pass();
          // "100 Continue" asks for the body; what comes after the body is the answer.
          if (losesAnswer && !startsWith(piece, n, "HTTP/1.1 100")) {
            return;
          }
          Trap holder = answerHeldBy;
          if (holder != null && !startsWith(piece, n, "HTTP/1.1 100")) {
            hold(holder);
            return;
          }
          out.write(piece, 0, n);
        }
      } catch (IOException e) {
        // One end is gone: the other is told by closing.
      } finally {
        close();
      }
    }

    /** Waits as long as the interference wants it, and returns what is in force then. */
    private Interference pass() throws IOException {
      try {
        synchronized (changed) {
          while (interference == Interference.STALL) {
            changed.wait();
          }
        }
        Interference now = interference;
        if (now == Interference.SLOW) {
          TimeUnit.MILLISECONDS.sleep(SLOW_MS);
        }
        return now;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted", e);
      }
    }

    private void refuse(InputStream in) throws IOException {
      OutputStream out = client.getOutputStream();
      out.write(ERROR.formatted(ERROR_BODY.length(), ERROR_BODY).getBytes(US_ASCII));
      client.shutdownOutput();
      client.setSoTimeout(1_000);
      // Unread data would reset the connection, and the answer with it.
      in.transferTo(OutputStream.nullOutputStream());
    }

    void close() {
      connections.remove(this);
      try (client;
          upstream) {
        // Closes both.
      } catch (IOException e) {
        // Closed is what it is to be.
      }
    }
  }

  private static boolean startsWith(byte[] piece, int length, String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    return length >= bytes.length && Arrays.equals(piece, 0, bytes.length, bytes, 0, bytes.length);
  }
}
