/** Objects as files of this machine. */
@NullMarked
package io.duckmesh.engine.objects.local;

import org.jspecify.annotations.NullMarked;
