package io.duckmesh.api.upkeep;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.json.JsonFields;
import io.duckmesh.api.problem.Preconditions;
import io.duckmesh.api.tables.PolicyAnswer;
import io.duckmesh.api.tables.PolicyFields;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.upkeep.Policies;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/maintenance/policy}: what holds for tables that say nothing themselves. */
@RestController
public final class PolicyController {
  private final Policies policies;
  private final RequestBodies bodies;

  public PolicyController(Upkeep upkeep, RequestBodies bodies) {
    this.policies = upkeep.policies();
    this.bodies = bodies;
  }

  @GetMapping("/v1/maintenance/policy")
  @RequiresRole({Role.QUERY_READER, Role.TABLE_ADMIN, Role.OPS_ADMIN})
  void describe(Caller caller, HttpServletResponse response) throws IOException {
    answer(response, policies.load(caller.tenant()));
  }

  /** Replaces the policy: what is not named, or null, is the default again. */
  @PutMapping("/v1/maintenance/policy")
  @RequiresRole({Role.TABLE_ADMIN, Role.OPS_ADMIN})
  void replace(Caller caller, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    JsonFields fields = JsonFields.parse(bodies.readJson(request));
    UpkeepPolicy policy = PolicyFields.readOfTenant(fields, UpkeepPolicy.NONE);
    fields.check();
    while (true) {
      UpkeepPolicy before = policies.load(caller.tenant());
      Preconditions.check(request, Preconditions.tag(before));
      if (policies.replace(caller.tenant(), before, policy)) {
        answer(response, policy);
        return;
      }
    }
  }

  private static void answer(HttpServletResponse response, UpkeepPolicy policy) throws IOException {
    response.setHeader("ETag", Preconditions.tag(policy));
    ApiJson.write(response, 200, PolicyAnswer.ofTenant(policy));
  }
}
