/** What could not land, as people list, inspect, fix, replay and drop it. */
@NullMarked
package io.duckmesh.api.quarantine;

import org.jspecify.annotations.NullMarked;
