package io.duckmesh.api;

import io.duckmesh.api.auth.ApiKeyFilter;
import io.duckmesh.api.auth.ApiKeys;
import io.duckmesh.api.auth.CallerArgument;
import io.duckmesh.api.auth.RoleInterceptor;
import io.duckmesh.api.ingest.IngestController;
import io.duckmesh.api.ingest.IngestMetrics;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.operations.LagController;
import io.duckmesh.api.operations.LagMetrics;
import io.duckmesh.api.operations.LeafChecks;
import io.duckmesh.api.operations.ProcessController;
import io.duckmesh.api.operations.SnapshotController;
import io.duckmesh.api.operations.VerifyController;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.FallbackErrorController;
import io.duckmesh.api.problem.ProblemErrorValve;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.problem.ProblemResolver;
import io.duckmesh.api.problem.ProblemWriter;
import io.duckmesh.api.problem.RequestFilter;
import io.duckmesh.api.quarantine.QuarantineController;
import io.duckmesh.api.query.AsyncQueryRunner;
import io.duckmesh.api.query.DisconnectWatch;
import io.duckmesh.api.query.LongReaders;
import io.duckmesh.api.query.Prefetcher;
import io.duckmesh.api.query.Queries;
import io.duckmesh.api.query.QueriesController;
import io.duckmesh.api.query.QueryController;
import io.duckmesh.api.query.QueryHousekeeping;
import io.duckmesh.api.query.QueryLog;
import io.duckmesh.api.query.QueryMetrics;
import io.duckmesh.api.query.QuerySettings;
import io.duckmesh.api.query.RunningQueries;
import io.duckmesh.api.query.TableBinder;
import io.duckmesh.api.receipt.Barrier;
import io.duckmesh.api.receipt.Receipts;
import io.duckmesh.api.receipt.VisibilityTokens;
import io.duckmesh.api.server.TomcatConnectionValve;
import io.duckmesh.api.tables.LiveTables;
import io.duckmesh.api.tables.TableController;
import io.duckmesh.api.upkeep.BacklogController;
import io.duckmesh.api.upkeep.MaintenanceController;
import io.duckmesh.api.upkeep.PinController;
import io.duckmesh.api.upkeep.PolicyController;
import io.duckmesh.api.upkeep.RestoreController;
import io.duckmesh.api.upkeep.RunController;
import io.duckmesh.api.upkeep.UpkeepBacklog;
import io.duckmesh.api.upkeep.UpkeepMetrics;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.query.QueryEngine;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.catalina.core.StandardHost;
import org.apache.coyote.ContinueResponseTiming;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.PropertySource;
import org.springframework.core.Ordered;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.firewall.HttpFirewall;
import org.springframework.security.web.firewall.RequestRejectedHandler;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import org.springframework.security.web.util.matcher.AnyRequestMatcher;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.handler.SimpleUrlHandlerMapping;
import org.springframework.web.servlet.resource.NoResourceFoundException;

/**
 * The gateway. Who imports it provides the beans {@code Catalog}, {@code Upkeep}, {@code EventBus},
 * {@code QueryEngine}, {@code ObjectStore}, {@code Clock}, {@code MeterRegistry}, {@code
 * VerifyStarter}, {@code UpkeepStarter}, {@link ApiSettings} and {@link QuerySettings}; further
 * {@link ReadinessCheck}s are picked up.
 */
@Configuration(proxyBeanMethods = false)
@PropertySource("classpath:io/duckmesh/api/web-server.properties")
@Import({
  TableController.class,
  IngestController.class,
  QueryController.class,
  QueriesController.class,
  SnapshotController.class,
  LagController.class,
  QuarantineController.class,
  VerifyController.class,
  PolicyController.class,
  PinController.class,
  RestoreController.class,
  MaintenanceController.class,
  BacklogController.class,
  RunController.class,
  ProcessController.class,
  FallbackErrorController.class
})
public class ApiConfiguration {
  @Bean
  ApiKeys apiKeys(Catalog catalog, Clock clock, ApiSettings settings) {
    return new ApiKeys(catalog, clock, settings.keyCacheTtl());
  }

