package io.duckmesh.worker;

import io.duckmesh.api.auth.ApiKeys;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.worker.cli.CommandFailedException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** The roles of a process, started together. Closing drains them. */
public final class RunningServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunningServer.class);

  private final ConfigurableApplicationContext context;

  private RunningServer(ConfigurableApplicationContext context) {
    this.context = context;
  }

  /**
   * Starts all roles; when it returns, requests are taken.
   *
   * @throws CommandFailedException with the reason in words, if something does not start
   */
  public static RunningServer start(ServerSettings settings) {
    boolean gateway = settings.roles().contains(Role.API);
    List<Class<?>> sources =
        new ArrayList<>(
            List.of(Base.class, LeavesConfiguration.class, TemporalConfiguration.class));
    if (gateway) {
      sources.add(GatewayConfiguration.class);
    }
    if (settings.roles().stream().anyMatch(Role::isWorker)) {
      sources.add(WorkersConfiguration.class);
    }
    if (settings.roles().contains(Role.MATERIALIZER)) {
      sources.add(MaterializerConfiguration.class);
    }
    if (settings.roles().contains(Role.COMPACTOR) || settings.roles().contains(Role.COLLECTOR)) {
      sources.add(UpkeepConfiguration.class);
    }
    if (settings.roles().contains(Role.COMPACTOR)) {
      sources.add(CompactorConfiguration.class);
    }
    if (settings.roles().contains(Role.COLLECTOR)) {
      sources.add(CollectorConfiguration.class);
    }
    if (!gateway) {
      sources.add(ManagementConfiguration.class);
    }
    SpringApplication application = new SpringApplication(sources.toArray(Class<?>[]::new));
    application.setWebApplicationType(
        gateway ? WebApplicationType.SERVLET : WebApplicationType.NONE);
    application.setRegisterShutdownHook(false);
    application.setLogStartupInfo(false);
    application.setDefaultProperties(properties(settings));
    // Initializers run when logging is configured, which drops what was there before.
    application.addInitializers(context -> EndedWorkflowFilter.install());
    application.addInitializers(
        context -> context.getBeanFactory().registerSingleton("serverSettings", settings));
    try {
      RunningServer server = new RunningServer(application.run());
      LOG.info("Started roles={}", settings.roles());
      return server;
    } catch (RuntimeException e) {
      LOG.info("Start failed", e);
      throw new CommandFailedException("Cannot start: " + reason(e), e);
    }
  }

  /** Holds logging back in a process that has not started a server, since nobody configured it. */
  public static void holdLogging() {
    LoggingSystem.get(RunningServer.class.getClassLoader()).beforeInitialize();
  }

  /** Whether the key is known and has not been revoked. */
  public boolean knowsKey(String key) {
    return context.getBean(ApiKeys.class).find(key).isPresent();
  }

  /** Makes a key with every role and returns it. */
  public String createKey(String tenant, String label) {
    return context
        .getBean(ApiKeys.class)
        .create(new TenantId(tenant), label, EnumSet.allOf(io.duckmesh.catalog.Role.class))
        .key();
  }

  /** Takes no new requests, finishes those under way and the batches at hand, closes the rest. */
  @Override
  public void close() {
    context.close();
  }

  private static Map<String, Object> properties(ServerSettings settings) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("spring.main.banner-mode", "off");
    properties.put("spring.jmx.enabled", "false");
    properties.put("server.address", settings.http().address());
    properties.put("server.port", settings.http().port());
    // Half of the time is for requests, the other half for batches.
    properties.put(
        "spring.lifecycle.timeout-per-shutdown-phase",
        settings.drain().dividedBy(2).toMillis() + "ms");
    properties.put("logging.level.root", settings.logging().level());
    // Their reports of a failed start are pages of stack trace; ours is a sentence.
    for (String reporter :
        List.of(
            "org.springframework.boot.SpringApplication",
            "org.springframework.boot.diagnostics",
            "org.springframework.boot.web.server.servlet.context",
            "org.springframework.context.annotation")) {
      properties.put("logging.level." + reporter, "OFF");
    }
    // Small servers lack heartbeats of workers, which nothing of ours depends on.
    properties.put("logging.level.io.temporal.internal.worker.HeartbeatManager", "ERROR");
    for (String chatty : List.of("org.flywaydb", "org.apache.arrow", "org.apache.catalina")) {
      properties.put("logging.level." + chatty, "WARN");
    }
    String pattern =
        "time=%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX, UTC} level=%p thread=\"%t\" logger=%logger{0} %m%n%ex";
    properties.put("logging.pattern.console", pattern);
    if (settings.logging().directory() != null) {
      properties.put(
          "logging.file.name", settings.logging().directory().resolve("duckmesh.log").toString());
      properties.put("logging.pattern.file", pattern);
      properties.put("logging.threshold.console", "WARN");
      properties.put("logging.logback.rollingpolicy.max-file-size", "20MB");
      properties.put("logging.logback.rollingpolicy.max-history", "14");
      properties.put("logging.logback.rollingpolicy.total-size-cap", "500MB");
    }
    return properties;
  }

  /** Our own words for what failed, if there are any, and the innermost cause's. */
  private static String reason(Throwable failure) {
    String own = "";
    String innermost = "";
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      innermost = String.valueOf(cause.getMessage());
      if (own.isEmpty() && cause.getClass().getName().startsWith("io.duckmesh")) {
        own = innermost;
      }
    }
    return own.isEmpty() || own.equals(innermost) ? innermost : own + " (" + innermost + ")";
  }

  /** What Spring Boot brings by itself: web server, metrics, logging. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Base {}
}
