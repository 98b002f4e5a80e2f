/**
 * Starting up: one program, its settings, and the wiring of leaves, workers and gateway by role.
 */
@NullMarked
package io.duckmesh.worker;

import org.jspecify.annotations.NullMarked;
