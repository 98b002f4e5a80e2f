package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.upkeep.RowRetention;
import io.duckmesh.catalog.upkeep.TableWishes;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import io.duckmesh.catalog.upkeep.UpkeepWindow;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Wishes of tenants and tables. */
class PostgresPoliciesTest extends UpkeepTestBase {
  private static final UpkeepPolicy ALL =
      new UpkeepPolicy(
          true,
          1L << 30,
          new UpkeepWindow(LocalTime.of(23, 30), LocalTime.of(4, 0)),
          Duration.ofHours(36),
          7,
          new RowRetention(2, Duration.ofDays(90)));

  @Test
  void wishesAreReadAsTheyWereSet() {
    TableInfo table = table("flights");
    UpkeepPolicy tenants = new UpkeepPolicy(false, null, ALL.window(), null, 3, null);

    upkeep.policies().set(table.id(), UpkeepPolicy.NONE);
    upkeep.policies().set(table.id(), ALL);
    upkeep.policies().set(TENANT, tenants);

    assertThat(upkeep.policies().load(table.id())).isEqualTo(ALL);
    assertThat(upkeep.policies().load(TENANT)).isEqualTo(tenants);
    assertThat(upkeep.policies().load(table("events").id())).isEqualTo(UpkeepPolicy.NONE);
  }

  @Test
  void wishesThatAnotherHasChangedAreNotReplaced() {
    TableInfo table = table("flights");
    TableWishes before = upkeep.policies().wishes(table.id());
    TableWishes mine = new TableWishes(ALL, List.of("id"));
    UpkeepPolicy off = new UpkeepPolicy(false, null, null, null, null, null);

    assertThat(upkeep.policies().replace(table.id(), before, mine)).isTrue();
    assertThat(upkeep.policies().replace(table.id(), before, before)).isFalse();
    assertThat(upkeep.policies().replace(TENANT, UpkeepPolicy.NONE, off)).isTrue();
    assertThat(upkeep.policies().replace(TENANT, UpkeepPolicy.NONE, UpkeepPolicy.NONE)).isFalse();

    assertThat(upkeep.policies().wishes(table.id())).isEqualTo(mine);
    assertThat(catalog.tables().find(table.id()).orElseThrow().sortBy()).containsExactly("id");
    assertThat(upkeep.policies().load(TENANT)).isEqualTo(off);
  }

  @Test
  void tenantsAndTablesThatDoNotExistHaveNoWishes() {
    assertThatThrownBy(() -> upkeep.policies().set(new TenantId("nobody"), UpkeepPolicy.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nobody");
    assertThatThrownBy(() -> upkeep.policies().set(new TableId(new UUID(1, 2)), ALL))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> upkeep.policies().set(TENANT, ALL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("columns");
  }

  @Test
  void newWishesLetTablesBeLookedAtAgain() {
    TableInfo table = table("flights");
    landFiles(table, 0, 2);
    upkeep.rewrites().nothingLeft(table.id(), newest());
    assertThat(upkeep.rewrites().due(TENANT)).isEmpty();

    upkeep.policies().set(table.id(), ALL);

    assertThat(upkeep.rewrites().due(TENANT)).hasSize(1);
  }

  @Test
  void windowMayGoOverMidnight() {
    UpkeepWindow night = new UpkeepWindow(LocalTime.of(23, 0), LocalTime.of(5, 0));
    UpkeepWindow morning = new UpkeepWindow(LocalTime.of(1, 0), LocalTime.of(5, 0));

    assertThat(night.contains(Instant.parse("2026-03-04T23:00:00Z"))).isTrue();
    assertThat(night.contains(Instant.parse("2026-03-04T04:59:59Z"))).isTrue();
    assertThat(night.contains(Instant.parse("2026-03-04T05:00:00Z"))).isFalse();
    assertThat(morning.contains(Instant.parse("2026-03-04T01:00:00Z"))).isTrue();
    assertThat(morning.contains(Instant.parse("2026-03-04T00:59:59Z"))).isFalse();
    assertThat(morning.contains(Instant.parse("2026-03-04T05:00:00Z"))).isFalse();
  }

  @Test
  void impossibleWishesAreRefused() {
    assertThatThrownBy(() -> new UpkeepPolicy(null, 10L, null, null, null, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("10");
    assertThatThrownBy(() -> new UpkeepPolicy(null, null, null, null, 0, null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new UpkeepWindow(LocalTime.NOON, LocalTime.NOON))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RowRetention(1, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
