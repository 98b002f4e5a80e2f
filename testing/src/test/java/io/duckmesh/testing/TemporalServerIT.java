package io.duckmesh.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TemporalServerIT {
  @Test
  void killedServerComesBackWithItsDatabaseAtTheSameAddress() {
    try (TemporalServer server = TemporalServer.start()) {
      assertThat(temporal("create", server)).isZero();

      server.kill();
      assertThatThrownBy(() -> connect(server)).isInstanceOf(IOException.class);
      server.restart();

      assertThat(temporal("describe", server)).isZero();
    }
  }

  @Test
  void sharedServerIsStartedOnce() {
    assertThat(TemporalServer.shared()).isSameAs(TemporalServer.shared());
    assertThatCode(() -> connect(TemporalServer.shared())).doesNotThrowAnyException();
  }

  private static void connect(TemporalServer server) throws IOException {
    int port = Integer.parseInt(server.address().split(":")[1]);
    new Socket(InetAddress.getLoopbackAddress(), port).close();
  }

  private static int temporal(String verb, TemporalServer server) {
    return ChildProgram.run(
        List.of(
            Programs.require("temporal").toString(),
            "operator",
            "namespace",
            verb,
            "--namespace",
            "kept",
            "--address",
            server.address()),
        Duration.ofSeconds(10));
  }
}
