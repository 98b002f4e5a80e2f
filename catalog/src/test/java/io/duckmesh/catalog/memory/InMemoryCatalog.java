package io.duckmesh.catalog.memory;

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
import java.time.Clock;

final class InMemoryCatalog implements Catalog {
  private final State state;
  private final Tenants tenants;
  private final Tables tables;
  private final Snapshots snapshots;
  private final InMemoryWatermarks watermarks;
  private final Writes writes;
  private final RequestKeys requestKeys;
  private final Accounts accounts;
  private final Verifications verifications;
  private final InMemoryAsyncQueries asyncQueries;
  private final QueryHistory queryHistory;

  InMemoryCatalog(State state, Clock clock) {
    this.state = state;
    this.tenants = new InMemoryTenants(state, clock);
    this.tables = new InMemoryTables(state, clock);
    this.snapshots = new InMemorySnapshots(state);
    this.watermarks = new InMemoryWatermarks(state);
    this.writes = new InMemoryWrites(state, clock);
    this.requestKeys = new InMemoryRequestKeys(state, clock);
    this.accounts = new InMemoryAccounts(state);
    this.verifications = new InMemoryVerifications(state, clock);
    this.asyncQueries = new InMemoryAsyncQueries(state, clock);
    this.queryHistory = new InMemoryQueryHistory(state, clock);
  }

  @Override
  public Installation installation() {
    return state.installation;
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
    watermarks.close();
    asyncQueries.close();
  }
}
