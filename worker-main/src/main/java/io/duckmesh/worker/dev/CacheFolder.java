package io.duckmesh.worker.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where programs are kept that all dev instances of a user share. {@code user.home} is what the
 * system's list of users says; the environment knows better where the two differ.
 */
final class CacheFolder {
  private CacheFolder() {}

  /**
   * The user's cache folder: of {@code XDG_CACHE_HOME}, else of {@code HOME}, else of {@code
   * user.home}. Makes it where it is missing.
   *
   * @param fallback what is used where that folder cannot be made or written
   */
  static Path open(Map<String, String> environment, Path fallback) {
    Optional<Path> shared =
        absolute(environment.get("XDG_CACHE_HOME"))
            .or(() -> userHome(environment).map(home -> home.resolve(".cache")))
            .map(folder -> folder.resolve("duckmesh"));
    return shared.filter(CacheFolder::isUsable).orElse(fallback);
  }

  /** The user's own folder; empty for a user who has none. */
  static Optional<Path> userHome(Map<String, String> environment) {
    return Stream.of(environment.get("HOME"), System.getProperty("user.home"))
        .map(CacheFolder::absolute)
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Optional<Path> absolute(@Nullable String text) {
    try {
      // Without a home, Java says "?".
      return Optional.ofNullable(text).map(Path::of).filter(Path::isAbsolute);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static boolean isUsable(Path folder) {
    try {
      Files.createDirectories(folder);
      return Files.isWritable(folder);
    } catch (IOException e) {
      return false;
    }
  }
}
