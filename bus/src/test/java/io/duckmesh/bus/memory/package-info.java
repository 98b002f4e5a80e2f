/** The log in memory, for tests: the same contract, deterministic, gone with its process. */
@NullMarked
package io.duckmesh.bus.memory;

import org.jspecify.annotations.NullMarked;
