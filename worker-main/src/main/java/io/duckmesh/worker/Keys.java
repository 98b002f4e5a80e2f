package io.duckmesh.worker;

import io.duckmesh.api.auth.ApiKeys;
import io.duckmesh.catalog.ApiKey;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.postgres.PostgresCatalog;
import io.duckmesh.worker.cli.CommandFailedException;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/** What the command {@code keys} does at the database. */
final class Keys {
  private Keys() {}

  static String create(
      ServerSettings.Database database, String tenant, List<String> roleNames, String label) {
    Set<Role> roles = roles(roleNames);
    return with(
        database,
        catalog -> {
          TenantId id = tenant(catalog, tenant);
          return new ApiKeys(catalog, Clock.systemUTC(), Duration.ofSeconds(1))
              .create(id, label, roles)
              .key();
        });
  }

  static List<String> list(ServerSettings.Database database, String tenant) {
    return with(
        database,
        catalog ->
            catalog.tenants().listApiKeys(tenant(catalog, tenant)).stream()
                .map(Keys::describe)
                .toList());
  }

  static void revoke(ServerSettings.Database database, String tenant, String keyId) {
    boolean revoked =
        with(database, catalog -> catalog.tenants().revokeApiKey(tenant(catalog, tenant), keyId));
    if (!revoked) {
      throw new CommandFailedException(
          "Tenant %s has no live key with id %s".formatted(tenant, keyId));
    }
  }

  private static String describe(ApiKey key) {
    return "%s  %s  %s  %s"
        .formatted(
            key.keyId(),
            key.createdAt(),
            key.roles().stream()
                .map(role -> role.name().toLowerCase(Locale.ROOT))
                .sorted()
                .collect(Collectors.joining(",")),
            key.label());
  }

  private static Set<Role> roles(List<String> names) {
    if (names.equals(List.of("all"))) {
      return EnumSet.allOf(Role.class);
    }
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String name : names) {
      roles.add(
          EnumSet.allOf(Role.class).stream()
              .filter(role -> role.name().equalsIgnoreCase(name.strip()))
              .findFirst()
              .orElseThrow(
                  () ->
                      new CommandFailedException(
                          "There is no role %s; there are ingest_writer, query_reader, table_admin and ops_admin"
                              .formatted(name))));
    }
    return roles;
  }

  private static TenantId tenant(Catalog catalog, String name) {
    TenantId tenant = new TenantId(name);
    if (!catalog.tenants().list().contains(tenant)) {
      throw new CommandFailedException(
          "There is no tenant %s; there are %s".formatted(name, catalog.tenants().list()));
    }
    return tenant;
  }

  private static <T> T with(ServerSettings.Database database, Function<Catalog, T> action) {
    RunningServer.holdLogging();
    DataSource source = Database.unpooled(database);
    Database.migrate(source);
    try (Catalog catalog = PostgresCatalog.create(source, source, Clock.systemUTC())) {
      return action.apply(catalog);
    }
  }
}
