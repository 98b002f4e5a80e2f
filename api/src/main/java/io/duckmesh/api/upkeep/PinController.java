package io.duckmesh.api.upkeep;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.json.JsonFields;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.upkeep.Pin;
import io.duckmesh.catalog.upkeep.Retention;
import io.duckmesh.catalog.upkeep.Upkeep;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/pins}: names by which snapshots stay readable. */
@RestController
public final class PinController {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}");

  private final Catalog catalog;
  private final Retention retention;
  private final RequestBodies bodies;
  private final Clock clock;

  public PinController(Catalog catalog, Upkeep upkeep, RequestBodies bodies, Clock clock) {
    this.catalog = catalog;
    this.retention = upkeep.retention();
    this.bodies = bodies;
    this.clock = clock;
  }

  record PinAnswer(String name, long snapshotId, Instant createdAt, @Nullable Instant expiresAt) {
    static PinAnswer of(Pin pin) {
      return new PinAnswer(pin.name(), pin.snapshot().value(), pin.createdAt(), pin.expiresAt());
    }
  }

  record PinList(List<PinAnswer> pins) {}

  record Unpinned(String name) {}

  @PutMapping("/v1/pins/{name}")
  @RequiresRole({Role.TABLE_ADMIN, Role.OPS_ADMIN})
  void pin(
      Caller caller,
      @PathVariable("name") String name,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    if (!NAME.matcher(name).matches()) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "A pin's name has 1 to 63 letters, digits, _, . and -, and begins with none of the last two; this is not one: %s"
              .formatted(name));
    }
    JsonFields fields = JsonFields.parse(bodies.readJson(request));
    SnapshotChoice choice = SnapshotChoice.read(fields);
    Instant expiresAt = fields.instant("expires_at");
    if (expiresAt != null && !expiresAt.isAfter(clock.instant())) {
      fields.problem("expires_at", "is over already: " + expiresAt);
    }
    fields.refuseUnknown();
    fields.check();
    SnapshotId snapshot = choice.find(catalog.snapshots(), caller.tenant());
    ApiJson.write(
        response, 200, PinAnswer.of(retention.pin(caller.tenant(), name, snapshot, expiresAt)));
  }

  @GetMapping("/v1/pins")
  @RequiresRole({Role.QUERY_READER, Role.TABLE_ADMIN, Role.OPS_ADMIN})
  void list(Caller caller, HttpServletResponse response) throws IOException {
    ApiJson.write(
        response,
        200,
        new PinList(retention.pins(caller.tenant()).stream().map(PinAnswer::of).toList()));
  }

  @GetMapping("/v1/pins/{name}")
  @RequiresRole({Role.QUERY_READER, Role.TABLE_ADMIN, Role.OPS_ADMIN})
  void describe(Caller caller, @PathVariable("name") String name, HttpServletResponse response)
      throws IOException {
    Pin pin =
        retention.pins(caller.tenant()).stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow(() -> notFound(name));
    ApiJson.write(response, 200, PinAnswer.of(pin));
  }

  @DeleteMapping("/v1/pins/{name}")
  @RequiresRole({Role.TABLE_ADMIN, Role.OPS_ADMIN})
  void unpin(Caller caller, @PathVariable("name") String name, HttpServletResponse response)
      throws IOException {
    if (!retention.unpin(caller.tenant(), name)) {
      throw notFound(name);
    }
    ApiJson.write(response, 200, new Unpinned(name));
  }

  private static ProblemException notFound(String name) {
    return new ProblemException(
        ApiError.PIN_NOT_FOUND, "There is no pin " + name, Map.of("name", name));
  }
}
