/** The ClickBench benchmark: a table of page views, made here, and its 43 queries. */
@NullMarked
package io.duckmesh.testing.clickbench;

import org.jspecify.annotations.NullMarked;
