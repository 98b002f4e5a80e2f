/** Data files: rows at rest as Parquet with field ids and statistics. */
@NullMarked
package io.duckmesh.engine.parquet;

import org.jspecify.annotations.NullMarked;