  @Bean
  VisibilityTokens visibilityTokens(Catalog catalog) {
    return new VisibilityTokens(catalog.installation());
  }

  @Bean
  Receipts receipts(Catalog catalog) {
    return new Receipts(catalog.installation());
  }

  @Bean
  Barrier barrier(Catalog catalog, EventBus bus) {
    return new Barrier(catalog, bus);
  }

  @Bean
  LiveTables liveTables(Catalog catalog, ApiSettings settings) {
    return new LiveTables(catalog, settings.tableCacheTtl());
  }

  @Bean
  TableBinder tableBinder(Catalog catalog) {
    return new TableBinder(catalog);
  }

  @Bean(initMethod = "start", destroyMethod = "close")
  Prefetcher prefetcher(
      Catalog catalog, TableBinder binder, QueryEngine engine, MeterRegistry registry) {
    return new Prefetcher(catalog, binder, engine, registry);
  }

  @Bean
  Queries queries(
      Catalog catalog,
      QueryEngine engine,
      TableBinder binder,
      Barrier barrier,
      VisibilityTokens tokens) {
    return new Queries(catalog, engine, binder, barrier, tokens);
  }

  @Bean
  RequestBodies requestBodies(ApiSettings settings) {
    return new RequestBodies(settings.maxBodyBytes(), settings.maxInFlightBytes());
  }

  @Bean(destroyMethod = "close")
  BufferAllocator ingestAllocator(ApiSettings settings) {
    return new RootAllocator(settings.arrowBytes());
  }

  @Bean
  IngestMetrics ingestMetrics(MeterRegistry registry) {
    return new IngestMetrics(registry);
  }

  @Bean
  QueryMetrics queryMetrics(MeterRegistry registry, QueryEngine engine) {
    QueryMetrics metrics = new QueryMetrics(registry);
    metrics.watchProcesses(engine);
    return metrics;
  }

  @Bean
  RunningQueries runningQueries(Catalog catalog, Clock clock, QueryMetrics metrics) {
    RunningQueries running = new RunningQueries(catalog, clock);
    metrics.watchRunning(running);
    return running;
  }

  @Bean
  QueryLog queryLog(Catalog catalog, QueryMetrics metrics, Clock clock, QuerySettings settings) {
    return new QueryLog(catalog.queryHistory(), metrics, clock, settings.slowQuery());
  }

  @Bean(initMethod = "start")
  AsyncQueryRunner asyncQueryRunner(
      Catalog catalog,
      Queries queries,
      ObjectStore store,
      RunningQueries running,
      QueryLog log,
      Clock clock,
      ApiSettings settings,
      QuerySettings querySettings) {
    return new AsyncQueryRunner(
        catalog, queries, store, running, log, clock, settings, querySettings);
  }

  @Bean(initMethod = "start")
  QueryHousekeeping queryHousekeeping(
      Catalog catalog, ObjectStore store, Clock clock, QuerySettings settings) {
    return new QueryHousekeeping(catalog, store, clock, settings);
  }

  @Bean
  LagMetrics lagMetrics(Catalog catalog, EventBus bus, Clock clock, MeterRegistry registry) {
    return new LagMetrics(catalog, bus, clock, registry);
  }

  @Bean
  UpkeepBacklog upkeepBacklog(Upkeep upkeep, Clock clock, ApiSettings settings) {
    return new UpkeepBacklog(upkeep, clock, settings.upkeepCountTtl());
  }

  @Bean
  UpkeepMetrics upkeepMetrics(Catalog catalog, UpkeepBacklog backlog, MeterRegistry registry) {
    return new UpkeepMetrics(catalog, backlog, registry);
  }

