package io.duckmesh.worker.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which gateway, with which key: options, else environment, else the dev instance nearby. */
final class GatewayOptions {
  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The gateway. Default: $DUCKMESH_URL, else the dev instance of this folder.")
  private @Nullable String url;

  @Option(
      names = "--key",
      paramLabel = "KEY",
      description = "API key. Default: $DUCKMESH_KEY, else the key of the dev instance.")
  private @Nullable String key;

  @Option(
      names = "--home",
      paramLabel = "DIR",
      description =
          "Home folder of the dev instance. Default: .duckmesh in this folder or one above.")
  private @Nullable Path home;

  Gateway gateway() {
    String chosenUrl = firstOf(url, System.getenv("DUCKMESH_URL"));
    String chosenKey = firstOf(key, System.getenv("DUCKMESH_KEY"));
    if (chosenUrl == null || chosenKey == null) {
      Optional<ClientFile> dev =
          home != null ? ClientFile.read(home) : ClientFile.findFrom(Path.of(""));
      if (chosenUrl == null && dev.isEmpty()) {
        throw new CommandFailedException(
            home != null
                ? "No dev instance has its home in %s (no %s there)"
                    .formatted(home, ClientFile.NAME)
                : "No gateway named and no dev instance found in this folder or above. Start one with"
                    + " `duckmesh dev`, or name one with --url and --key (or DUCKMESH_URL and DUCKMESH_KEY)");
      }
      // The key of the dev instance is for that instance only, never for an address given by hand.
      if (chosenKey == null
          && dev.isPresent()
          && (chosenUrl == null || chosenUrl.equals(dev.get().url()))) {
        chosenKey = dev.get().key();
      }
      if (chosenUrl == null) {
        chosenUrl = dev.orElseThrow().url();
      }
    }
    if (!chosenUrl.matches("https?://.+")) {
      throw new CommandFailedException("Not an HTTP address: " + chosenUrl);
    }
    return new Gateway(chosenUrl, chosenKey == null ? "" : chosenKey);
  }

  private static @Nullable String firstOf(@Nullable String first, @Nullable String second) {
    if (first != null && !first.isBlank()) {
      return first;
    }
    return second != null && !second.isBlank() ? second : null;
  }
}
