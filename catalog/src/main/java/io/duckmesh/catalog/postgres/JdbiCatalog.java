package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.Accounts;
import io.duckmesh.catalog.AsyncQueries;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Installation;
import io.duckmesh.catalog.QueryHistory;
import io.duckmesh.catalog.RequestKeys;
import io.duckmesh.catalog.Snapshots;
import io.duckmesh.catalog.Tables;
import io.duckmesh.catalog.Tenants;
import io.duckmesh.catalog.Verifications;
import io.duckmesh.catalog.Watermarks;
import io.duckmesh.catalog.Writes;
import java.security.SecureRandom;
import java.time.Clock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

final class JdbiCatalog implements Catalog {
  private final Database database;
  private final Clock clock;
  private final SecureRandom random;
  private final WatermarkCache watermarkCache = new WatermarkCache();
  private final QuerySignals querySignals;
  private final NotificationListener listener;
  private final Tenants tenants;
  private final Tables tables;
  private final Snapshots snapshots;
  private final Watermarks watermarks;
  private final Writes writes;
  private final RequestKeys requestKeys;
  private final Accounts accounts;
  private final Verifications verifications;
  private final JdbiQueryHistory queryHistory;
  private final AsyncQueries asyncQueries;
  private volatile @Nullable Installation installation;

  JdbiCatalog(DataSource pool, DataSource unpooled, Clock clock, SecureRandom random) {
    this.database = new Database(pool);
    this.clock = clock;
    this.random = random;
    this.querySignals = new QuerySignals(database);
    this.listener = new NotificationListener(unpooled, watermarkCache, querySignals);
    this.tenants = new JdbiTenants(database, clock);
    this.tables = new JdbiTables(database, clock);
    this.snapshots = new JdbiSnapshots(database);
    this.watermarks = new JdbiWatermarks(database, watermarkCache);
    this.writes = new JdbiWrites(database, clock, watermarkCache);
    this.requestKeys = new JdbiRequestKeys(database, clock);
    this.accounts = new JdbiAccounts(database);
    this.verifications = new JdbiVerifications(database, clock);
    this.queryHistory = new JdbiQueryHistory(database, clock);
    this.asyncQueries = new JdbiAsyncQueries(database, clock, querySignals, queryHistory);
    listener.start();
  }

  @Override
  public Installation installation() {
    Installation known = installation;
    if (known == null) {
      known =
          database.inTransaction(
              "load the installation",
              handle -> {
                InstallationDao dao = handle.attach(InstallationDao.class);
                dao.insertIfAbsent(newSecret(), clock.instant());
                return dao.load();
              });
      installation = known;
    }
    return known;
  }

  private byte[] newSecret() {
    byte[] secret = new byte[32];
    random.nextBytes(secret);
    return secret;
  }

  @Override
  public Tenants tenants() {
    return tenants;
  }

  @Override
  public Tables tables() {
    return tables;
  }

  @Override
  public Snapshots snapshots() {
    return snapshots;
  }

  @Override
  public Watermarks watermarks() {
    return watermarks;
  }

  @Override
  public Writes writes() {
    return writes;
  }

  @Override
  public RequestKeys requestKeys() {
    return requestKeys;
  }

  @Override
  public Accounts accounts() {
    return accounts;
  }

  @Override
  public Verifications verifications() {
    return verifications;
  }

  @Override
  public AsyncQueries asyncQueries() {
    return asyncQueries;
  }

  @Override
  public QueryHistory queryHistory() {
    return queryHistory;
  }

  @Override
  public void close() {
    watermarkCache.close();
    querySignals.close();
    listener.close();
  }
}
