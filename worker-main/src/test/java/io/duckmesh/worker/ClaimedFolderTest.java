package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimedFolderTest {
  @TempDir Path directory;

  @Test
  void folderIsOneUsersUntilItIsClosed() throws IOException {
    ClaimedFolder first = ClaimedFolder.below(directory);
    try (ClaimedFolder second = ClaimedFolder.below(directory)) {
      assertThat(second.path()).isNotEqualTo(first.path()).isDirectory();
      first.close();

      try (ClaimedFolder third = ClaimedFolder.below(directory)) {
        assertThat(third.path()).isEqualTo(first.path());
      }
    }
  }
}
