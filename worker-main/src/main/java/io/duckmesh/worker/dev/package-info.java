/** Dev mode: everything in one process tree, with its state below one folder. */
@NullMarked
package io.duckmesh.worker.dev;

import org.jspecify.annotations.NullMarked;
