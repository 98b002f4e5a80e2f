package io.duckmesh.bench;

import io.duckmesh.testing.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * What the log's disk and PostgreSQL allow: the same bodies, each inserted as one row by one
 * transaction of its own connection, with nothing parsed and nothing landed.
 */
final class BarePostgres implements AutoCloseable {
  private final PostgresServer server = PostgresServer.start();
  private final DataSource database = server.newDatabase();

  BarePostgres() throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE body (id bigserial PRIMARY KEY, payload bytea NOT NULL)");
      statement.execute("ALTER TABLE body ALTER payload SET STORAGE EXTERNAL");
    }
  }

  Load.Result insert(int connections, double seconds, int rows) throws Exception {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("TRUNCATE body");
    }
    return Load.run(connections, seconds, index -> new Inserter(index, rows));
  }

  private final class Inserter implements Load.Worker {
    private final Connection connection = database.getConnection();
    private final PreparedStatement insert =
        connection.prepareStatement("INSERT INTO body (payload) VALUES (?)");
    private final FlightRows flights;

    Inserter(int index, int rows) throws SQLException {
      this.flights = new FlightRows(index, rows, 1);
    }

    @Override
    public void call() throws SQLException {
      insert.setBytes(1, flights.next());
      insert.executeUpdate();
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