  @Bean(initMethod = "start", destroyMethod = "close")
  LongReaders longReaders(RunningQueries running, Upkeep upkeep, Clock clock) {
    return new LongReaders(running, upkeep.readers(), clock, LongReaders.EVERY, LongReaders.AFTER);
  }

  @Bean
  DisconnectWatch disconnectWatch() {
    return new DisconnectWatch();
  }

  @Bean
  ReadinessCheck catalogCheck(Catalog catalog) {
    return LeafChecks.ofCatalog(catalog);
  }

  @Bean
  ReadinessCheck busCheck(EventBus bus) {
    return LeafChecks.ofBus(bus);
  }

  @Bean
  FilterRegistrationBean<RequestFilter> requestFilter(ApiSettings settings) {
    FilterRegistrationBean<RequestFilter> registration =
        new FilterRegistrationBean<>(new RequestFilter(settings.slowRequest()));
    registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
    return registration;
  }

  /** One filter only: there are no sessions, forms, or logins to care for. */
  @Bean
  SecurityFilterChain securityFilterChain(ApiKeys keys) {
    return new DefaultSecurityFilterChain(AnyRequestMatcher.INSTANCE, new ApiKeyFilter(keys));
  }

  /** Observing each filter of one request costs more than the filters. */
  @Bean
  SecurityObservationSettings securityObservationSettings() {
    return SecurityObservationSettings.noObservations();
  }

  /**
   * Refuses paths that two readers could understand differently. Headers and parameters are left to
   * Tomcat, which has checked them: matching each of them again costs a tenth of a small request.
   */
  @Bean
  HttpFirewall httpFirewall() {
    StrictHttpFirewall firewall = new StrictHttpFirewall();
    firewall.setAllowedHeaderNames(name -> true);
    firewall.setAllowedHeaderValues(value -> true);
    firewall.setAllowedParameterNames(name -> true);
    firewall.setAllowedParameterValues(value -> true);
    return firewall;
  }

  @Bean
  RequestRejectedHandler requestRejectedHandler() {
    return (request, response, rejected) ->
        ProblemWriter.write(
            request,
            response,
            new ProblemException(
                ApiError.INVALID_REQUEST,
                "The request's path or method has characters that are not allowed"));
  }

  /**
   * Takes what no controller takes, after all of them. Left to itself the dispatcher would warn of
   * each such request, though a wrong path is the client's matter.
   */
  @Bean
  SimpleUrlHandlerMapping unknownPaths() {
    HttpRequestHandler refusal =
        (request, response) -> {
          throw new NoResourceFoundException(
              HttpMethod.valueOf(request.getMethod()),
              request.getRequestURI(),
              request.getRequestURI());
        };
    return new SimpleUrlHandlerMapping(Map.of("/**", refusal), Ordered.LOWEST_PRECEDENCE);
  }

  @Bean
  WebMvcConfigurer apiMvc() {
    return new WebMvcConfigurer() {
      @Override
      public void addInterceptors(InterceptorRegistry interceptors) {
        interceptors.addInterceptor(new RoleInterceptor());
      }

      @Override
      public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
        resolvers.add(new CallerArgument());
      }

      @Override
      public void configureHandlerExceptionResolvers(List<HandlerExceptionResolver> resolvers) {
        resolvers.add(new ProblemResolver());
      }
    };
  }

  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> apiTomcat() {
    return factory -> {
      factory.addContextCustomizers(
          context -> {
            if (context.getParent() instanceof StandardHost host) {
              host.setErrorReportValveClass(ProblemErrorValve.class.getName());
            }
            context.getPipeline().addValve(new TomcatConnectionValve());
          });
      factory.addConnectorCustomizers(
          connector -> {
            if (connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> http) {
              // A client that asks before it sends a large body is answered by who would read it.
              http.setContinueResponseTiming(
                  ContinueResponseTiming.ON_REQUEST_BODY_READ.toString());
            }
          });
    };
  }
}
