package io.duckmesh.bench.faults;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TcpProxyTest {
  private final AtomicInteger arrived = new AtomicInteger();
  private final CountDownLatch first = new CountDownLatch(1);
  private HttpServer server;
  private TcpProxy proxy;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          arrived.incrementAndGet();
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
          first.countDown();
        });
    server.start();
    proxy = TcpProxy.start(server.getAddress().getPort());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    server.stop(0);
  }

  @Test
  void forwardsWhatItIsGiven() throws IOException {
    assertThat(request("PUT")).startsWith("HTTP/1.1 200");
  }

  @Test
  void aCutConnectionEnds() {
    proxy.interfere(Interference.CUT);

    assertThat(answerOrNothing("GET")).isEmpty();
    assertThat(arrived).hasValue(0);
  }

  @Test
  void aServerErrorIsAnsweredAndNothingIsForwarded() throws IOException {
    proxy.interfere(Interference.SERVER_ERROR);

    assertThat(request("PUT")).startsWith("HTTP/1.1 500").contains("InternalError");
    assertThat(arrived).hasValue(0);
  }

  @Test
  void aPutArrivesWhoseAnswerIsLost() throws IOException {
    proxy.interfere(Interference.LOSE_PUT_ANSWERS);

    assertThat(answerOrNothing("PUT")).isEmpty();
    assertThat(arrived).hasValue(1);
    assertThat(request("GET")).startsWith("HTTP/1.1 200");
  }

  @Test
  void whatIsHeldBackArrivesLaterAlthoughTheClientIsGone() throws Exception {
    proxy.interfere(Interference.STALL);
    try (Socket client = connect("PUT")) {
      client.setSoTimeout(200);
      InputStream in = client.getInputStream();
      assertThatThrownBy(in::read).isInstanceOf(java.net.SocketTimeoutException.class);
    }
    assertThat(arrived).hasValue(0);

    proxy.interfere(Interference.NONE);

    assertThat(first.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(arrived).hasValue(1);
  }

  @Test
  void aRequestIsHeldBeforeItArrives() throws Exception {
    Trap trap = new Trap(Step.BEFORE_UPLOAD);
    proxy.set(trap);
    try (Socket client = connect("PUT")) {
      assertThat(trap.await(30_000)).isSameAs(proxy);
      assertThat(arrived).hasValue(0);

      trap.release();

      assertThat(client.getInputStream().read()).isNegative();
      assertThat(arrived).hasValue(0);
    }
  }

  @Test
  void anAnswerIsHeldWhenTheRequestWasCarriedOut() throws Exception {
    Trap trap = new Trap(Step.AFTER_UPLOAD);
    proxy.set(trap);
    try (Socket client = connect("PUT")) {
      assertThat(trap.await(30_000)).isSameAs(proxy);
      assertThat(arrived).hasValue(1);

      trap.release();

      assertThat(client.getInputStream().read()).isNegative();
    }
  }

  @Test
  void onlyTheFirstIsCaughtAndOthersPass() throws Exception {
    Trap trap = new Trap(Step.BEFORE_UPLOAD);
    proxy.set(trap);
    try (Socket client = connect("PUT")) {
      assertThat(trap.await(30_000)).isSameAs(proxy);
      assertThat(client.isConnected()).isTrue();
      assertThat(request("GET")).startsWith("HTTP/1.1 200");
      assertThat(request("PUT")).startsWith("HTTP/1.1 200");
    }
    trap.release();
  }

  @Test
  void aStepThatIsCommittedIsReachedWithTheCommit() {
    Trap.Watch watch = new Trap(Step.AFTER_PLAN).watch();

    assertThat(reached(watch, "BEGIN")).isFalse();
    assertThat(reached(watch, "COMMIT")).isFalse();
    assertThat(reached(watch, "INSERT INTO cata")).isFalse();
    assertThat(reached(watch, "log.rewrite (run_id)")).isFalse();
    assertThat(reached(watch, "SELECT 1; COM")).isFalse();
    assertThat(reached(watch, "MIT")).isTrue();
  }

  private static boolean reached(Trap.Watch watch, String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    return watch.reached(bytes, bytes.length);
  }

  private String answerOrNothing(String method) {
    try {
      return request(method);
    } catch (IOException e) {
      return "";
    }
  }

  private String request(String method) throws IOException {
    try (Socket client = connect(method)) {
      return new String(client.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  private Socket connect(String method) throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    client.setSoTimeout(30_000);
    client
        .getOutputStream()
        .write(
            "%s / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                .formatted(method)
                .getBytes(US_ASCII));
    return client;
  }
}
