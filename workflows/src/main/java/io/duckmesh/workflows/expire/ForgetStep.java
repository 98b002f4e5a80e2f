package io.duckmesh.workflows.expire;

/**
 * What the catalog has forgotten.
 *
 * @param forgotten entries of this slice
 * @param done whether nothing is left to forget
 */
public record ForgetStep(long forgotten, boolean done) {}
