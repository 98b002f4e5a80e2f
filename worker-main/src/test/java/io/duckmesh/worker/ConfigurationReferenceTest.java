package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The reference of settings is what the program says. After a change run this test with {@code
 * -Dduckmesh.write-docs=true}, which writes it anew.
 */
class ConfigurationReferenceTest {
  private static final Path REFERENCE = Path.of("../docs/reference/configuration.md");

  @Test
  void theReferenceNamesEverySettingAsItIs() throws IOException {
    String expected = reference();
    if (Boolean.getBoolean("duckmesh.write-docs")) {
      Files.createDirectories(REFERENCE.getParent());
      Files.writeString(REFERENCE, expected);
    }

    assertThat(Files.readString(REFERENCE)).isEqualTo(expected);
  }

  private static String reference() {
    StringBuilder text =
        new StringBuilder(
            """
            # Configuration

            Settings of `duckmesh server`. Each has one name in three spellings: in the file (`database.url`, nested or with the dot),
            in the environment (`DUCKMESH_DATABASE_URL`) and as an option (`--database-url`). Options win over the environment, the environment
            over the file. The file is YAML and named by `--config` or `DUCKMESH_CONFIG`. All settings are checked before anything starts;
            everything that is missing or wrong is named together.

            `duckmesh dev` chooses most of these itself; what it does not choose may be set in the environment.

            | Setting | Default | What it says |
            |---|---|---|
            """);
    for (Setting setting : Setting.values()) {
      text.append("| `")
          .append(setting.key())
          .append("` | ")
          .append(setting.defaultText().isEmpty() ? "" : "`" + setting.defaultText() + "`")
          .append(" | ")
          .append(setting.description())
          .append(setting.secret() ? " Never printed." : "")
          .append(" |\n");
    }
    text.append(
        """

        Example:

        ```yaml
        roles: [api, materializer, compactor, collector]
        http:
          port: 8080
        database:
          url: jdbc:postgresql://db.example:5432/duckmesh
          user: duckmesh
        object-store:
          url: s3://lake/duckmesh
          region: eu-central-1
        temporal:
          target: temporal.example:7233
        ```

        with the password in the environment: `DUCKMESH_DATABASE_PASSWORD`.
        """);
    return text.toString();
  }
}
