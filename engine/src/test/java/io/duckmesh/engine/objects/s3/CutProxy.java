package io.duckmesh.engine.objects.s3;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Passes connections on to a server and can lose answers: the server did it, nobody hears. */
final class CutProxy implements AutoCloseable {
  private final int target;
  private final ServerSocket server;
  private final AtomicInteger answers = new AtomicInteger();
  private final AtomicInteger firstLost = new AtomicInteger();
  private final AtomicInteger endOfLost = new AtomicInteger();
  private final AtomicInteger lostAnswers = new AtomicInteger();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  CutProxy(URI target) throws IOException {
    this.target = target.getPort();
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  /** Of the answers from now on, lets the first pass and loses the next, breaking connections. */
  void loseAnswers(int passing, int lost) {
    answers.set(0);
    firstLost.set(passing);
    endOfLost.set(passing + lost);
    // Idle connections would carry the client's next request without being asked again.
    sockets.forEach(CutProxy::close);
  }

  /** How many answers were lost. */
  int lostAnswers() {
    return lostAnswers.get();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Socket upstream = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.add(client);
        sockets.add(upstream);
        Thread.ofVirtual().start(() -> pass(client, upstream, false));
        Thread.ofVirtual().start(() -> pass(upstream, client, true));
      } catch (IOException e) {
        if (!server.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void pass(Socket from, Socket to, boolean answering) {
    byte[] buffer = new byte[64 << 10];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (answering && isFinalAnswer(buffer, count) && loses(answers.getAndIncrement())) {
          lostAnswers.incrementAndGet();
          return;
        }
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      // A broken connection breaks the other half, too; closing both is all there is to do.
      close(to);
    }
  }

  private boolean loses(int answer) {
    return answer >= firstLost.get() && answer < endOfLost.get();
  }

  /** The beginning of an answer other than 100 Continue. */
  private static boolean isFinalAnswer(byte[] bytes, int count) {
    return new String(bytes, 0, Math.min(count, 12), US_ASCII).matches("HTTP/1.1 [2-5].*");
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    sockets.forEach(CutProxy::close);
  }
}
