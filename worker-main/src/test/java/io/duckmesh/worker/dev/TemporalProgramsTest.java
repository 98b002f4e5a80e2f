package io.duckmesh.worker.dev;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporalProgramsTest {
  private final List<String> said = new ArrayList<>();

  @TempDir private Path cache;

  @Test
  void downloadPutsTheProgramIntoTheCache() throws IOException {
    HttpServer server = serve(200, archive("temporal", "#!/bin/sh\n"));
    try {
      Optional<Path> program = programs(server).download(said::add);

      assertThat(program).contains(cache.resolve("bin/temporal"));
      assertThat(program.orElseThrow()).isExecutable().hasContent("#!/bin/sh\n");
      try (Stream<Path> files = Files.list(cache.resolve("bin"))) {
        assertThat(files).hasSize(1);
      }
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aDownloadThatIsRefusedSaysWhyAndLeavesNothing() throws IOException {
    HttpServer server = serve(403, new byte[0]);
    try {
      assertThat(programs(server).download(said::add)).isEmpty();
      assertThat(said).last().asString().contains("HTTP status 403");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void anArchiveWithoutTheProgramIsNotTaken() throws IOException {
    HttpServer server = serve(200, archive("README", "nothing"));
    try {
      assertThat(programs(server).download(said::add)).isEmpty();
      assertThat(cache.resolve("bin/temporal")).doesNotExist();
    } finally {
      server.stop(0);
    }
  }

  @Test
  void noNetworkIsSaidAndNotFatal() {
    TemporalPrograms programs =
        new TemporalPrograms(cache, URI.create("http://127.0.0.1:" + FreePorts.any()));

    assertThat(programs.download(said::add)).isEmpty();
    assertThat(said).last().asString().startsWith("the download failed");
  }

  private TemporalPrograms programs(HttpServer server) {
    return new TemporalPrograms(
        cache, URI.create("http://127.0.0.1:%d/cli".formatted(server.getAddress().getPort())));
  }

  private static HttpServer serve(int status, byte[] body) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/cli",
        exchange -> {
          exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
          if (body.length > 0) {
            exchange.getResponseBody().write(body);
          }
          exchange.close();
        });
    server.start();
    return server;
  }

  private static byte[] archive(String name, String text) throws IOException {
    byte[] content = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(new GzipCompressorOutputStream(bytes))) {
      TarArchiveEntry entry = new TarArchiveEntry(name);
      entry.setSize(content.length);
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
    }
    return bytes.toByteArray();
  }
}
