/**
 * The catalog in memory, for tests that need many states fast: the same contract, nothing durable.
 */
@NullMarked
package io.duckmesh.catalog.memory;

import org.jspecify.annotations.NullMarked;
