/** What users see and steer of the jobs that keep tables in shape. */
@NullMarked
package io.duckmesh.api.upkeep;

import org.jspecify.annotations.NullMarked;
