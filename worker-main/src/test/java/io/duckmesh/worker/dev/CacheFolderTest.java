package io.duckmesh.worker.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheFolderTest {
  @TempDir private Path folder;

  @Test
  void theEnvironmentKnowsBetterThanTheListOfUsers() {
    Path xdg = folder.resolve("xdg");
    Path home = folder.resolve("me");

    assertThat(open(Map.of("XDG_CACHE_HOME", xdg.toString(), "HOME", home.toString())))
        .isEqualTo(xdg.resolve("duckmesh"))
        .isDirectory();
    assertThat(open(Map.of("HOME", home.toString())))
        .isEqualTo(home.resolve(".cache/duckmesh"))
        .isDirectory();
  }

  @Test
  void relativeFoldersAreNotMeant() {
    Path home = folder.resolve("me");

    assertThat(open(Map.of("XDG_CACHE_HOME", "cache", "HOME", home.toString())))
        .isEqualTo(home.resolve(".cache/duckmesh"));
  }

  @Test
  void aFolderThatCannotBeMadeIsReplaced() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    assertThat(open(Map.of("HOME", file.toString()))).isEqualTo(folder.resolve("programs"));
  }

  private Path open(Map<String, String> environment) {
    return CacheFolder.open(environment, folder.resolve("programs"));
  }
}
