package io.duckmesh.worker;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Everything that a server process can be told. A setting has one name, spelled in three ways:
 * {@code database.url} in the file (nested or with the dot), {@code DUCKMESH_DATABASE_URL} in the
 * environment, {@code --database-url} as an option. Options win over environment, environment over
 * file.
 */
public enum Setting {
  ROLES(
      "roles",
      "",
      "Roles of this process, separated by commas: api, materializer, compactor, collector."),
  HTTP_PORT("http.port", "8080", "Port of the gateway (role api)."),
  HTTP_ADDRESS("http.address", "0.0.0.0", "Address that the gateway listens on."),
  MANAGEMENT_PORT(
      "management.port",
      "8081",
      "Port of health and metrics in a process without role api; 0 for none. With role api they are"
          + " at the gateway's port."),
  DATABASE_URL(
      "database.url", "", "JDBC address of PostgreSQL: jdbc:postgresql://host:port/database."),
  DATABASE_USER("database.user", "", "User at the database; empty where the address names it."),
  DATABASE_PASSWORD("database.password", "", "Password at the database.", true),
  DATABASE_POOL_SIZE("database.pool-size", "24", "Connections to the database at most."),
  OBJECT_STORE_URL(
      "object-store.url",
      "",
      "Where data files live: s3://bucket/prefix, or file:/directory that all processes share."),
  OBJECT_STORE_ENDPOINT(
      "object-store.endpoint", "", "Address of an S3 server other than that of AWS."),
  OBJECT_STORE_REGION("object-store.region", "us-east-1", "Region of the bucket."),
  OBJECT_STORE_PATH_STYLE(
      "object-store.path-style",
      "false",
      "Whether the bucket stands in the path, as most S3 servers other than that of AWS want it."),
  OBJECT_STORE_ACCESS_KEY(
      "object-store.access-key",
      "",
      "Access key; without it the AWS default chain is asked (environment, profile, instance"
          + " role)."),
  OBJECT_STORE_SECRET_KEY("object-store.secret-key", "", "Secret of the access key.", true),
  CACHE_DIRECTORY(
      "cache.directory",
      "",
      "Where data files of an S3 store are kept for queries. Default: duckmesh-cache in the"
          + " system's folder for temporary files."),
  CACHE_MAX_BYTES("cache.max-bytes", "10737418240", "Size of that cache at most, in bytes."),
  TEMPORAL_TARGET("temporal.target", "", "Temporal's frontend: host:port."),
  TEMPORAL_NAMESPACE("temporal.namespace", "default", "Namespace at Temporal; it must exist."),
  TEMPORAL_UI_URL(
      "temporal.ui-url",
      "",
      "Address of Temporal's Web UI, for links from runs to their workflows."),
  TENANT_NAME("tenant.name", "default", "Tenant that is made at the first start."),
  TENANT_SHARDS(
      "tenant.shards", "4", "Shards of that tenant. More are added at start, none are removed."),
  BACKLOG_LIMIT_BYTES(
      "log.backlog-limit-bytes",
      "4294967296",
      "Bytes of a tenant in the log that have not landed, from which on writes are refused."),
  BATCH_LINGER_MS(
      "batch.linger-ms",
      "1000",
      "How long a batch waits for more events when nobody waits for it."),
  QUERY_MEMORY_BYTES(
      "query.memory-bytes",
      "2147483648",
      "Memory of DuckDB for one tenant at most, in bytes. Its process is ended when it takes more"
          + " than one and a half times that and 512 MiB."),
  QUERY_PROCESS_MEMORY_BYTES(
      "query.process-memory-bytes",
      "0",
      "Memory of DuckDB for all tenants at most, in bytes; 0 for half of the machine's. So many tenants"
          + " compute at once that their `query.memory-bytes` add up to it; the others wait. When their"
          + " processes together take more, the largest is ended, one without queries first."),
  QUERY_THREADS("query.threads", "0", "Threads of DuckDB; 0 for one per core."),
  QUERY_CONCURRENCY("query.concurrency", "8", "Statements that run at once; others wait."),
  QUERY_ASYNC_CONCURRENCY(
      "query.async-concurrency",
      "2",
      "Asynchronous queries that a gateway runs at once, out of those of `query.concurrency`; 0"
          + " leaves them to other gateways."),
  QUERY_ASYNC_RUNNING(
      "query.async-running-per-tenant",
      "2",
      "Asynchronous queries of one tenant that run at once, at all gateways together."),
  QUERY_ASYNC_QUEUED(
      "query.async-queued-per-tenant",
      "100",
      "Asynchronous queries of one tenant that may wait; past it they are refused."),
  QUERY_ASYNC_TIMEOUT(
      "query.async-timeout-seconds",
      "7200",
      "Longest time that an asynchronous query may ask for; without asking it gets 1800 at most."),
  QUERY_ASYNC_RESULT_BYTES(
      "query.async-result-bytes",
      "4294967296",
      "Bytes of an asynchronous query's result at most; it is cut there, and says so."),
  QUERY_ASYNC_LEASE(
      "query.async-lease-seconds",
      "15",
      "How long after the last sign of its gateway an asynchronous query is given up."),
  QUERY_RESULT_RETENTION(
      "query.result-retention-seconds",
      "3600",
      "How long results of asynchronous queries are kept."),
  QUERY_HISTORY_DAYS(
      "query.history-days", "7", "Days for which it is kept how queries ended, at least."),
  QUERY_HISTORY_SQL(
      "query.history-sql-characters",
      "4000",
      "Characters of a statement that are kept with it; 0 keeps none."),
  QUERY_SLOW_MS("query.slow-ms", "1000", "Queries that take longer are logged."),
  COMPACT_CONCURRENCY(
      "compact.concurrency",
      "0",
      "Rewrites of data files that run at once in a process (role compactor); 0 for a quarter of"
          + " the cores, one at least."),
  COMPACT_MEMORY_BYTES(
      "compact.memory-bytes", "536870912", "Memory of one rewrite at most, in bytes."),
  COMPACT_DISK_BYTES(
      "compact.disk-bytes",
      "8589934592",
      "Disk that one rewrite takes at most, in bytes: the files that it reads, and rows that do not"
          + " fit into memory while they are sorted."),
  COMPACT_DIRECTORY(
      "compact.directory",
      "",
      "Where rewrites keep what they read, for as long as they run. Default: compact in"
          + " `cache.directory`."),
  COMPACT_BYTES_PER_SECOND(
      "compact.bytes-per-second",
      "67108864",
      "Bytes that all rewrites of a process together read and write in a second; 0 for no limit."),
  COMPACT_INTERVAL(
      "compact.interval-seconds",
      "10",
      "How often it is looked for tables with files to merge (role collector); 0 for never."),
  EXPIRE_INTERVAL(
      "expire.interval-seconds",
      "3600",
      "How often snapshots and rows expire (role collector); 0 for never."),
  VERIFY_INTERVAL(
      "verify.interval-seconds",
      "86400",
      "How often everything is compared with the catalog (role collector); 0 for never."),
  COLLECT_INTERVAL(
      "collect.interval-seconds",
      "600",
      "How often objects that nothing needs are looked for and deleted (role collector); 0 for"
          + " never."),
  COLLECT_GRACE(
      "collect.grace-seconds",
      "3600",
      "How long such an object stays, at least 300: queries that began before read it meanwhile."),
  RUNS_KEPT_DAYS("runs.history-days", "30", "Days for which it is kept what runs of jobs did."),
  DRAIN_SECONDS("drain.seconds", "8", "How long a stopping process finishes what is under way."),
  LOG_DIRECTORY(
      "logging.directory", "", "Folder for log files, with rotation. Default: standard output."),
  LOG_LEVEL("logging.level", "INFO", "Least level that is logged: DEBUG, INFO, WARN or ERROR.");

  private final String key;
  private final String defaultText;
  private final String description;
  private final boolean secret;

  Setting(String key, String defaultText, String description) {
    this(key, defaultText, description, false);
  }

  Setting(String key, String defaultText, String description, boolean secret) {
    this.key = key;
    this.defaultText = defaultText;
    this.description = description;
    this.secret = secret;
  }

  /** Name in the configuration file. */
  public String key() {
    return key;
  }

  public String environmentVariable() {
    return "DUCKMESH_" + key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  public String option() {
    return "--" + key.replace('.', '-');
  }

  /** Value where none is given; empty for none. */
  public String defaultText() {
    return defaultText;
  }

  public String description() {
    return description;
  }

  /** Whether the value is never to be printed. */
  public boolean secret() {
    return secret;
  }

  static Optional<Setting> find(String key) {
    return Arrays.stream(values()).filter(setting -> setting.key.equals(key)).findFirst();
  }
}
