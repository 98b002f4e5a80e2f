package io.duckmesh.worker.dev;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** The {@code temporal} program: on this machine, or from where Temporal publishes it. */
final class TemporalPrograms {
  /** Temporal's own address for downloads of its command line program. */
  private static final String PUBLISHED = "https://temporal.download/cli/archive/latest";

  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(4);
  private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(2);

  private final Path cache;
  private final URI published;

  TemporalPrograms(Path cache) {
    this(cache, URI.create(System.getProperty("duckmesh.temporal.download", PUBLISHED)));
  }

  TemporalPrograms(Path cache, URI published) {
    this.cache = cache;
    this.published = published;
  }

  /** Looks on the PATH, where Go installs programs, and among what was downloaded before. */
  Optional<Path> find() {
    Path downloaded = cache.resolve("bin");
    return CacheFolder.userHome(System.getenv())
        .map(home -> Commands.find("temporal", home.resolve("go/bin"), downloaded))
        .orElseGet(() -> Commands.find("temporal", downloaded));
  }

  /**
   * Downloads the program into the cache; empty, after saying why, where the network does not let
   * it.
   */
  Optional<Path> download(Consumer<String> say) {
    String system =
        System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac")
            ? "darwin"
            : "linux";
    String machine = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    URI address = URI.create("%s?platform=%s&arch=%s".formatted(published, system, machine));
    say.accept("there is no `temporal` program here, downloading it from " + published.getHost());
    try (HttpClient http =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_LIMIT)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build()) {
      Optional<Path> program = Optional.empty();
      var request =
          http.sendAsync(
              HttpRequest.newBuilder(address).timeout(CONNECT_LIMIT.multipliedBy(2)).build(),
              BodyHandlers.ofInputStream());
      HttpResponse<InputStream> response =
          request.get(CONNECT_LIMIT.toSeconds() * 2, TimeUnit.SECONDS);
      if (response.statusCode() == 200) {
        program = unpack(response.body());
      }
      http.shutdownNow();
      if (program.isEmpty()) {
        say.accept(
            response.statusCode() == 200
                ? "the download failed: the archive has no program"
                : "the download failed: HTTP status " + response.statusCode());
      }
      return program;
    } catch (IOException | TimeoutException e) {
      say.accept("the download failed: " + e);
    } catch (java.util.concurrent.ExecutionException e) {
      say.accept("the download failed: " + e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }

  private Optional<Path> unpack(InputStream body) throws IOException {
    Path bin = Files.createDirectories(cache.resolve("bin"));
    Path draft = Files.createTempFile(bin, "temporal", ".new");
    long deadline = System.nanoTime() + DOWNLOAD_LIMIT.toNanos();
    try (InputStream in = body;
        TarArchiveInputStream tar = new TarArchiveInputStream(new GzipCompressorInputStream(in))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (entry.isFile()
            && Path.of(entry.getName()).getFileName().toString().equals("temporal")) {
          copy(tar, draft, deadline);
          Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rwxr-xr-x"));
          Path program = bin.resolve("temporal");
          Files.move(draft, program, StandardCopyOption.ATOMIC_MOVE);
          return Optional.of(program);
        }
      }
      return Optional.empty();
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static void copy(InputStream in, Path target, long deadline) throws IOException {
    try (var out = Files.newOutputStream(target)) {
      byte[] buffer = new byte[1 << 16];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        out.write(buffer, 0, count);
        if (System.nanoTime() > deadline) {
          throw new IOException("it takes longer than %d s".formatted(DOWNLOAD_LIMIT.toSeconds()));
        }
      }
    }
  }
}
