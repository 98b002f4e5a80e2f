package io.duckmesh.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import org.junit.jupiter.api.Test;

class S3ServerIT {
  @Test
  void killedServerComesBackWithItsBucketsAtTheSameAddress() {
    try (S3Server server = S3Server.start()) {
      String bucket = server.createBucket();

      server.kill();
      assertThatThrownBy(() -> connect(server)).isInstanceOf(IOException.class);
      server.restart();

      assertThatCode(() -> connect(server)).doesNotThrowAnyException();
      assertThat(server.bucketDirectory(bucket)).isDirectory();
    }
  }

  private static void connect(S3Server server) throws IOException {
    new Socket(InetAddress.getLoopbackAddress(), server.endpoint().getPort()).close();
  }
}
