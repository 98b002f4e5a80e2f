package io.duckmesh.worker.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.testing.Programs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevTemporalIT {
  private final List<String> said = new ArrayList<>();

  @TempDir private Path folder;

  @Test
  void anotherPortIsTriedWhereOneWasTakenMeanwhileAndItAnswersThen() throws IOException {
    try (DevHome home = DevHome.open(folder.resolve("home"));
        ServerSocket taken = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
      int free = FreePorts.any();
      Deque<Integer> ports = new ArrayDeque<>(List.of(taken.getLocalPort(), free));

      try (DevTemporal temporal =
          DevTemporal.Child.start(
              home, Programs.require("temporal"), null, ports::remove, said::add)) {
        assertThat(temporal.target()).isEqualTo("127.0.0.1:" + free);
        try (Socket socket = new Socket()) {
          socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), free), 1000);
        }
      }
    }
    assertThat(said).singleElement().asString().contains("was faster to take port");
  }

  @Test
  void aProgramThatEndsIsQuotedWithItsAddressAndLog() throws IOException {
    Path program =
        Files.writeString(folder.resolve("temporal"), "#!/bin/sh\necho no disk\nexit 1\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
    int port = FreePorts.any();

    try (DevHome home = DevHome.open(folder.resolve("home"))) {
      assertThatThrownBy(() -> DevTemporal.Child.start(home, program, null, () -> port, said::add))
          .isInstanceOf(DevException.class)
          .hasMessageContaining("127.0.0.1:" + port)
          .hasMessageContaining("no disk")
          .hasMessageContaining(home.logs().resolve("temporal.log").toString());
    }
    assertThat(said).isEmpty();
  }
}
