package io.duckmesh.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.opentest4j.TestAbortedException;

/**
 * Server programs that tests start. They are looked for on the PATH, then among what earlier runs
 * built; what is missing is built with {@code go install} where Go is there.
 */
public final class Programs {
  private static final Map<String, String> GO_PACKAGES =
      Map.of(
          "temporal", "github.com/temporalio/cli/cmd/temporal@v1.5.1",
          "versitygw", "github.com/versity/versitygw/cmd/versitygw@v1.7.0");

  private Programs() {}

  /**
   * The program's path.
   *
   * @throws TestAbortedException outside CI, with the reason, if it can be neither found nor built
   * @throws IllegalStateException the same in CI, where a missing service is a failure
   */
  public static synchronized Path require(String program) {
    Optional<Path> found = find(program);
    if (found.isPresent()) {
      return found.get();
    }
    Optional<Path> built = build(program);
    if (built.isPresent()) {
      return built.get();
    }
    String message = program + " is neither on the PATH nor can Go build it";
    if (System.getenv("CI") != null) {
      throw new IllegalStateException(message);
    }
    throw new TestAbortedException(message);
  }

  private static Optional<Path> find(String program) {
    return directories().stream()
        .map(directory -> directory.resolve(program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static Path buildDirectory() {
    return Path.of(System.getProperty("user.home"), ".cache", "duckmesh", "bin");
  }

  private static List<Path> directories() {
    List<Path> directories = new ArrayList<>();
    String path = System.getenv("PATH");
    if (path != null) {
      for (String entry : path.split(File.pathSeparator)) {
        if (!entry.isEmpty()) {
          directories.add(Path.of(entry));
        }
      }
    }
    directories.add(buildDirectory());
    directories.add(Path.of(System.getProperty("user.home"), "go", "bin"));
    return directories;
  }

  private static Optional<Path> build(String program) {
    String goPackage = GO_PACKAGES.get(program);
    Optional<Path> go =
        find("go")
            .or(() -> Optional.of(Path.of("/usr/local/go/bin/go")).filter(Files::isExecutable));
    if (goPackage == null || go.isEmpty()) {
      return Optional.empty();
    }
    try {
      Files.createDirectories(buildDirectory());
      Path log = Files.createTempFile("build-" + program, ".log");
      ProcessBuilder builder =
          new ProcessBuilder(go.get().toString(), "install", goPackage)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().put("GOBIN", buildDirectory().toString());
      int exit = builder.start().waitFor();
      if (exit != 0) {
        throw new IllegalStateException(
            "go install %s ended with %d: %s".formatted(goPackage, exit, Files.readString(log)));
      }
      Files.delete(log);
      return Optional.of(buildDirectory().resolve(program));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot build " + program, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while building " + program, e);
    }
  }
}
