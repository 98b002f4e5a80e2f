package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.upkeep.Garbage;
import io.duckmesh.catalog.upkeep.Policies;
import io.duckmesh.catalog.upkeep.Readers;
import io.duckmesh.catalog.upkeep.Restores;
import io.duckmesh.catalog.upkeep.Retention;
import io.duckmesh.catalog.upkeep.Rewrites;
import io.duckmesh.catalog.upkeep.Runs;
import io.duckmesh.catalog.upkeep.Upkeep;
import java.time.Clock;
import javax.sql.DataSource;

final class JdbiUpkeep implements Upkeep {
  private final Policies policies;
  private final Rewrites rewrites;
  private final Retention retention;
  private final Garbage garbage;
  private final Readers readers;
  private final Restores restores;
  private final Runs runs;

  JdbiUpkeep(DataSource pool, Clock clock) {
    Database database = new Database(pool);
    this.policies = new JdbiPolicies(database);
    this.rewrites = new JdbiRewrites(database, clock);
    this.retention = new JdbiRetention(database, clock);
    this.garbage = new JdbiGarbage(database, clock);
    this.readers = new JdbiReaders(database, clock);
    this.restores = new JdbiRestores(database, clock);
    this.runs = new JdbiRuns(database, clock);
  }

  @Override
  public Policies policies() {
    return policies;
  }

  @Override
  public Rewrites rewrites() {
    return rewrites;
  }

  @Override
  public Retention retention() {
    return retention;
  }

  @Override
  public Garbage garbage() {
    return garbage;
  }

  @Override
  public Readers readers() {
    return readers;
  }

  @Override
  public Restores restores() {
    return restores;
  }

  @Override
  public Runs runs() {
    return runs;
  }
}
