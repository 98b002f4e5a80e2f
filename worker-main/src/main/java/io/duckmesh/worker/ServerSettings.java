package io.duckmesh.worker;

import io.duckmesh.activities.collect.CollectSettings;
import io.duckmesh.activities.compact.CompactSettings;
import io.duckmesh.activities.schedule.ScheduleSettings;
import io.duckmesh.api.query.QuerySettings;
import io.duckmesh.engine.merge.MergeOptions;
import io.duckmesh.engine.merge.MergeOrder;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a server process was told, checked as a whole before anything starts. */
public record ServerSettings(
    Set<Role> roles,
    Http http,
    Database database,
    Objects objects,
    Cache cache,
    Temporal temporal,
    Tenant tenant,
    long backlogLimitBytes,
    Duration batchLinger,
    Query query,
    QuerySettings queries,
    Compact compact,
    CollectSettings collect,
    ScheduleSettings schedules,
    Duration drain,
    Logging logging) {

  /** Where the gateway listens; {@code managementPort} is 0 for none. */
  public record Http(String address, int port, int managementPort) {}

  public record Database(String url, String user, String password, int poolSize) {
    @Override
    public String toString() {
      return "Database[url=%s, user=%s, poolSize=%d]".formatted(url, user, poolSize);
    }
  }

  /** Where data files live. */
  public sealed interface Objects {
    record Local(Path directory) implements Objects {}

    /** Without keys the AWS default chain is asked. */
    record S3(
        String bucket,
        String prefix,
        String region,
        @Nullable URI endpoint,
        boolean pathStyle,
        @Nullable String accessKey,
        @Nullable String secretKey)
        implements Objects {
      @Override
      public String toString() {
        return "S3[bucket=%s, prefix=%s, region=%s, endpoint=%s]"
            .formatted(bucket, prefix, region, endpoint);
      }
    }
  }

  public record Cache(Path directory, long maxBytes) {}

  /**
   * @param uiUrl empty if there is none
   */
  public record Temporal(String target, String namespace, String uiUrl) {}

  public record Tenant(String name, int shards) {}

  public record Query(long memoryBytes, long processMemoryBytes, int threads, int concurrency) {}

  /** How rewrites are done, and where they keep what they read. */
  public record Compact(CompactSettings settings, MergeOptions merges) {}

  /** A null directory means standard output. */
  public record Logging(@Nullable Path directory, String level) {}

  public ServerSettings {
    roles = Set.copyOf(roles);
  }

  /**
   * Reads and checks all settings.
   *
   * @throws SettingsException naming everything that is missing or wrong
   */
  public static ServerSettings load(
      @Nullable Path file, Map<String, String> environment, Map<Setting, String> options) {
    SettingValues values = SettingValues.read(file, environment, options);
    ServerSettings settings =
        new ServerSettings(
            roles(values),
            new Http(
                values.find(Setting.HTTP_ADDRESS).orElse(""),
                port(values, Setting.HTTP_PORT, 1),
                port(values, Setting.MANAGEMENT_PORT, 0)),
            database(values),
            objects(values),
            new Cache(
                cacheDirectory(values), number(values, Setting.CACHE_MAX_BYTES, 1, Long.MAX_VALUE)),
            new Temporal(
                target(values),
                values.find(Setting.TEMPORAL_NAMESPACE).orElse("default"),
                values.find(Setting.TEMPORAL_UI_URL).orElse("")),
            new Tenant(
                name(values, Setting.TENANT_NAME),
                (int) number(values, Setting.TENANT_SHARDS, 1, 1024)),
            number(values, Setting.BACKLOG_LIMIT_BYTES, 1, Long.MAX_VALUE),
            Duration.ofMillis(number(values, Setting.BATCH_LINGER_MS, 0, 60_000)),
            new Query(
                number(values, Setting.QUERY_MEMORY_BYTES, 64L << 20, Long.MAX_VALUE),
                number(values, Setting.QUERY_PROCESS_MEMORY_BYTES, 0, Long.MAX_VALUE),
                (int) number(values, Setting.QUERY_THREADS, 0, 1024),
                (int) number(values, Setting.QUERY_CONCURRENCY, 1, 1024)),
            queries(values),
            compact(values),
            CollectSettings.DEFAULTS.withGrace(
                Duration.ofSeconds(number(values, Setting.COLLECT_GRACE, 300, 31_536_000))),
            schedules(values),
            Duration.ofSeconds(number(values, Setting.DRAIN_SECONDS, 1, 600)),
            new Logging(directory(values, Setting.LOG_DIRECTORY).orElse(null), level(values)));
    if (!values.problems().isEmpty()) {
      throw new SettingsException(values.problems());
    }
    return settings;
  }

  /**
   * Reads and checks only what a command at the database needs.
   *
   * @throws SettingsException naming everything that is missing or wrong
   */
  public static Database loadDatabase(
      @Nullable Path file, Map<String, String> environment, Map<Setting, String> options) {
    SettingValues values = SettingValues.read(file, environment, options);
    Database database = database(values);
    if (!values.problems().isEmpty()) {
      throw new SettingsException(values.problems());
    }
    return database;
  }

  private static Set<Role> roles(SettingValues values) {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    String text = values.require(Setting.ROLES, "some of " + Role.names());
    for (String name : text.isEmpty() ? List.<String>of() : List.of(text.split("\\s*,\\s*"))) {
      Optional<Role> role =
          EnumSet.allOf(Role.class).stream()
              .filter(candidate -> candidate.settingName().equals(name))
              .findFirst();
      if (role.isEmpty()) {
        values.wrong(Setting.ROLES, "some of " + Role.names());
      }
      role.ifPresent(roles::add);
    }
    return roles;
  }

  private static Database database(SettingValues values) {
    String url = values.require(Setting.DATABASE_URL, "the log and the catalog live there");
    if (!url.isEmpty() && !url.startsWith("jdbc:postgresql:")) {
      values.wrong(Setting.DATABASE_URL, "an address such as jdbc:postgresql://host:5432/duckmesh");
    }
    return new Database(
        url,
        values.find(Setting.DATABASE_USER).orElse(""),
        values.find(Setting.DATABASE_PASSWORD).orElse(""),
        (int) number(values, Setting.DATABASE_POOL_SIZE, 4, 1000));
  }

  private static Objects objects(SettingValues values) {
    Objects.Local none = new Objects.Local(Path.of(""));
    String text = values.require(Setting.OBJECT_STORE_URL, "data files live there");
    if (text.isEmpty()) {
      return none;
    }
    String expected = "s3://bucket/prefix or file:/directory";
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      values.wrong(Setting.OBJECT_STORE_URL, expected);
      return none;
    }
    String path = url.getPath() == null ? "" : url.getPath();
    if ("file".equals(url.getScheme()) && path.startsWith("/")) {
      return new Objects.Local(Path.of(path));
    }
    if (!"s3".equals(url.getScheme()) || url.getHost() == null) {
      values.wrong(Setting.OBJECT_STORE_URL, expected);
      return none;
    }
    String accessKey = values.find(Setting.OBJECT_STORE_ACCESS_KEY).orElse(null);
    String secretKey = values.find(Setting.OBJECT_STORE_SECRET_KEY).orElse(null);
    if ((accessKey == null) != (secretKey == null)) {
      values
          .problems()
          .add(
              "%s and %s belong together: give both or none"
                  .formatted(
                      Setting.OBJECT_STORE_ACCESS_KEY.key(),
                      Setting.OBJECT_STORE_SECRET_KEY.key()));
    }
    return new Objects.S3(
        url.getHost(),
        path.replaceAll("^/+|/+$", ""),
        values.find(Setting.OBJECT_STORE_REGION).orElse(""),
        endpoint(values),
        flag(values, Setting.OBJECT_STORE_PATH_STYLE),
        accessKey,
        secretKey);
  }

  private static @Nullable URI endpoint(SettingValues values) {
    Optional<String> text = values.find(Setting.OBJECT_STORE_ENDPOINT);
    if (text.isEmpty()) {
      return null;
    }
    try {
      URI endpoint = new URI(text.get());
      if (endpoint.getHost() != null && text.get().matches("https?://.*")) {
        return endpoint;
      }
    } catch (URISyntaxException e) {
      values.wrong(Setting.OBJECT_STORE_ENDPOINT, "an address such as https://host:9000");
      return null;
    }
    values.wrong(Setting.OBJECT_STORE_ENDPOINT, "an address such as https://host:9000");
    return null;
  }

  private static QuerySettings queries(SettingValues values) {
    return QuerySettings.DEFAULTS
        .withConcurrency(
            (int) number(values, Setting.QUERY_ASYNC_CONCURRENCY, 0, 1024),
            (int) number(values, Setting.QUERY_ASYNC_RUNNING, 1, 1024),
            (int) number(values, Setting.QUERY_ASYNC_QUEUED, 1, 1_000_000))
        .withMaximum(
            Duration.ofSeconds(number(values, Setting.QUERY_ASYNC_TIMEOUT, 1, 86_400)),
            number(values, Setting.QUERY_ASYNC_RESULT_BYTES, 1, Long.MAX_VALUE))
        .withLease(Duration.ofSeconds(number(values, Setting.QUERY_ASYNC_LEASE, 1, 3_600)))
        .withResultRetention(
            Duration.ofSeconds(number(values, Setting.QUERY_RESULT_RETENTION, 1, 2_592_000)))
        .withHistory(
            (int) number(values, Setting.QUERY_HISTORY_DAYS, 1, 3_650),
            (int) number(values, Setting.QUERY_HISTORY_SQL, 0, 1 << 20),
            Duration.ofMillis(number(values, Setting.QUERY_SLOW_MS, 0, 86_400_000)));
  }

  private static Path cacheDirectory(SettingValues values) {
    return directory(values, Setting.CACHE_DIRECTORY)
        .orElse(Path.of(System.getProperty("java.io.tmpdir"), "duckmesh-cache"));
  }

  private static Compact compact(SettingValues values) {
    CompactSettings settings =
        CompactSettings.defaults()
            .withMemoryBytes(
                number(
                    values,
                    Setting.COMPACT_MEMORY_BYTES,
                    MergeOrder.LEAST_MEMORY_BYTES,
                    Long.MAX_VALUE))
            .withBytesPerSecond(
                number(values, Setting.COMPACT_BYTES_PER_SECOND, 0, Long.MAX_VALUE));
    int atOnce = (int) number(values, Setting.COMPACT_CONCURRENCY, 0, 1024);
    Path directory =
        directory(values, Setting.COMPACT_DIRECTORY)
            .orElse(cacheDirectory(values).resolve("compact"));
    return new Compact(
        atOnce == 0 ? settings : settings.withRewritesAtOnce(atOnce),
        MergeOptions.defaults(directory)
            .withDiskBytes(number(values, Setting.COMPACT_DISK_BYTES, 1 << 20, Long.MAX_VALUE)));
  }

  private static ScheduleSettings schedules(SettingValues values) {
    return ScheduleSettings.DEFAULTS
        .withIntervals(
            interval(values, Setting.COMPACT_INTERVAL),
            interval(values, Setting.EXPIRE_INTERVAL),
            interval(values, Setting.VERIFY_INTERVAL),
            interval(values, Setting.COLLECT_INTERVAL))
        .withRunsKept(Duration.ofDays(number(values, Setting.RUNS_KEPT_DAYS, 1, 3_650)));
  }

  private static Duration interval(SettingValues values, Setting setting) {
    return Duration.ofSeconds(number(values, setting, 0, 31_536_000));
  }

  private static String target(SettingValues values) {
    String target = values.require(Setting.TEMPORAL_TARGET, "workflows run there");
    if (!target.isEmpty() && !target.matches("[^:/\\s]+:\\d{1,5}")) {
      values.wrong(Setting.TEMPORAL_TARGET, "host:port");
    }
    return target;
  }

  private static String name(SettingValues values, Setting setting) {
    String name = values.find(setting).orElse("");
    if (!name.matches("[a-z][a-z0-9_]{0,62}")) {
      values.wrong(setting, "a name of lower-case letters, digits and _ that begins with a letter");
    }
    return name;
  }

  private static Optional<Path> directory(SettingValues values, Setting setting) {
    try {
      return values.find(setting).map(Path::of);
    } catch (InvalidPathException e) {
      values.wrong(setting, "a folder");
      return Optional.empty();
    }
  }

  private static String level(SettingValues values) {
    String level = values.find(Setting.LOG_LEVEL).orElse("").toUpperCase(Locale.ROOT);
    if (!level.matches("DEBUG|INFO|WARN|ERROR")) {
      values.wrong(Setting.LOG_LEVEL, "DEBUG, INFO, WARN or ERROR");
    }
    return level;
  }

  private static boolean flag(SettingValues values, Setting setting) {
    String text = values.find(setting).orElse("false");
    if (!text.equals("true") && !text.equals("false")) {
      values.wrong(setting, "true or false");
    }
    return text.equals("true");
  }

  private static int port(SettingValues values, Setting setting, int least) {
    return (int) number(values, setting, least, 65_535);
  }

  private static long number(SettingValues values, Setting setting, long least, long most) {
    String text = values.find(setting).orElse("");
    String expected =
        most == Long.MAX_VALUE
            ? "a number from %d on".formatted(least)
            : "a number from %d to %d".formatted(least, most);
    try {
      long number = Long.parseLong(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      values.wrong(setting, expected);
      return least;
    }
    values.wrong(setting, expected);
    return least;
  }
}
