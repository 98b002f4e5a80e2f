/** What happens, in which order: names, timeouts and wire formats that all workflows share. */
@NullMarked
package io.duckmesh.workflows;

import org.jspecify.annotations.NullMarked;
