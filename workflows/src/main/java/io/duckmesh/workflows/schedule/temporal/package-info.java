/** Schedules of a Temporal server, and timers for a server that has none. */
@NullMarked
package io.duckmesh.workflows.schedule.temporal;

import org.jspecify.annotations.NullMarked;
