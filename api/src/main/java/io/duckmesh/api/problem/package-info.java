/** Refusals: one enum of codes, one mapping from exceptions, one way to write them. */
@NullMarked
package io.duckmesh.api.problem;

import org.jspecify.annotations.NullMarked;
