package io.duckmesh.worker.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code client.json} in the home folder of a dev instance: how the client reaches it. Only its
 * owner can read the file, since it holds the key.
 */
public record ClientFile(String url, String key) {
  public static final String NAME = "client.json";
  public static final String DEFAULT_HOME = ".duckmesh";

  private static final JsonMapper JSON = new JsonMapper();

  /** Reads the file of a home folder; empty where there is none. */
  public static Optional<ClientFile> read(Path home) {
    Path file = home.resolve(NAME);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      JsonNode node = JSON.readTree(Files.readAllBytes(file));
      return Optional.of(
          new ClientFile(node.path("url").asString(""), node.path("key").asString("")));
    } catch (IOException | JacksonException e) {
      throw new CommandFailedException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** The nearest file of a default home folder in {@code from} or a folder above. */
  public static Optional<ClientFile> findFrom(Path from) {
    for (Path folder = from.toAbsolutePath(); folder != null; folder = folder.getParent()) {
      Optional<ClientFile> found = read(folder.resolve(DEFAULT_HOME));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Replaces the file of a home folder in one step. */
  public void write(Path home) throws IOException {
    Path draft = home.resolve(NAME + ".new");
    Files.deleteIfExists(draft);
    Files.createFile(draft);
    Files.setPosixFilePermissions(
        draft, EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
    Files.writeString(
        draft, JSON.createObjectNode().put("url", url).put("key", key).toString() + "\n");
    Files.move(
        draft,
        home.resolve(NAME),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public String toString() {
    return "ClientFile[url=" + url + "]";
  }
}
