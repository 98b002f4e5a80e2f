/** The log on PostgreSQL, entered through {@link io.duckmesh.bus.postgres.PostgresBus}. */
@NullMarked
package io.duckmesh.bus.postgres;

import org.jspecify.annotations.NullMarked;
