package io.duckmesh.api.operations;

import io.duckmesh.catalog.TenantId;

/** Starts runs that compare what a tenant has with its catalog. */
public interface VerifyStarter {
  /**
   * Starts a run.
   *
   * @return the run's id, by which the catalog knows it
   * @throws io.duckmesh.api.problem.ProblemException {@code RUN_ACTIVE} if one of the tenant is
   *     running, {@code UNAVAILABLE} if what runs it does not answer
   */
  String start(TenantId tenant);
}
