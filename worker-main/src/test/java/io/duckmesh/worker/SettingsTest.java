package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
  @TempDir private Path directory;

  @Test
  void everythingMissingAndWrongIsNamedTogether() throws IOException {
    Path file =
        file(
            """
            roles: [api, reader]
            http: {port: many}
            object-store:
              url: ftp://somewhere
            tenat.name: x
            """);

    assertThatThrownBy(() -> ServerSettings.load(file, Map.of(), Map.of()))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("There is no setting tenat.name")
        .hasMessageContaining(
            "roles is some of api, materializer, compactor, collector, found 'api,reader'")
        .hasMessageContaining("http.port is a number from 1 to 65535, found 'many'")
        .hasMessageContaining("database.url is missing")
        .hasMessageContaining("object-store.url is s3://bucket/prefix or file:/directory")
        .hasMessageContaining("temporal.target is missing");
  }

  @Test
  void optionsWinOverEnvironmentAndEnvironmentOverFile() throws IOException {
    Path file = file("{http: {port: 1001}, drain: {seconds: 11}, tenant: {shards: 5}}");
    Map<String, String> environment =
        Map.of("DUCKMESH_HTTP_PORT", "1002", "DUCKMESH_DRAIN_SECONDS", "12");
    Map<Setting, String> options = required();
    options.put(Setting.HTTP_PORT, "1003");

    ServerSettings settings = ServerSettings.load(file, environment, options);

    assertThat(settings.http().port()).isEqualTo(1003);
    assertThat(settings.drain()).hasSeconds(12);
    assertThat(settings.tenant().shards()).isEqualTo(5);
  }

  @Test
  void bucketAndPrefixComeFromTheAddress() {
    Map<Setting, String> options = required();
    options.put(Setting.OBJECT_STORE_URL, "s3://lake/some/prefix/");
    options.put(Setting.OBJECT_STORE_ENDPOINT, "http://127.0.0.1:9000");
    options.put(Setting.OBJECT_STORE_PATH_STYLE, "true");

    assertThat(ServerSettings.load(null, Map.of(), options).objects())
        .isInstanceOfSatisfying(
            ServerSettings.Objects.S3.class,
            s3 -> {
              assertThat(s3.bucket()).isEqualTo("lake");
              assertThat(s3.prefix()).isEqualTo("some/prefix");
              assertThat(s3.pathStyle()).isTrue();
            });
  }

  @Test
  void secretsAreInNoMessageAndNoText() {
    Map<Setting, String> options = required();
    options.put(Setting.DATABASE_PASSWORD, "hunter2");
    options.put(Setting.OBJECT_STORE_URL, "s3://lake");
    options.put(Setting.OBJECT_STORE_ACCESS_KEY, "me");
    options.put(Setting.OBJECT_STORE_SECRET_KEY, "hunter3");

    assertThat(ServerSettings.load(null, Map.of(), options).toString()).doesNotContain("hunter");
  }

  @Test
  void accessKeyAndSecretBelongTogether() {
    Map<Setting, String> options = required();
    options.put(Setting.OBJECT_STORE_URL, "s3://lake");
    options.put(Setting.OBJECT_STORE_ACCESS_KEY, "me");

    assertThatThrownBy(() -> ServerSettings.load(null, Map.of(), options))
        .hasMessageContaining("object-store.access-key and object-store.secret-key");
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path missing = directory.resolve("none.yaml");

    assertThatThrownBy(() -> ServerSettings.load(missing, Map.of(), required()))
        .hasMessageContaining(missing + " cannot be read");
  }

  static Map<Setting, String> required() {
    Map<Setting, String> options = new EnumMap<>(Setting.class);
    options.put(Setting.ROLES, "api,materializer");
    options.put(Setting.DATABASE_URL, "jdbc:postgresql://localhost/duckmesh");
    options.put(Setting.OBJECT_STORE_URL, "file:/var/lib/duckmesh");
    options.put(Setting.TEMPORAL_TARGET, "localhost:7233");
    return options;
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("duckmesh.yaml"), text);
  }
}
