/** Keeps schedules as policies and settings want them, and polls the queue of maintenance. */
@NullMarked
package io.duckmesh.activities.schedule;

import org.jspecify.annotations.NullMarked;
