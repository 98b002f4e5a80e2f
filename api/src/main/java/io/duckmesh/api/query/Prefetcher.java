package io.duckmesh.api.query;

import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.Watermarks;
import io.duckmesh.engine.query.BoundTable.TableFile;
import io.duckmesh.engine.query.QueryEngine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepares queries that are likely to come: opens what tenants' first queries need, and after each
 * commit gets the new files of tables that were queried lately, and their manifests, before a query
 * asks for them. All in the background, one file at a time; nothing depends on it.
 */
public final class Prefetcher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Prefetcher.class);

  /** How long nothing happens after a round, so that many commits are one. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration WAIT = Duration.ofSeconds(30);
  private static final int MAX_TENANTS = 8;

  /** For one table and round; a larger change is left to the queries that need it. */
  private static final long MAX_BYTES = 256L << 20;

  private static final int MAX_FILES = 1_000;

  private final Catalog catalog;
  private final TableBinder binder;
  private final QueryEngine engine;
  private final Counter files;
  private final Counter bytes;
  private final Counter failures;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);

  public Prefetcher(
      Catalog catalog, TableBinder binder, QueryEngine engine, MeterRegistry registry) {
    this.catalog = catalog;
    this.binder = binder;
    this.engine = engine;
    this.files =
        Counter.builder("duckmesh.query.prefetch.files")
            .description("Data files looked at before a query asked for them")
            .register(registry);
    this.bytes =
        Counter.builder("duckmesh.query.prefetch.bytes")
            .description("Bytes of these files")
            .register(registry);
    this.failures =
        Counter.builder("duckmesh.query.prefetch.failures")
            .description("Rounds of prefetching that failed; queries read by themselves then")
            .register(registry);
    this.thread = Thread.ofPlatform().daemon().name("query-prefetch").unstarted(this::run);
  }

  /** Begins; done once. */
  public void start() {
    thread.start();
  }

  private void run() {
    try {
      runRounds();
    } catch (InterruptedException e) {
      log.debug("Prefetching ends");
    }
  }

  private void runRounds() throws InterruptedException {
    Watermarks watermarks = catalog.watermarks();
    boolean warm = false;
    boolean failing = false;
    long seen = 0;
    Duration pause = Duration.ZERO;
    while (!closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
      try {
        if (!warm) {
          warmTenants();
          warm = true;
        }
        long now = watermarks.awaitAdvance(seen, WAIT);
        if (now != seen) {
          seen = now;
          for (TenantId tenant : binder.queriedTenants()) {
            prefetch(tenant);
          }
        }
        failing = false;
        pause = PAUSE;
      } catch (RuntimeException e) {
        // Whatever it is, queries meet it themselves and report it.
        failures.increment();
        if (!failing) {
          log.info("Cannot prefetch reason=\"{}\"", e.toString());
        }
        failing = true;
        pause = RETRY;
      }
    }
  }

  private void warmTenants() {
    for (TenantId tenant : catalog.tenants().list().stream().limit(MAX_TENANTS).toList()) {
      engine.warm(tenant.value());
    }
  }

  private void prefetch(TenantId tenant) throws InterruptedException {
    for (TableBinder.NewFiles change : binder.refresh(tenant)) {
      long left = MAX_BYTES;
      for (TableFile file : change.files().stream().limit(MAX_FILES).toList()) {
        left -= file.sizeBytes();
        if (closing.getCount() == 0 || left < 0) {
          break;
        }
        engine.prefetch(file);
        files.increment();
        bytes.increment((double) file.sizeBytes());
      }
    }
  }

  /** Ends the work without waiting for a download. */
  @Override
  public void close() {
    closing.countDown();
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
