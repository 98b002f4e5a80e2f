/** SQL over the files of one snapshot: check, bind, run, write the answer. */
@NullMarked
package io.duckmesh.engine.query;

import org.jspecify.annotations.NullMarked;
