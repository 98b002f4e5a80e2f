/** When jobs run by themselves. */
@NullMarked
package io.duckmesh.workflows.schedule;

import org.jspecify.annotations.NullMarked;
